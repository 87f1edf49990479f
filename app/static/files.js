/* Files dropped onto the page are looked at, as if they had been chosen. */
(() => {
  "use strict";
  const form = document.querySelector("#files"), place = document.querySelector("#drop"), chosen = document.querySelector("#chosen");
  if (!form) return;
  const over = (is) => (event) => { event.preventDefault(); place.classList.toggle("over", is); };
  for (const name of ["dragenter", "dragover"]) document.addEventListener(name, over(true));
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) over(false)(event); });
  document.addEventListener("drop", (event) => {
    over(false)(event);
    if (!event.dataTransfer.files.length) return;
    chosen.files = event.dataTransfer.files;
    form.requestSubmit();
  });
  chosen.addEventListener("change", () => { if (chosen.files.length) form.requestSubmit(); });
})();
