// Start Swagger UI with the portal's schema and theme.
// https://swagger.io/docs/open-source-tools/swagger-ui/usage/configuration/
(() => {
  const root = document.documentElement;
  const followTheme = () => root.classList.toggle("dark-mode", root.dataset.bsTheme === "dark");
  document.addEventListener("themechange", followTheme);
  followTheme();

  const KEY = "Idempotency-Key";
  const SIGNATURE = ["Portal-Reason", "Portal-Ticket"];
  const container = document.getElementById("swagger-ui");
  const show = (text) => { container.textContent = text; };

  // Forms start empty, except for what is required: an example of a condition or of a cursor would change the answer.
  const withoutExamples = (spec) => {
    const operations = Object.values(spec.paths).flatMap(Object.values);
    for (const parameter of operations.flatMap((operation) => operation.parameters ?? [])) {
      const isSignature = SIGNATURE.includes(parameter.name);
      if (parameter.in === "path") continue;
      for (const holder of [parameter, parameter.schema]) delete holder.example;
      delete parameter.examples;
      // It is encoded when it is sent, so people may enter anything.
      if (isSignature) delete parameter.schema.pattern;
      if (isSignature) parameter.description = parameter.description.replace("URL-encoded.", "This page URL-encodes it.");
      if (parameter.name === KEY) parameter.description += " If you leave it empty, this page creates one.";
    }
    return spec;
  };

  const isWrite = ({ method, operation }) =>
    method !== "get" && operation.get("parameters")?.some((parameter) => parameter.get("name") === KEY);

  // The page has its own title and main element, so render Swagger UI without its frame:
  // https://swagger.io/docs/open-source-tools/swagger-ui/customization/custom-layout/
  const frameless = ({ React }) => ({
    components: {
      FramelessLayout: ({ getComponent }) => {
        const part = (name, ...more) => React.createElement(getComponent(name, ...more), { key: name });
        const parts = [part("SvgAssets"), part("AuthorizeBtnContainer", true), part("operations", true)];
        return React.createElement("div", { className: "swagger-ui" }, parts);
      },
    },
    wrapComponents: {
      // The button, and above it the warning of a write.
      execute: (Original) => (props) => {
        const button = React.createElement(Original, { ...props, key: "button" });
        if (!isWrite(props)) return button;
        const warning = React.createElement("p", { className: "note note-warning api-warning", role: "note", key: "warning" }, [
          React.createElement("strong", { key: "what" }, "This writes to Altostrat."),
          "Execute changes real billing data once. The change is in the audit log, with your reason and ticket.",
        ]);
        return React.createElement("div", { className: "api-execute" }, [warning, button]);
      },
    },
  });

  const headerOf = (headers, wanted) => Object.keys(headers).find((name) => name.toLowerCase() === wanted.toLowerCase());

  // Keys by request. A second click sends the same key, and so changes nothing: until a moment after an answer, and
  // after a failure, whose outcome may be unknown, until the request is another one.
  const keys = new Map();
  const MOMENT_MS = 2000;
  const keyOf = ({ method, url, body }) => {
    const name = JSON.stringify([method, url, body ?? null]);
    if (!keys.has(name)) keys.set(name, crypto.randomUUID());
    return keys.get(name);
  };
  const forget = (response) => {
    const isOpen = response.status >= 500 || (response.status === 409 && response.headers["portal-origin"] === "portal");
    if (isOpen) return response;
    const ended = [...keys.keys()].filter((name) => JSON.parse(name)[1] === response.url);
    setTimeout(() => ended.forEach((name) => keys.delete(name)), MOMENT_MS);
    return response;
  };

  const complete = (request) => {
    if (request.loadSpec) return request;
    for (const wanted of SIGNATURE) {
      const name = headerOf(request.headers, wanted);
      if (name) request.headers[name] = encodeURIComponent(request.headers[name]);
    }
    if (request.method === "GET") return request;
    if (!headerOf(request.headers, "Authorization")) {
      const inherited = document.body.getAttribute("hx-headers:inherited");
      Object.assign(request.headers, JSON.parse(inherited ?? "{}"));
    }
    if (!headerOf(request.headers, KEY) && !request.url.endsWith("/invoices/preview")) request.headers[KEY] = keyOf(request);
    return request;
  };

  const start = (spec) => SwaggerUIBundle({
    spec: withoutExamples(spec),
    domNode: container,
    presets: [SwaggerUIBundle.presets.apis],
    plugins: [frameless],
    layout: "FramelessLayout",
    docExpansion: "list",
    requestInterceptor: complete,
    responseInterceptor: forget,
    validatorUrl: null, // a public validator would learn this URL
    persistAuthorization: false, // forget a key that is entered here when the page closes
  });

  fetch(container.dataset.schema)
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.status))))
    .then(start, () => show("The schema could not be loaded."));
})();
