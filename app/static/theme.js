/* Runs before the first paint: the remembered theme, and a mark that scripts work. */
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  let theme = null;
  try { theme = localStorage.getItem("theme"); } catch { /* private windows keep nothing */ }
  root.dataset.theme = theme === "light" || theme === "dark" ? theme : "auto";
})();
