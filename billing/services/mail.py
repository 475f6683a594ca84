"""Mail through the server of EMAIL_URL: at most one attempt, within a deadline."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend

# For the whole attempt. A single answer of the server may take EMAIL_TIMEOUT.
_MAX_TIMEOUTS: Final = 3


class NotSent(Exception):
    """The mail server did not get the message. The text says why, without what the server said."""


class OutcomeUnknown(Exception):
    """The mail server had begun to take the message, and did not confirm it."""


@dataclass(frozen=True, slots=True)
class Message:
    recipient: str
    subject: str
    text: str
    html: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def is_enabled() -> bool:
    return bool(settings.EMAIL_URL)


def send(message: Message) -> None:
    """Send a message once. Raise NotSent, OutcomeUnknown."""
    mail = EmailMultiAlternatives(
        message.subject,
        message.text,
        settings.DEFAULT_FROM_EMAIL,
        [message.recipient],
        headers=message.headers,
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    # The next Django requires an alias; this one ignores it.
    backend = _Backend(alias="portal", timeout=settings.MAIL_TIMEOUT, **settings.MAIL_SERVER)
    with backend.deadline(_MAX_TIMEOUTS * settings.MAIL_TIMEOUT):
        try:
            backend.open()
            is_sent = bool(backend.send_messages([mail]))
        except (OSError, smtplib.SMTPException, ValueError) as error:
            if backend.has_begun:
                raise OutcomeUnknown(_after_data(error)) from None
            raise NotSent(_before_data(error)) from None
        finally:
            with suppress(OSError, smtplib.SMTPException):
                backend.close()
    if not is_sent:
        raise NotSent("The message has no recipient.")


class _Backend(EmailBackend):
    """Django's connection, which knows whether it has begun to send a message, and ends at its deadline."""

    has_begun = False
    _smtp: smtplib.SMTP | None = None
    _is_late = False

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        backend, base = self, super().connection_class

        class Connection(base):  # type: ignore[misc, valid-type]
            def getreply(self) -> tuple[int, bytes]:
                backend._smtp = self
                if backend._is_late:
                    raise TimeoutError
                return super().getreply()  # type: ignore[no-any-return]

            def data(self, msg: Any) -> tuple[int, bytes]:
                backend.has_begun = True
                return super().data(msg)  # type: ignore[no-any-return]

        return Connection

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """Cut the connection after this time, because a server that answers slowly passes every timeout."""
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        self._is_late = True
        sock = getattr(self._smtp, "sock", None)
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def _before_data(error: Exception) -> str:
    match error:
        case smtplib.SMTPAuthenticationError():
            return "The mail server refused the portal's credentials."
        case smtplib.SMTPRecipientsRefused():
            return "The mail server refused the recipient."
        case smtplib.SMTPSenderRefused():
            return "The mail server refused the sender."
        case ValueError():
            return "The message has a header that cannot be sent."
        case TimeoutError():
            return "The mail server did not answer in time."
        case ssl.SSLError():
            return "The mail server has no valid certificate."
        case smtplib.SMTPException():
            return "The mail server refused the connection or ended it."
    return "The mail server cannot be reached."


def _after_data(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"The mail server answered {error.smtp_code} after it had the message."
    return "The connection ended before the mail server confirmed the message."
