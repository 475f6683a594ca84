// Starts Swagger UI on the portal's own schema, and lets it follow the portal's theme.
// https://swagger.io/docs/open-source-tools/swagger-ui/usage/configuration/
(() => {
  const root = document.documentElement;
  const followTheme = () => root.classList.toggle("dark-mode", root.dataset.bsTheme === "dark");
  document.addEventListener("themechange", followTheme);
  followTheme();

  const place = document.getElementById("swagger-ui");
  SwaggerUIBundle({
    url: place.dataset.schema,
    domNode: place,
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    supportedSubmitMethods: ["get"],
    validatorUrl: null, // a validator elsewhere would be told of this address
    persistAuthorization: false, // a key typed in here is forgotten with the page
  });
})();
