"""The operations of Altostrat's API that the portal uses, one row each, in a module per noun.

Names are Altostrat's operation ids; path parameters are named as in its documentation.
"""
