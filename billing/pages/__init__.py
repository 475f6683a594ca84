"""HTML pages for staff. A view reads the request, calls one service, and renders a template."""
