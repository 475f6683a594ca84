"""The checks before a process of the portal starts."""

from __future__ import annotations

import logging
import sys
from importlib import import_module

import django
from django.core.checks import Error, Tags, run_checks
from django.core.exceptions import ImproperlyConfigured

from portal import telemetry
from portal.logs.lines import outputs


def set_up() -> None:
    """Start what reports errors and spans, load Django, and write the audit log to standard output, alone."""
    outputs.audit_stream = sys.stdout
    logging.captureWarnings(True)
    telemetry.start()
    django.setup(set_prefix=False)
    import_module("billing.services.contract_drift.watch").begin()  # it needs the models


def require_valid_settings() -> None:
    """Raise ImproperlyConfigured if a system check fails."""
    errors = [
        message
        for message in run_checks(tags=["portal", Tags.database], databases=["default"])
        if message.level >= Error("").level and not message.is_silenced()
    ]
    if errors:
        texts = (f"{message.msg} {message.hint or ''}".strip() for message in errors)
        raise ImproperlyConfigured(" ".join(texts))
