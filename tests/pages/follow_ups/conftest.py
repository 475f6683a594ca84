"""Invoices of the documented account, as the pages about invoices have them."""

from __future__ import annotations

from tests.pages.invoices.conftest import put_invoices

__all__ = ("put_invoices",)
