"""Objects that Altostrat returns, as frozen dataclasses: one module per noun."""
