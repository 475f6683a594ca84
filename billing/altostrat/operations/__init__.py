"""The operations of Altostrat's API that the portal uses: one module per noun.

The names are the operation ids in contract/altostrat/openapi.yaml.
"""
