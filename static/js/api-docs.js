// Start Swagger UI with the portal's schema and theme.
// https://swagger.io/docs/open-source-tools/swagger-ui/usage/configuration/
(() => {
  const root = document.documentElement;
  const followTheme = () => root.classList.toggle("dark-mode", root.dataset.bsTheme === "dark");
  document.addEventListener("themechange", followTheme);
  followTheme();

  // The page has its own title and main element, so render Swagger UI without its frame:
  // https://swagger.io/docs/open-source-tools/swagger-ui/customization/custom-layout/
  const frameless = ({ React }) => ({
    components: {
      FramelessLayout: ({ getComponent, specSelectors }) => {
        const show = (name, ...more) => React.createElement(getComponent(name, ...more), { key: name });
        if (specSelectors.loadingStatus() === "failed") return React.createElement("p", null, "The schema could not be loaded.");
        const parts = [show("SvgAssets"), show("AuthorizeBtnContainer", true), show("operations", true)];
        return React.createElement("div", { className: "swagger-ui" }, parts);
      },
    },
  });

  const container = document.getElementById("swagger-ui");
  SwaggerUIBundle({
    url: container.dataset.schema,
    domNode: container,
    presets: [SwaggerUIBundle.presets.apis],
    plugins: [frameless],
    layout: "FramelessLayout",
    docExpansion: "list",
    supportedSubmitMethods: ["get"],
    validatorUrl: null, // a public validator would learn this URL
    persistAuthorization: false, // forget a key that is entered here when the page closes
  });
})();
