"""Reading the environment: every value typed, every mistake named, no value ever repeated in a message."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

Network = IPv4Network | IPv6Network


class NamedEnv(environ.FileAwareEnv):  # type: ignore[misc]  # django-environ ships no types
    """django-environ, with errors that name the variable and never show its value, which may be a secret.

    `NAME_FILE` is read in place of `NAME`, as container platforms mount secrets.
    """

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().get_value(var, *args, **kwargs)
        except ImproperlyConfigured:
            raise
        except OSError as error:
            raise ImproperlyConfigured(f"{var}_FILE names a file that cannot be read.") from error
        except Exception:  # noqa: BLE001 - whatever it is, its text may hold the value
            raise ImproperlyConfigured(f"{var} has a value that cannot be read.") from None

    def checked(
        self, var: str, cast: Callable[[str], Any], accept: Callable[[Any], bool], wanted: str, default: Any
    ) -> Any:
        """The value of `var` through `cast`, refused unless `accept` agrees; `wanted` completes "NAME must be …"."""
        text = self.str(var, default=None)
        if text is None or text.strip() == "":
            return default
        try:
            value = cast(text.strip())
        except ValueError:
            value = None
        if value is None or not accept(value):
            raise ImproperlyConfigured(f"{var} must be {wanted}.")
        return value

    def switch(self, var: str, *, default: bool) -> bool:
        """A yes or no. django-environ reads any unknown word as no; a misspelt safety switch must not be silent."""
        words = {
            **dict.fromkeys(("1", "true", "on", "yes", "y"), True),
            **dict.fromkeys(("0", "false", "off", "no", "n"), False),
        }
        answer = self.checked(
            var, lambda text: words.get(text.lower()), lambda value: True, "on or off", default
        )
        return bool(answer)

    def seconds(self, var: str, *, default: float) -> float:
        """A duration in seconds, above zero and at most ten minutes."""
        return float(self.checked(var, float, lambda v: 0 < v <= 600, "a number of seconds above 0", default))

    def span(self, var: str, *, at_most: float, default: float) -> float:
        """A length of time in the unit that the variable's name ends with, parts of it included; above zero."""
        wanted = f"a number above 0, at most {at_most:g}"
        return float(self.checked(var, float, lambda v: 0 < v <= at_most, wanted, default))

    def whole(self, var: str, *, at_least: int, default: int) -> int:
        """A whole number, `at_least` or more."""
        wanted = f"a whole number, {at_least} or more"
        return int(self.checked(var, int, lambda number: number >= at_least, wanted, default))

    def one_of(self, var: str, words: tuple[str, ...], *, default: str) -> str:
        """One of the words, whatever its case."""
        return str(
            self.checked(var, str.upper, lambda word: word in words, f"one of {', '.join(words)}", default)
        )

    def networks(self, var: str) -> tuple[Network, ...]:
        """Networks in CIDR notation, or single addresses, separated by commas; none by default."""
        parts = [part.strip() for part in str(self.str(var, default="")).split(",")]
        try:
            return tuple(ip_network(part) for part in parts if part)
        except ValueError:
            raise ImproperlyConfigured(
                f"{var} must list networks such as 10.0.0.0/8, separated by commas."
            ) from None

    def required(self, var: str) -> str:
        """A text that must be there and not be blank."""
        text = str(self.str(var, default="")).strip()
        if not text:
            raise ImproperlyConfigured(f"Set the {var} environment variable.")
        return text

    def database(self, var: str, *, default: str) -> dict[str, Any]:
        """DATABASE_URL as Django's DATABASES entry: sqlite:///… or postgres://…."""
        config = self._url(var, default, {"sqlite", "postgres", "postgresql"}, self.db_url_config)
        if "sqlite" in config["ENGINE"]:
            Path(config["NAME"]).parent.mkdir(parents=True, exist_ok=True)
            # Writers queue instead of failing, readers never wait for them: https://sqlite.org/wal.html
            config["OPTIONS"] = {
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
                "timeout": 10,
            }
            # The last connection to close writes the log back: once a request, that was a third of an API call's time.
            config["CONN_MAX_AGE"] = 60
        else:
            # A pool per process: one connection for each of 64 threads is more than a PostgreSQL server commonly has.
            # https://docs.djangoproject.com/en/5.2/ref/databases/#connection-pool
            pool = {"min_size": 1, "max_size": 16, "timeout": 5}
            config.update(CONN_MAX_AGE=0, CONN_HEALTH_CHECKS=True)
            config["OPTIONS"] = {**config.get("OPTIONS", {}), "connect_timeout": 5, "pool": pool}
        return config

    def cache(self, var: str, *, default: str) -> dict[str, Any]:
        """CACHE_URL as Django's CACHES entry: locmemcache:// (in process) or redis://…."""
        schemes = {"locmemcache", "redis", "rediss"}
        config = self._url(var, default, schemes, self.cache_url_config)
        if "redis" in config["BACKEND"]:
            config["OPTIONS"] = {"socket_connect_timeout": 2, "socket_timeout": 2}
        else:
            # Django keeps 300 entries by default; a flood would push out the counters that limit it.
            config["OPTIONS"] = {"MAX_ENTRIES": 10_000}
        return config

    def _url(
        self, var: str, default: str, schemes: set[str], read: Callable[[str], dict[str, Any]]
    ) -> dict[str, Any]:
        text = str(self.str(var, default="")).strip() or default
        try:
            if urlsplit(text).scheme not in schemes:
                raise ValueError
            return dict(read(text))
        except Exception:  # noqa: BLE001 - as above
            known = ", ".join(f"{scheme}://" for scheme in sorted(schemes))
            raise ImproperlyConfigured(f"{var} must be an address that begins with one of {known}") from None
