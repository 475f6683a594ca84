"""The OpenAPI description of the API, from its table of routes, Altostrat's contract and the error codes."""
