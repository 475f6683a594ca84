"""Door 1: HTML for staff. A view translates the request, calls one service, and translates back."""
