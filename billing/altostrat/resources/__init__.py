"""What Altostrat returns, as frozen values: one module per noun. `Resource` in `fields` reads them."""
