/* Results while typing, filters without reload, keyboard, copy buttons and the theme switch. No dependency. */
(() => {
  "use strict";
  const TYPING_PAUSE = 180; // ms without a key before asking
  const SLOW = 200; // ms before saying that something is under way
  const KEY_PAUSE = 900; // ms for the second key of a pair
  const $ = (selector, within = document) => within.querySelector(selector);
  const form = $("#search"), box = $("#q"), results = $("#results"), status = $("#status"), help = $("#help");

  /* --- live results -------------------------------------------------------------------------------------------- */
  let running = null, timer = 0, shown = location.pathname + location.search;

  const addressOfForm = () => {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (String(value).trim()) query.append(name, String(value).trim());
    const text = query.toString();
    return "/" + (text ? "?" + text : "");
  };

  const place = (address) => {
    const url = new URL(address, location.href);
    return url.pathname + url.search;
  };

  const remembered = () => {
    const open = new Map([...results.querySelectorAll("details[id]")].map((item) => [item.id, item.open]));
    const at = document.activeElement;
    const focus = results.contains(at) && at.name ? `[name="${CSS.escape(at.name)}"][value="${CSS.escape(at.value)}"]` : "";
    const date = at && at.type === "date" ? `[name="${CSS.escape(at.name)}"]` : "";
    return { open, focus: date || focus, inside: results.contains(at) };
  };

  const put = (html, kept) => {
    results.innerHTML = html;
    for (const [id, open] of kept.open) {
      const item = document.getElementById(id);
      if (item && !id.startsWith("why-")) item.open = open;
    }
    const back = kept.focus && $(kept.focus, results);
    if (back) back.focus({ preventScroll: true });
    else if (kept.inside) $("#main").focus({ preventScroll: true });
    const band = $(".band-start");
    if (band) { band.classList.remove("band-start"); $("h1", band).classList.add("hidden"); }
    const summary = $("[data-summary]", results);
    if (summary) status.textContent = summary.dataset.summary;
  };

  const load = async (address, { history: mode = "push", top = false } = {}) => {
    clearTimeout(timer);
    if (running) running.abort();
    const mine = (running = new AbortController());
    const slow = setTimeout(() => { results.setAttribute("aria-busy", "true"); status.textContent = status.dataset.loading; }, SLOW);
    try {
      const answer = await fetch(place(address), { headers: { "X-Fragment": "results" }, signal: mine.signal, cache: "no-store" });
      const html = await answer.text();
      if (mine !== running) return;
      const kept = remembered();
      shown = place(address);
      if (mode === "push") history.pushState(null, "", address);
      if (mode === "replace") history.replaceState(null, "", address);
      put(html, kept);
      if (top) { window.scrollTo(0, 0); }
      const text = new URL(address, location.href).searchParams.get("q");
      const name = document.title.split(" – ").pop();
      document.title = text ? `${text} – ${name}` : name;
      const other = $("#language"), next = new URL(address, location.href);
      next.searchParams.set("lang", other.hreflang);
      other.href = next.pathname.replace(/^[/\\]+/, "/") + next.search;
    } catch (error) {
      if (error.name !== "AbortError" && mine === running) status.textContent = status.dataset.offline;
    } finally {
      clearTimeout(slow);
      if (mine === running) results.removeAttribute("aria-busy");
    }
  };

  const typed = () => {
    clearTimeout(timer);
    timer = setTimeout(() => { if (place(addressOfForm()) !== shown) load(addressOfForm(), { history: "replace" }); }, TYPING_PAUSE);
  };

  if (results) {
    let composing = false;
    box.addEventListener("compositionstart", () => { composing = true; clearTimeout(timer); });
    box.addEventListener("compositionend", () => { composing = false; typed(); });
    box.addEventListener("input", (event) => { if (!composing && !event.isComposing) typed(); });
    form.addEventListener("submit", (event) => { event.preventDefault(); load(addressOfForm()); });
    results.addEventListener("change", (event) => { if (event.target.form === form) load(addressOfForm()); });
    results.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-live]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      box.value = new URL(link.href).searchParams.get("q") || "";
      load(link.href, { top: link.dataset.live === "top" });
    });
    window.addEventListener("popstate", () => {
      if (place(location.href) === shown) return;
      box.value = new URLSearchParams(location.search).get("q") || "";
      load(location.href, { history: "none" });
    });
  }

  /* --- keyboard ------------------------------------------------------------------------------------------------ */
  const PLACES = { d: "/?kind=deal", t: "/?kind=talk-track", c: "/?kind=campaign", p: "/playbook", m: "/deals/similar", s: "/scoreboard", h: "/" };
  let first = 0;

  const isTyping = (target) => target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");

  const move = (step) => {
    const links = [...document.querySelectorAll(".hit-link")];
    const at = links.indexOf(document.activeElement.closest?.(".hit")?.querySelector(".hit-link"));
    if (at < 0 && document.activeElement !== box && document.activeElement !== document.body && document.activeElement !== $("#main")) return false;
    const next = at < 0 ? (step > 0 ? links[0] : null) : at + step < 0 ? box : links[at + step];
    if (next) { next.focus(); next.closest(".hit")?.scrollIntoView({ block: "nearest" }); }
    return Boolean(next);
  };

  const goTo = (address) => {
    if (!results || !address.startsWith("/?")) { location.href = address; return; }
    box.value = "";
    load(address);
  };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    const typing = isTyping(event.target);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if ((!typing || event.target === box) && move(event.key === "ArrowDown" ? 1 : -1)) event.preventDefault();
    } else if (event.key === "Escape") {
      const menu = $(".upkeep[open]");
      if (menu) { menu.open = false; $("summary", menu).focus(); return; }
      const sheet = $("#sheet[open]");
      if (sheet) { sheet.open = false; $("summary", sheet).focus(); } else if (event.target !== box || !box.value) document.activeElement.blur();
    } else if (event.key === "/" && event.target === box && !box.value) {
      event.preventDefault(); // the box has the focus already
    } else if (typing) {
      return;
    } else if (event.key === "/" && box) {
      event.preventDefault(); box.focus(); box.select();
    } else if (event.key === "?") {
      event.preventDefault(); help.showModal();
    } else if (event.key === "n") {
      event.preventDefault(); location.href = "/new";
    } else if (event.key === "g") {
      first = Date.now();
    } else if (Date.now() - first < KEY_PAUSE && PLACES[event.key]) {
      first = 0; event.preventDefault(); goTo(PLACES[event.key]);
    }
  });

  const menu = $(".upkeep");
  const leave = (event) => { if (menu?.open && !menu.contains(event.target)) menu.open = false; };
  document.addEventListener("click", leave);
  document.addEventListener("focusin", leave);

  /* --- help, copying, theme -------------------------------------------------------------------------------------- */
  for (const button of document.querySelectorAll("#help-button, [data-help]")) button.addEventListener("click", () => help.showModal());
  help.addEventListener("click", (event) => { if (event.target === help) help.close(); });

  const copy = async (text) => {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea"); // plain http in an office network has no clipboard API
    area.value = text;
    area.className = "hidden";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("copy");
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button || button.classList.contains("copied")) return;
    const words = $("span", button), before = words.textContent;
    try {
      await copy(button.dataset.copy || $("blockquote", button.closest("li")).textContent); // its own text, or the line above it
      if (button.dataset.use) fetch(button.dataset.use, { method: "POST", body: new URLSearchParams({ how: "copied", csrf: $("meta[name=csrf]").content }), keepalive: true }).catch(() => { /* copied all the same */ });
      status.textContent = words.textContent = status.dataset.copied;
      button.classList.add("copied");
      setTimeout(() => { words.textContent = before; button.classList.remove("copied"); }, 2000);
    } catch { status.textContent = status.dataset.failed; button.title = status.dataset.failed; }
    button.focus({ preventScroll: true });
  });

  /* --- a passage read within the list ------------------------------------------------------------------------------ */
  document.addEventListener("toggle", async (event) => {
    const address = event.target.open && event.target.dataset.passage, place = address && $("[data-place]", event.target);
    if (!address || place.hasChildNodes()) return;
    try {
      const answer = await fetch(address, { headers: { "X-Fragment": "results" } });
      if (!answer.ok) throw new Error(answer.status);
      place.innerHTML = await answer.text();
    } catch { place.textContent = status.dataset.offline; }
  }, true);

  /* --- pictures that were not ready when the page was sent ------------------------------------------------------- */
  for (const frame of document.querySelectorAll("[data-picture]")) {
    fetch(frame.dataset.picture).then(async (answer) => {
      if (answer.ok) frame.outerHTML = await answer.text();
    }).catch(() => { /* the table below has the numbers */ });
  }

  const THEMES = ["auto", "light", "dark"], theme = $("#theme"), root = document.documentElement;
  const named = () => { theme.title = theme.dataset[root.dataset.theme]; theme.setAttribute("aria-label", theme.title); };
  named();
  theme.addEventListener("click", () => {
    root.dataset.theme = THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % THEMES.length];
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* not remembered, still switched */ }
    named();
    status.textContent = theme.title;
  });
})();
