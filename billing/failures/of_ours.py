"""What fails here, before or without Altostrat: how each is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from billing.altostrat.identifiers import InvalidIdentifier
from billing.failures.failure import Failure, Remedy
from billing.services.actor import NotPermitted
from billing.services.changes import PayloadDeleted
from billing.services.scans.store import ScanLost
from billing.services.tokens import NoToken
from billing.vault import CannotUnseal

TABLE: Final[Mapping[type[Exception], Failure]] = {
    NotPermitted: Failure(
        403,
        "permission_error",
        "forbidden",
        "You may not do this",
        "This needs a permission that your role, or the portal key you use, does not include.",
        "Ask an administrator of this portal for a role or a key that includes it.",
    ),
    InvalidIdentifier: Failure(
        400,
        "invalid_request_error",
        "invalid_parameter",
        "That is not an Altostrat id",
        "The address holds an id that Altostrat cannot have made.",
        "Check the id: it has letters, digits and a few signs, and nothing else.",
    ),
    NoToken: Failure(
        424,
        "dependency_error",
        "altostrat_token_missing",
        "You have not stored an Altostrat token yet",
        "The portal asks Altostrat in your name, and has no token of yours to do so.",
        "Store your token, and this page opens.",
        remedy=Remedy.STORE_TOKEN,
    ),
    CannotUnseal: Failure(
        500,
        "api_error",
        "vault_sealed",
        "Your Altostrat token cannot be opened",
        "The portal's vault does not open your stored token: its key or Altostrat's address has changed.",
        "Tell the people who run this portal. Storing your token again also helps, once the vault is in order.",
    ),
    ScanLost: Failure(
        503,
        "api_error",
        "list_lost",
        "The list could not be read",
        "What the portal had read of Altostrat for it is not there any more, or not all of it.",
        "Open the list again: it is read anew, and then there is a file, too.",
        remedy=Remedy.RETRY,
    ),
    PayloadDeleted: Failure(
        410,
        "invalid_request_error",
        "change_forgotten",
        "Removed by retention",
        "What was sent, and what was there before, is kept here for a limited time, which is over.",
        "Begin a new change.",
    ),
}
