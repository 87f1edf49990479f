/* Grading by keyboard: 1, 2 or 3 grades the hit that has the focus, or the first ungraded one, and goes to the next. */
(() => {
  "use strict";
  const form = document.querySelector("#judging");
  if (!form) return;
  const hits = [...form.querySelectorAll("fieldset")];
  const isGraded = (hit) => hit.querySelector("input:checked");
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input:not([type=radio]), textarea, select")) return;
    const hit = event.target.closest("#judging fieldset") || hits.find((one) => !isGraded(one)) || hits[0];
    const choice = hit && hit.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!choice) return;
    event.preventDefault();
    choice.checked = true;
    const next = hits[hits.indexOf(hit) + 1];
    const focus = next ? next.querySelector("input:checked") || next.querySelector("input") : form.querySelector("[type=submit]");
    focus.focus();
    (next || focus).scrollIntoView({ block: "nearest" });
  });
})();
