"""A small Altostrat on a real port, for the demo and the tests. Standard library only.

It shares no code with `billing.altostrat`, so that the two cannot agree on the same mistake. docs/sandbox.md lists its
tokens and the ids that fail.
"""
