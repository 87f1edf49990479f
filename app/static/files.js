/* Files dropped onto the page are looked at, as if they had been chosen. */
(() => {
  "use strict";
  const form = document.querySelector("#files"), place = document.querySelector("#drop"), chosen = document.querySelector("#chosen");
  if (!form) return;
  const refused = document.querySelector("#refused");
  const look = () => { // what the server would refuse is not sent at all: a browser would show a broken connection
    const files = [...chosen.files], bytes = files.reduce((sum, file) => sum + file.size, 0);
    refused.textContent =
      files.length > Number(form.dataset.mostFiles) ? form.dataset.tooMany : bytes > Number(form.dataset.mostBytes) ? form.dataset.tooLarge : "";
    refused.hidden = !refused.textContent;
    if (!refused.hidden) chosen.value = "";
    else if (files.length) form.requestSubmit();
  };
  const over = (is) => (event) => { event.preventDefault(); place.classList.toggle("over", is); };
  for (const name of ["dragenter", "dragover"]) document.addEventListener(name, over(true));
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) over(false)(event); });
  document.addEventListener("drop", (event) => {
    over(false)(event);
    if (!event.dataTransfer.files.length) return;
    chosen.files = event.dataTransfer.files;
    look();
  });
  chosen.addEventListener("change", look);
})();
