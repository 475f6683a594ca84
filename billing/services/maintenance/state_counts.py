"""How many changes, tokens, portal keys and other rows there are in each state, for /metrics."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Case, CharField, Count, QuerySet, Value, When
from django.db.models.functions import Now
from django.utils import timezone

from billing.models import AltostratToken, Change, ContractDrift, IdempotencyKey, PortalKey, Scan, UserSession
from billing.services.changes.queries import SHOW_UNKNOWN_FOR, stale_before


@dataclass(frozen=True, slots=True)
class Counted:
    """A metric: the number of rows in each state. A state without rows is 0."""

    name: str
    help: str
    states: dict[str, int]


_State: Final = Change.State
_SETTLED: Final = (Change.Found.APPLIED, Change.Found.NOT_APPLIED)


def all_counts() -> list[Counted]:
    now = timezone.now()
    changes = _by_state(
        # Those that have ended are many, and portal_changes_ended_total counts them.
        Change.objects.filter(state__in=(_State.PREPARED, _State.SENDING, _State.UNKNOWN)),
        [_State.PREPARED, _State.SENDING, _State.UNKNOWN, "settled", "undetermined"],
        [
            When(state=_State.SENDING, sent_at__lt=stale_before(), then=Value(_State.UNKNOWN)),
            When(state=_State.UNKNOWN, found__in=_SETTLED, then=Value("settled")),
            # Reads have not shown it for two weeks: the alert must end.
            When(state=_State.UNKNOWN, settled_at__lt=now - SHOW_UNKNOWN_FOR, then=Value("undetermined")),
        ],
        otherwise="state",
    )
    tokens = _by_state(
        AltostratToken.objects.all(),
        [*AltostratToken.Status.values, "disabled", "expired"],
        [
            When(owner__is_active=False, then=Value("disabled")),
            When(expires_at__lte=Now(), then=Value("expired")),
        ],
        otherwise="status",
    )
    keys = _by_state(
        PortalKey.objects.all(),
        ["active", "disabled", "expired", "revoked"],
        [
            When(revoked_at__isnull=False, then=Value("revoked")),
            When(expires_at__lte=Now(), then=Value("expired")),
            When(owner__is_active=False, then=Value("disabled")),
        ],
        otherwise=Value("active"),
    )
    scans = _by_state(Scan.objects.all(), Scan.State.values, [], otherwise="state")
    return [
        Counted("portal_changes", "Changes that wait, are being sent, or have no known outcome.", changes),
        Counted("portal_tokens", "Altostrat tokens.", tokens),
        Counted("portal_keys", "Portal keys.", keys),
        Counted("portal_scans", "Scans for search, queues and reports.", scans),
        Counted("portal_sessions", "Sessions.", {"open": UserSession.objects.filter(ended_at=None).count()}),
        Counted("portal_idempotency_keys", "Idempotency keys.", {"kept": IdempotencyKey.objects.count()}),
        Counted(
            "portal_contract_drift",
            "Differences between Altostrat's responses and its contract.",
            {"found": ContractDrift.objects.count()},
        ),
    ]


def _by_state(
    rows: QuerySet[Any], states: Iterable[str], cases: Iterable[When], *, otherwise: str | Value
) -> dict[str, int]:
    state = Case(*cases, default=otherwise, output_field=CharField())
    counted = rows.order_by().values_list(state).annotate(Count("pk"))
    return dict.fromkeys(map(str, states), 0) | {str(name): count for name, count in counted}
