// Starts Swagger UI on the portal's own schema, and lets it follow the portal's theme.
// https://swagger.io/docs/open-source-tools/swagger-ui/usage/configuration/
(() => {
  const root = document.documentElement;
  const followTheme = () => root.classList.toggle("dark-mode", root.dataset.bsTheme === "dark");
  document.addEventListener("themechange", followTheme);
  followTheme();

  // The page has a title and a main part of its own, so of Swagger UI's frame there is left what works:
  // https://swagger.io/docs/open-source-tools/swagger-ui/customization/custom-layout/
  const frameless = ({ React }) => ({
    components: {
      FramelessLayout: ({ getComponent, specSelectors }) => {
        const show = (name, ...more) => React.createElement(getComponent(name, ...more), { key: name });
        if (specSelectors.loadingStatus() === "failed") return React.createElement("p", null, "The schema did not load.");
        const parts = [show("SvgAssets"), show("AuthorizeBtnContainer", true), show("operations", true)];
        return React.createElement("div", { className: "swagger-ui" }, parts);
      },
    },
  });

  const place = document.getElementById("swagger-ui");
  SwaggerUIBundle({
    url: place.dataset.schema,
    domNode: place,
    presets: [SwaggerUIBundle.presets.apis],
    plugins: [frameless],
    layout: "FramelessLayout",
    docExpansion: "list",
    supportedSubmitMethods: ["get"],
    validatorUrl: null, // a validator elsewhere would be told of this address
    persistAuthorization: false, // a key typed in here is forgotten with the page
  });
})();
