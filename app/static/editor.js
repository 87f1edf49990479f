/* Writing: problems and similar entries while typing, a draft that survives a closed tab, saving without losing anything. */
(() => {
  "use strict";
  const PAUSE = 450; // ms without a key before looking at the text
  const OLD = 30 * 24 * 3600 * 1000; // ms after which a draft is forgotten
  const $ = (selector, within = document) => within.querySelector(selector);
  const status = $("#status");
  let form, review, timer = 0, running = null, saving = false, begun = "";

  const fields = () => [...new FormData(form)].filter(([name]) => !["do", "key", "source", "csrf"].includes(name));
  const place = () => `draft:${form.dataset.person}${$("[name=id]", form).value || location.pathname}`; // not of another person on this device

  const PAGE = { Accept: "text/html" }; // refusals too come as pages

  /* --- what is wrong, what is similar, how it will look ---------------------------------------------------------- */
  const say = () => {
    for (const box of form.querySelectorAll(".wrong")) box.textContent = "";
    for (const item of review.querySelectorAll("[data-field]")) {
      const box = item.dataset.field && $(`[data-ask="${CSS.escape(item.dataset.field)}"] .wrong`, form);
      if (box) box.append(...$("[data-message]", item).cloneNode(true).childNodes, " ");
    }
  };

  /* A form of an earlier session is refused by a page with a new token. It is not sent again by itself: whoever reads
     the page now may be somebody else. */
  const isStale = (answer, html) => {
    const page = answer.status === 403 && new DOMParser().parseFromString(html, "text/html");
    if (!page || !$("#again", page)) return false;
    $("[name=csrf]", form).value = $("meta[name=csrf]", page).content;
    return true;
  };

  const check = async () => {
    if (running) running.abort();
    const mine = (running = new AbortController());
    const body = new URLSearchParams(new FormData(form));
    body.set("do", "check");
    try {
      const answer = await fetch("/write", { method: "POST", body, headers: { ...PAGE, "X-Fragment": "review" }, signal: mine.signal });
      const html = await answer.text();
      if (mine !== running || isStale(answer, html) || !answer.ok || answer.redirected) return;
      review.innerHTML = html;
      say();
    } catch (error) {
      if (error.name !== "AbortError") status.textContent = form.dataset.offline;
    }
  };

  /* --- the draft ------------------------------------------------------------------------------------------------- */
  const keep = () => {
    const now = JSON.stringify(fields());
    try {
      if (now === begun) localStorage.removeItem(place());
      else localStorage.setItem(place(), JSON.stringify({ at: Date.now(), fields: now }));
    } catch { /* no room, or switched off: writing goes on without */ }
  };

  const forget = () => { try { localStorage.removeItem(place()); } catch { /* as above */ } };

  const kept = () => {
    try {
      const found = JSON.parse(localStorage.getItem(place()) || "null");
      return found && Date.now() - found.at < OLD && found.fields !== begun ? found : null;
    } catch { return null; }
  };

  const fill = (pairs) => {
    const values = new Map();
    for (const [name, value] of pairs) values.set(name, [...(values.get(name) || []), value]);
    const used = new Map();
    for (const field of form.elements) {
      if (!field.name || ["do", "key", "source", "csrf", "mode", "id", "kind"].includes(field.name)) continue;
      const given = values.get(field.name) || [];
      if (field.type === "checkbox") { field.checked = given.includes(field.value); continue; }
      const at = used.get(field.name) || 0;
      used.set(field.name, at + 1);
      if (field.name === "question") continue;
      const picker = field.closest("[data-picker]");
      if (picker) for (const value of given.slice(0, -1)) if (!picker.querySelector(`[value="${CSS.escape(value)}"]`)) add(picker, field, value);
      if (field.classList.contains("other")) { field.value = given.at(-1) ?? ""; continue; }
      field.value = given[at] ?? "";
    }
  };

  const offer = () => {
    const found = kept(), bar = $("#draft");
    if (!bar || !found) return;
    const pairs = JSON.parse(found.fields), mode = (pairs.find(([name]) => name === "mode") || [])[1];
    const text = $("[data-kept]", bar);
    text.textContent = `${text.dataset.kept} ${new Date(found.at).toLocaleString(document.documentElement.lang)}`;
    bar.hidden = false;
    $("[data-restore]", bar).addEventListener("click", async () => {
      if (mode !== $("[name=mode]", form).value && !(await show(mode === "whole" ? "whole" : "form"))) return;
      fill(pairs);
      $("#draft").hidden = true;
      check();
    });
    $("[data-discard]", bar).addEventListener("click", () => { forget(); bar.hidden = true; });
  };

  const show = async (shape) => {
    const body = new URLSearchParams(new FormData(form));
    body.set("do", shape);
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers: PAGE });
      const html = await answer.text();
      if (isStale(answer, html)) { notice(form.dataset.stale); return false; }
      take(html);
      return answer.ok;
    } catch {
      notice(form.dataset.offline);
      return false;
    }
  };

  const take = (html) => {
    $("#main").replaceWith($("#main", new DOMParser().parseFromString(html, "text/html")));
    begin(false);
  };

  /* --- saving ---------------------------------------------------------------------------------------------------- */
  const save = async (event) => {
    event.preventDefault();
    if (saving) return;
    saving = true;
    clearTimeout(timer);
    const button = event.submitter, body = new URLSearchParams(new FormData(form));
    body.set("do", (button && button.value) || "save");
    form.setAttribute("aria-busy", "true");
    status.textContent = form.dataset.saving;
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers: PAGE });
      if (answer.redirected && new URL(answer.url).pathname === "/sign-in") { // the session is over: the draft waits here
        keep();
        location.href = "/sign-in?next=" + encodeURIComponent(location.pathname + location.search);
        return;
      }
      if (answer.redirected) { forget(); location.href = answer.url; return; }
      const html = await answer.text();
      if (isStale(answer, html)) { notice(form.dataset.stale); return; }
      take(html);
      ($(".notice[role=alert]") || $("h1")).scrollIntoView({ block: "center" });
      if (!form) { status.textContent = ""; $("main input:not([type=hidden])")?.focus(); return; } // the page for signing in
      const wrong = [...form.querySelectorAll(".ask")].find((ask) => $(".wrong", ask)?.textContent.trim());
      if (wrong) $("input, select, textarea", wrong).focus({ preventScroll: true });
    } catch {
      keep();
      notice(form.dataset.offline);
    } finally {
      saving = false;
      form?.removeAttribute("aria-busy");
    }
  };

  const notice = (text) => {
    let box = $("#lost");
    if (!box) {
      box = document.createElement("p");
      box.id = "lost"; box.className = "notice"; box.setAttribute("role", "alert");
      $(".saving", form).before(box);
    }
    box.textContent = text;
    status.textContent = text;
  };

  /* --- entries picked by title ----------------------------------------------------------------------------------- */
  const add = (picker, box, title) => {
    const label = document.createElement("label"), tick = document.createElement("input"), name = document.createElement("span");
    label.className = "tick picked";
    Object.assign(tick, { type: "checkbox", name: box.name, value: title, checked: true });
    name.textContent = title;
    label.append(tick, name);
    box.before(label);
  };

  const pick = (box, isSearch) => {
    const typed = box.value.trim(), titles = [...(box.list?.options || [])].map((option) => option.value);
    const lower = typed.toLowerCase();
    const title = titles.find((one) => one === typed) || (isSearch && titles.find((one) => one.toLowerCase().includes(lower)));
    if (!typed || !title) return false;
    add(box.closest("[data-picker]"), box, title);
    box.value = "";
    return true;
  };

  /* --- ticks: one stop for Tab, arrows within --------------------------------------------------------------------- */
  const ticksOf = (group) => [...group.querySelectorAll("input[type=checkbox]")];
  const rove = (group, to) => { for (const tick of ticksOf(group)) tick.tabIndex = tick === to ? 0 : -1; };
  const arrow = (event) => {
    const group = event.target.matches("input[type=checkbox]") && event.target.closest("[data-ticks]");
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!group || !step) return false;
    const ticks = ticksOf(group), to = ticks[(ticks.indexOf(event.target) + step + ticks.length) % ticks.length];
    rove(group, to);
    to.focus();
    return true;
  };

  /* --- keyboard -------------------------------------------------------------------------------------------------- */
  const next = (field) => {
    const all = [...form.querySelectorAll("input:not([type=hidden]), select, textarea:not([hidden])")].filter((f) => f.offsetParent && f.tabIndex >= 0);
    const after = all[all.indexOf(field) + 1];
    if (after) after.focus();
  };

  const keys = (event) => {
    if (event.isComposing) return;
    if (arrow(event)) {
      event.preventDefault();
    } else if (event.key === "Enter" && event.target.matches("[data-picker] input[list]") && !event.ctrlKey && !event.metaKey && pick(event.target, true)) {
      event.preventDefault();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit($("[name=do][value=save]", form));
    } else if (event.key === "Enter" && event.target.matches("input:not([type=checkbox]), select")) {
      event.preventDefault();
      next(event.target);
    }
  };

  const goTo = (line) => {
    const text = $("#whole");
    if (!text) return;
    const lines = text.value.split("\n"), start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    text.focus();
    text.setSelectionRange(start, start + (lines[line - 1] || "").length);
    text.scrollTop = (text.scrollHeight / lines.length) * Math.max(0, line - 4);
  };

  const begin = (isFirst) => {
    form = $("#writing");
    review = $("#review");
    if (!form) return;
    begun = isFirst ? JSON.stringify(fields()) : ""; // what an answer shows again is not saved yet
    for (const group of form.querySelectorAll("[data-ticks]")) rove(group, $("input:checked", group) || $("input[type=checkbox]", group));
    form.addEventListener("focusin", (event) => { // a click may land on any tick
      const group = event.target.matches("input[type=checkbox]") && event.target.closest("[data-ticks]");
      if (group) rove(group, event.target);
    });
    form.addEventListener("input", (event) => { if (event.target.matches("[data-picker] input[list]") && !event.isComposing) pick(event.target, false); });
    form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => { keep(); check(); }, PAUSE); });
    form.addEventListener("submit", save);
    form.addEventListener("keydown", keys);
    review.addEventListener("click", (event) => { const at = event.target.closest("[data-goto]"); if (at) goTo(Number(at.dataset.goto)); });
    if (isFirst) offer();
    if (!$("h2", review) && $("[name=id]", form).value) check();
  };
  window.addEventListener("pagehide", () => { if (form && !saving) keep(); });
  begin(true);
})();
