"""Typed access to environment variables. Errors name the variable and never show its value."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from redis.backoff import NoBackoff
from redis.retry import Retry

from billing.services.storage.postgresql import LOCK_SECONDS, BoundedConnection
from billing.services.storage.shared_cache import SECONDS_PER_REQUEST, JsonSerializer
from billing.services.storage.shared_cache import BoundedConnection as BoundedRedisConnection

Network = IPv4Network | IPv6Network


class NamedEnv(environ.FileAwareEnv):  # type: ignore[misc]  # django-environ ships no types
    """django-environ with errors that never show a value, because it may be a secret.

    If `NAME_FILE` is set, the value of `NAME` is read from that file, as container platforms mount secrets.
    """

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().get_value(var, *args, **kwargs)
        except ImproperlyConfigured:
            raise
        except OSError as error:
            raise ImproperlyConfigured(f"{var}_FILE names a file that cannot be read.") from error
        except Exception:  # noqa: BLE001 - any message may hold the value
            raise ImproperlyConfigured(f"{var} has a value that cannot be read.") from None

    def checked(
        self, var: str, cast: Callable[[str], Any], accept: Callable[[Any], bool], expected: str, default: Any
    ) -> Any:
        """Return `cast(value)`, or raise if `accept` refuses it. `expected` completes the message "NAME must be …"."""
        text = self.str(var, default=None)
        if text is None or text.strip() == "":
            return default
        try:
            value = cast(text.strip())
        except ValueError:
            value = None
        if value is None or not accept(value):
            raise ImproperlyConfigured(f"{var} must be {expected}.")
        return value

    def boolean(self, var: str, *, default: bool) -> bool:
        """Read on or off. django-environ reads unknown words as off, which would hide a misspelled safety setting."""
        values = {
            **dict.fromkeys(("1", "true", "on", "yes", "y"), True),
            **dict.fromkeys(("0", "false", "off", "no", "n"), False),
        }
        value = self.checked(
            var, lambda text: values.get(text.lower()), lambda value: True, "on or off", default
        )
        return bool(value)

    def seconds(self, var: str, *, default: float) -> float:
        """Read a duration in seconds, above 0 and at most 600."""
        return float(self.checked(var, float, lambda v: 0 < v <= 600, "a number of seconds above 0", default))

    def duration(self, var: str, *, at_most: float, default: float) -> float:
        """Read a duration above 0, fractions included, in the unit that the variable's name ends with."""
        expected = f"a number above 0, at most {at_most:g}"
        return float(self.checked(var, float, lambda v: 0 < v <= at_most, expected, default))

    def integer(self, var: str, *, at_least: int, default: int) -> int:
        expected = f"a whole number, {at_least} or more"
        return int(self.checked(var, int, lambda number: number >= at_least, expected, default))

    def one_of(self, var: str, choices: tuple[str, ...], *, default: str) -> str:
        """Read one of the choices, in any case."""
        return str(
            self.checked(
                var,
                lambda text: {choice.upper(): choice for choice in choices}.get(text.upper()),
                lambda _: True,
                f"one of {', '.join(choices)}",
                default,
            )
        )

    def networks(self, var: str) -> tuple[Network, ...]:
        """Read networks in CIDR notation or single addresses, separated by commas."""
        parts = [part.strip() for part in str(self.str(var, default="")).split(",")]
        try:
            return tuple(ip_network(part) for part in parts if part)
        except ValueError:
            raise ImproperlyConfigured(
                f"{var} must list networks such as 10.0.0.0/8, separated by commas."
            ) from None

    def web_address(self, var: str, *, needs_key: bool = False) -> str:
        """Read an address, https://… or http://…, or none. Before its host, it may have to have a key."""
        expected = f"an address such as https://{'key@' if needs_key else ''}host/path"

        def accept(text: str) -> bool:
            parts = urlsplit(text)
            is_complete = parts.scheme in {"http", "https"} and bool(parts.hostname)
            return is_complete and (bool(parts.username) or not needs_key)

        return str(self.checked(var, str, accept, expected, ""))

    def required(self, var: str) -> str:
        """Read a string that must not be blank."""
        text = str(self.str(var, default="")).strip()
        if not text:
            raise ImproperlyConfigured(f"Set the {var} environment variable.")
        return text

    def database(self, var: str, *, default: str) -> dict[str, Any]:
        """Convert sqlite:///… or postgres://… to an entry of DATABASES."""
        config = self._url(var, default, {"sqlite", "postgres", "postgresql"}, self.db_url_config)
        if "sqlite" in config["ENGINE"]:
            Path(config["NAME"]).parent.mkdir(parents=True, exist_ok=True)
            # Writers queue instead of failing, and readers never wait for them: https://sqlite.org/wal.html
            # Many writes change the same pages, so writing the log back after more of them takes less time for each.
            pragmas = ("journal_mode=WAL", "synchronous=NORMAL", "wal_autocheckpoint=4000")
            config["OPTIONS"] = {
                "transaction_mode": "IMMEDIATE",
                "init_command": " ".join(f"PRAGMA {pragma};" for pragma in pragmas),
                "timeout": LOCK_SECONDS,
            }
            # Closing the last connection writes the log back, which would take a third of each API call.
            config["CONN_MAX_AGE"] = 60
        else:
            # A pool per process, because a connection per thread (256) exceeds what PostgreSQL servers usually allow.
            # https://docs.djangoproject.com/en/5.2/ref/databases/#connection-pool
            pool = {
                "min_size": 1,
                "max_size": 16,
                "timeout": 1.5,  # seconds to wait for one of them
                "reconnect_timeout": 3,  # then the next request tries again, instead of a pause that doubles
                "connection_class": BoundedConnection,
            }
            config.update(CONN_MAX_AGE=0, CONN_HEALTH_CHECKS=True)
            config["OPTIONS"] = {**config.get("OPTIONS", {}), "connect_timeout": 5, "pool": pool}
            self._require_servers(var, config)
        return config

    def cache(self, var: str, *, default: str) -> dict[str, Any]:
        """Convert locmemcache:// (in process) or redis://… to an entry of CACHES."""
        schemes = {"locmemcache", "redis", "rediss"}
        config = self._url(var, default, schemes, self.cache_url_config)
        if "redis" in config["BACKEND"]:
            config["BACKEND"] = "billing.services.storage.shared_cache.SharedCache"
            # Until the connection is made, and then for each part of an answer.
            seconds = SECONDS_PER_REQUEST / 2
            config["OPTIONS"] = {
                "socket_connect_timeout": seconds,
                "socket_timeout": seconds,
                "retry": Retry(NoBackoff(), 0),
                "serializer": JsonSerializer,
            }
            if config["LOCATION"].startswith("redis://"):
                config["OPTIONS"]["connection_class"] = BoundedRedisConnection
        else:
            config["BACKEND"] = "billing.services.storage.process_cache.ProcessCache"
            # Django keeps 300 entries by default; a flood would push out the counters that limit it.
            config["OPTIONS"] = {"MAX_ENTRIES": 10_000}
        return config

    def broker(self, var: str) -> str:
        """Read the address of a broker, redis://… or rediss://…, or none."""
        schemes = {"redis", "rediss"}
        text = str(self.str(var, default="")).strip()
        return text and str(self._url(var, text, schemes, lambda url: {"url": url})["url"])

    def mail(self, var: str) -> dict[str, Any]:
        """Convert smtp+tls://user:password@host:587 to the options of Django's EmailBackend; none without a value."""
        if not str(self.str(var, default="")).strip():
            return {}
        found = self._url(var, "", {"smtp", "smtps", "smtp+tls", "smtp+ssl"}, self.email_url_config)
        return {
            "host": found["EMAIL_HOST"],
            "port": found["EMAIL_PORT"] or _mail_port(found),
            "username": found["EMAIL_HOST_USER"] or "",
            "password": found["EMAIL_HOST_PASSWORD"] or "",
            "use_tls": found.get("EMAIL_USE_TLS", False),
            "use_ssl": found.get("EMAIL_USE_SSL", False),
        }

    @staticmethod
    def _require_servers(var: str, config: dict[str, Any]) -> None:
        """Use that one of several servers which accepts writes, as after a failover to another one."""
        servers, ports = config["HOST"].count(","), str(config["PORT"]).count(",")
        if config["PORT"] and servers != ports:
            raise ImproperlyConfigured(f"{var} must have the port of each server or of none.")
        if servers:
            config["OPTIONS"].setdefault("target_session_attrs", "read-write")

    def _url(
        self, var: str, default: str, schemes: set[str], read: Callable[[str], dict[str, Any]]
    ) -> dict[str, Any]:
        text = str(self.str(var, default="")).strip() or default
        try:
            if urlsplit(text).scheme not in schemes:
                raise ValueError
            return dict(read(text))
        except Exception:  # noqa: BLE001 - any message may hold the value
            known = ", ".join(f"{scheme}://" for scheme in sorted(schemes))
            raise ImproperlyConfigured(f"{var} must be an address that begins with one of {known}") from None


def _mail_port(found: dict[str, Any]) -> int:
    if found.get("EMAIL_USE_SSL"):
        return 465
    return 587 if found.get("EMAIL_USE_TLS") else 25
