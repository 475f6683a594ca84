"""The first answer to a request with an Idempotency-Key, sealed until the key expires."""

from __future__ import annotations

import base64
import json
from typing import Any

from django.utils import timezone

from billing.altostrat.client import Answer
from billing.altostrat.error_responses import error_from
from billing.altostrat.errors import Refused
from billing.altostrat.http.bodies import Reply
from billing.altostrat.operations.operation import Operation
from billing.models import IdempotencyKey
from billing.services.storage import key_ring


def seal(row: IdempotencyKey, outcome: Answer[Any] | Refused) -> str:
    """Return the envelope of Altostrat's answer. It opens only with the row of its key."""
    values = {
        "status": outcome.status,
        "body": base64.b64encode(outcome.body).decode(),
        "content_type": outcome.content_type,
        "request_id": outcome.request_id,
    }
    return key_ring.key_ring().seal(json.dumps(values), _context(row))


def unseal(row: IdempotencyKey, operation: Operation[Any]) -> Answer[Any] | Refused:
    """Return the sealed answer. Raise `vault.CannotUnseal`."""
    values = json.loads(key_ring.key_ring().unseal(row.envelope, _context(row)))
    status, body = values["status"], base64.b64decode(values["body"])
    content_type, request_id = values["content_type"], values["request_id"]
    if status < 400:
        return Answer(None, body, content_type, status, request_id, timezone.now(), 0.0)
    reply = Reply(status, {"Content-Type": content_type}, body)
    return error_from(operation.method, operation.path_template, reply, request_id)


def reseal(row: IdempotencyKey) -> bool:
    """Seal one answer with the first key. Return False if the row has changed. Raise `vault.CannotUnseal`."""
    envelope = key_ring.resealed(row.envelope, _context(row)) if row.envelope else ""
    same = IdempotencyKey.objects.filter(pk=row.pk, envelope=row.envelope)
    return bool(same.update(envelope=envelope))


def _context(row: IdempotencyKey) -> tuple[str, ...]:
    return ("idempotency-key", str(row.user_id), row.digest)
