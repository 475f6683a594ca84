"""Database models. They do not depend on HTTP or encryption."""

from billing.models.audit import AppendOnly, AuditContent, AuditEntry, AuditHead
from billing.models.changes import Change, IdempotencyKey
from billing.models.digests import Digest
from billing.models.drift import ContractDrift
from billing.models.follow_ups import FollowUp
from billing.models.notes import Note
from billing.models.people import Identity, Lockout, PendingForm, UsedOnce, User, UserSession
from billing.models.reminders import ReminderTemplate, SentReminder
from billing.models.scans import Scan, ScanPart
from billing.models.secrets import AltostratToken, KeptCopy, PortalKey, VaultKeyCheck
from billing.models.tasks import BackgroundTask, BackgroundTaskCount
from billing.models.views import Favorite, SavedView

__all__ = (
    "AltostratToken",
    "AppendOnly",
    "AuditContent",
    "AuditEntry",
    "AuditHead",
    "BackgroundTask",
    "BackgroundTaskCount",
    "Change",
    "ContractDrift",
    "Digest",
    "Favorite",
    "FollowUp",
    "IdempotencyKey",
    "Identity",
    "KeptCopy",
    "Lockout",
    "Note",
    "PendingForm",
    "PortalKey",
    "ReminderTemplate",
    "SavedView",
    "Scan",
    "ScanPart",
    "SentReminder",
    "UsedOnce",
    "User",
    "UserSession",
    "VaultKeyCheck",
)
