"""What Altostrat returns, as frozen values, a module per noun. Every field may be None: none is documented as required.

`extra` holds what is not documented, or not of the documented type (see `fields`).
"""
