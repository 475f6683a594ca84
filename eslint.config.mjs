import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["node_modules/", "staticfiles/", "var/", ".venv/", ".venv-next/"] },
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      curly: ["error", "multi-line"],
      eqeqeq: "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-unused-vars": ["error", { ignoreRestSiblings: true }],
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  {
    files: ["static/js/**/*.js"],
    languageOptions: { sourceType: "script", globals: { ...globals.browser, htmx: "readonly", SwaggerUIBundle: "readonly" } },
    rules: { "no-implicit-globals": "error" },
  },
  { files: ["**/*.mjs"], languageOptions: { globals: globals.node } },
];
