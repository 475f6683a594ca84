"""The failures for the portal's own errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from billing.altostrat.identifiers import InvalidIdentifier
from billing.failures.failure import Failure, Remedy
from billing.services.actor import NotPermitted
from billing.services.changes import NotRecorded, PayloadDeleted, ResultNotRecorded
from billing.services.scans.store import ScanLost
from billing.services.storage.outages import RETRY_AFTER_SECONDS
from billing.services.tokens import NoToken
from billing.vault import CannotUnseal

TABLE: Final[Mapping[type[Exception], Failure]] = {
    NotPermitted: Failure(
        403,
        "permission_error",
        "forbidden",
        "You don't have permission",
        "This needs a permission that your role or portal key does not include.",
        "Ask an administrator of this portal for a role or key that includes it.",
    ),
    InvalidIdentifier: Failure(
        400,
        "invalid_request_error",
        "invalid_parameter",
        "Invalid ID",
        "The address contains an ID that does not have Altostrat's format.",
        "Check the ID. It starts with a prefix such as ws_ or cus_.",
    ),
    NoToken: Failure(
        424,
        "dependency_error",
        "altostrat_token_missing",
        "You have not stored an Altostrat token",
        "The portal needs your token to read billing data from Altostrat.",
        "Store your token to open this page.",
        remedy=Remedy.STORE_TOKEN,
    ),
    CannotUnseal: Failure(
        500,
        "api_error",
        "vault_sealed",
        "Your Altostrat token cannot be decrypted",
        "The portal's encryption key or Altostrat's address has changed since you stored the token.",
        "Contact the operators of this portal. After they have fixed this, store your token again if needed.",
    ),
    ScanLost: Failure(
        503,
        "api_error",
        "list_lost",
        "The list could not be read",
        "Some of the data that the portal had read for this list is no longer available.",
        "Open the list again to reload it.",
        remedy=Remedy.RETRY,
    ),
    NotRecorded: Failure(
        503,
        "api_error",
        "change_not_recorded",
        "Nothing was sent",
        "The portal cannot record the change in its database, so it did not send it to Altostrat.",
        "Go back to the review and try again in a few seconds.",
        retry_after_seconds=RETRY_AFTER_SECONDS,
    ),
    ResultNotRecorded: Failure(
        503,
        "api_error",
        "result_not_recorded",
        "The result is not recorded yet",
        "The change was sent to Altostrat, but the portal cannot record its result in its database at the moment.",
        "Do not send it again: “My changes” shows the result once it is recorded.",
        changed="The change may have been applied.",
        retry_after_seconds=RETRY_AFTER_SECONDS,
    ),
    PayloadDeleted: Failure(
        410,
        "invalid_request_error",
        "change_deleted",
        "Deleted after the retention period",
        "The contents of a change are kept for a limited time. Those of this change have been deleted.",
        "Start a new change.",
    ),
}
