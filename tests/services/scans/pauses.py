"""Pauses of scans, which tests need not wait for."""

from __future__ import annotations

from django.core.cache import cache

from billing.altostrat.credentials import BearerToken
from billing.models import Scan
from billing.services.storage import budgets
from billing.services.tokens import upstream
from tests.tokens import FINANCE, SUPPORT


def skip_pauses() -> None:
    """End the pauses of all scans, and those of the tokens after a 429."""
    Scan.objects.update(resume_at=None)
    for token in (FINANCE, SUPPORT):
        cache.delete(budgets._PAUSE_KEY % upstream.budget_of(BearerToken(token)))
