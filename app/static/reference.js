/* The reference of the API: Swagger UI in place of the list, light or dark as the rest of the page. */
(() => {
  const root = document.documentElement;
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => {
    const { theme } = root.dataset;
    root.classList.toggle("dark-mode", theme === "dark" || (theme !== "light" && prefersDark.matches));
  };
  paint();
  prefersDark.addEventListener("change", paint);
  new MutationObserver(paint).observe(root, { attributes: true, attributeFilter: ["data-theme"] });
  SwaggerUIBundle({ url: "/openapi.json", dom_id: "#reference", deepLinking: true, validatorUrl: null, defaultModelsExpandDepth: -1 });
})();
