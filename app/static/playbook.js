/* The playbook's editor: rows are added and cleared, and an input with a fault is shown. */
(() => {
  "use strict";
  const form = document.querySelector("#playbook-form");
  if (!form) return;
  form.addEventListener("click", (event) => {
    const add = event.target.closest("[data-add]"), clear = event.target.closest("[data-clear]");
    if (add) {
      const rows = add.closest("[data-part]").querySelector("[data-rows]");
      const row = rows.lastElementChild.cloneNode(true), number = rows.children.length;
      for (const field of row.querySelectorAll("input, textarea")) {
        field.value = "";
        field.name = field.name.replace(/\/\d+\//, `/${number}/`);
        if (field.id) { row.querySelector(`label[for="${CSS.escape(field.id)}"]`).htmlFor = field.name; field.id = field.name; }
        field.removeAttribute("aria-invalid");
      }
      for (const wrong of row.querySelectorAll(".wrong")) wrong.remove();
      row.hidden = false;
      rows.append(row);
      row.querySelector("input:not([type=hidden])").focus();
    }
    if (clear) {
      const row = clear.closest("[data-row]"), next = row.nextElementSibling || row.previousElementSibling;
      for (const field of row.querySelectorAll("input:not([type=hidden]), textarea")) field.value = "";
      row.hidden = true;
      next?.querySelector("input:not([type=hidden])")?.focus();
    }
  });
  const wrong = form.querySelector("[aria-invalid]");
  if (wrong) { wrong.closest("details").open = true; wrong.focus(); }
})();
