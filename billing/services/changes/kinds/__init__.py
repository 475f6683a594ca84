"""Kinds of changes, one module or package per noun."""
