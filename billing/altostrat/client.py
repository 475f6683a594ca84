"""The client of Altostrat's operations. A call ends in an Answer or an AltostratError within the deadline.

A request has the headers Host, Authorization, Accept, Accept-Encoding, User-Agent and X-Request-ID, with a body also
Content-Type and Content-Length, in a trace also traceparent, and no others.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeVar

from billing.altostrat import trace
from billing.altostrat.call_record import CallRecord
from billing.altostrat.credentials import BearerToken
from billing.altostrat.decoding import decode, is_file
from billing.altostrat.error_responses import error_from
from billing.altostrat.errors import AltostratError, UnexpectedAnswer
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.files import FileAnswer
from billing.altostrat.http.bodies import Reply
from billing.altostrat.http.call_failures import CallFailure
from billing.altostrat.http.streams import Stream
from billing.altostrat.http.transport import Transport
from billing.altostrat.operations.billing_accounts import LIST_BILLING_ACCOUNTS, RETRIEVE_BILLING_ACCOUNT
from billing.altostrat.operations.operation import Operation, wire_names
from billing.altostrat.operations.workspaces import LIST_WORKSPACES, RETRIEVE_WORKSPACE
from billing.altostrat.resources.billing_accounts import BillingAccount
from billing.altostrat.resources.listing import Listing
from billing.altostrat.resources.workspaces import Workspace

T = TypeVar("T")

# Altostrat documents no such header. These are common among frameworks, API gateways and CDNs.
_REQUEST_ID_HEADERS: Final = ("X-Request-Id", "X-Amzn-RequestId", "X-Amz-Cf-Id", "CF-Ray")
_REQUEST_ID: Final = re.compile(r"[\x21-\x7e]{1,128}")


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A success. `body` is exactly what was received, decompressed; `request_id` is Altostrat's."""

    value: T = field(repr=False)
    body: bytes = field(repr=False)
    content_type: str
    status: int
    request_id: str | None
    received_at: datetime
    duration_seconds: float


class AltostratClient:
    """A client that calls Altostrat with one person's token. It is cheap enough to create one per request."""

    def __init__(
        self,
        transport: Transport,
        token: BearerToken,
        portal_request_id: str = "",
        before_call: Callable[[], None] | None = None,
        on_answer: Callable[[CallRecord], None] | None = None,
        on_success: Callable[[Operation[Any], bytes], None] | None = None,
        on_rate_limit: Callable[[int | None], None] | None = None,
        share: str = "",
        is_for_write: bool = False,
    ) -> None:
        """Call `before_call`, which may raise, before every call, and `on_answer`, which must not, after it.

        `on_success` gets the body of each success that is not a file. See `Transport.send` for the others.
        """
        self._transport, self._token = transport, token
        self._portal_request_id = portal_request_id
        self._before_call, self._on_rate_limit = before_call, on_rate_limit
        self._on_answer, self._on_success = on_answer, on_success
        self._share, self._is_for_write = share, is_for_write

    def list_workspaces(self) -> Answer[Listing[Workspace]]:
        return self.call(LIST_WORKSPACES)

    def retrieve_workspace(self, workspace_id: str) -> Answer[Workspace]:
        return self.call(RETRIEVE_WORKSPACE, workspaceId=workspace_id)

    def list_billing_accounts(self, workspace_id: str) -> Answer[Listing[BillingAccount]]:
        return self.call(LIST_BILLING_ACCOUNTS, workspaceId=workspace_id)

    def retrieve_billing_account(self, workspace_id: str, billing_account_id: str) -> Answer[BillingAccount]:
        return self.call(
            RETRIEVE_BILLING_ACCOUNT, workspaceId=workspace_id, billingAccountId=billing_account_id
        )

    def call(
        self,
        operation: Operation[T],
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        /,
        **path_parameters: str,
    ) -> Answer[T]:
        """Call one operation. `path_parameters` are ids, `body` is sent as JSON.

        Raise InvalidIdentifier before anything is sent, or an AltostratError. The error has neither cause nor context,
        which would contain the request and so the token.
        """
        path = operation.path(ids := wire_names(path_parameters), query)
        content = None if body is None else json.dumps(body).encode()
        if self._before_call is not None:
            self._before_call()
        started = time.monotonic()
        outcome = self._transport.send(
            operation.method,
            path,
            self._headers(operation, content),
            content,
            is_read=operation.is_read,
            share=self._share,
            target=operation.target(ids),
            is_for_write=self._is_for_write,
            on_rate_limit=self._on_rate_limit,
        )
        seconds = time.monotonic() - started
        assert not isinstance(outcome.result, Stream)
        result = self._interpret(operation, ids, body, outcome.result, seconds)
        self._report(operation, result, seconds, outcome.attempts)
        if isinstance(result, AltostratError):
            try:
                raise result
            finally:
                del result  # its traceback has this frame, which would refer to it
        if self._on_success is not None:
            self._on_success(operation, result.body)
        return result

    def open(self, operation: Operation[Any], /, **path_parameters: str) -> FileAnswer:
        """Call an operation whose success is a file, and return it in pieces. Raise as `call`."""
        path, target = operation.path(path_parameters), operation.target(path_parameters)
        headers = self._headers(operation, None)
        if self._before_call is not None:
            self._before_call()
        started = time.monotonic()
        outcome = self._transport.open(
            path, headers, share=self._share, target=target, on_rate_limit=self._on_rate_limit
        )
        seconds = time.monotonic() - started
        opened = self._opened(operation, path_parameters, outcome.result, seconds)
        self._report(operation, opened, seconds, outcome.attempts)
        if isinstance(opened, AltostratError):
            raise opened
        return opened

    def _opened(
        self,
        operation: Operation[Any],
        parameters: Mapping[str, str],
        result: Reply | Stream | CallFailure,
        seconds: float,
    ) -> FileAnswer | AltostratError:
        if not isinstance(result, Stream):
            failed = self._interpret(operation, parameters, None, result, seconds)
            assert isinstance(failed, AltostratError)
            return failed
        request_id = self._request_id_in(result.headers)
        content_type = result.headers.get("Content-Type", "")
        if is_file(operation, content_type) and not self._token.occurs_in(content_type.encode()):
            return FileAnswer(operation, result, self._token, operation.owner_ids(parameters), request_id)
        result.close()
        return operation.error(UnexpectedAnswer, FailureReason.NOT_THE_FILE, result.status, request_id)

    def _headers(self, operation: Operation[T], content: bytes | None) -> dict[str, str]:
        headers = {
            "Authorization": f"Bearer {self._token.reveal()}",
            "Accept": ", ".join(sorted(operation.media_types)) or "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": self._transport.user_agent,
            **trace.headers(),
        }
        if _REQUEST_ID.fullmatch(self._portal_request_id):
            headers["X-Request-ID"] = self._portal_request_id
        if content is not None:
            headers["Content-Type"] = "application/json"
        if operation.method != "GET":
            headers["Content-Length"] = str(len(content or b""))
        return headers

    def _interpret(
        self,
        operation: Operation[T],
        parameters: Mapping[str, str],
        sent: Mapping[str, object] | None,
        result: Reply | CallFailure,
        seconds: float,
    ) -> Answer[T] | AltostratError:
        call = (operation.method, operation.path_template)
        request_id = self._request_id_in(result.headers)
        if isinstance(result, CallFailure):
            return result.kind(*call, result.status, request_id, result.reason)
        content_type = result.headers.get("Content-Type", "")
        # If upstream echoes the token, it must not reach a page, a log or another program.
        echoes = self._token.occurs_in(result.body) or self._token.occurs_in(content_type.encode())
        if result.status >= 400:
            retry_after = result.headers.get("Retry-After", "")
            reply = Reply(result.status, {"Retry-After": retry_after}, b"") if echoes else result
            return error_from(*call, reply, request_id, operation.owner_ids(parameters, sent))
        value: T | FailureReason = FailureReason.REDIRECT if result.status >= 300 else FailureReason.ECHO
        if result.status < 300 and not echoes:
            value = decode(operation, parameters, sent, result.body, content_type)
        if isinstance(value, FailureReason):
            return UnexpectedAnswer(*call, result.status, request_id, value)
        return Answer(
            value=value,
            body=result.body,
            content_type=content_type,
            status=result.status,
            request_id=request_id,
            received_at=datetime.now(UTC),
            duration_seconds=seconds,
        )

    def _request_id_in(self, headers: Mapping[str, str]) -> str | None:
        for name in _REQUEST_ID_HEADERS:
            found = headers[name].strip() if name in headers else ""
            if _REQUEST_ID.fullmatch(found) and not self._token.occurs_in(found.encode()):
                return found
        return None

    def _report(
        self,
        operation: Operation[T],
        result: Answer[T] | FileAnswer | AltostratError,
        seconds: float,
        attempts: int,
    ) -> None:
        if self._on_answer is None:
            return
        failed = isinstance(result, AltostratError)
        self._on_answer(
            CallRecord(
                operation=operation.name,
                method=operation.method,
                path_template=operation.path_template,
                status=result.status,
                outcome=type(result).__name__ if failed else str(result.status),
                request_id=result.request_id,
                duration_seconds=seconds,
                attempts=attempts,
            )
        )
