"""The clients of the trial. Each repeats its request with the same Idempotency-Key until it has a final answer."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import requests

from tests.api.writes.trial.plan import Write
from tests.plugins.processes import Portal

_TIMEOUT_SECONDS: Final = 20
_PAUSE_SECONDS: Final = 0.3


class Said(StrEnum):
    """What an answer says of the write."""

    APPLIED = "applied"
    NOT_APPLIED = "not applied"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    RETRY = "try again"
    NOTHING = "no answer"
    NONSENSE = "an answer that is not documented"


FINAL: Final = frozenset({Said.APPLIED, Said.NOT_APPLIED, Said.REFUSED, Said.NONSENSE})
# Nothing was sent, or another request with the key is running.
_RETRIED: Final = frozenset(
    {
        "altostrat_bad_answer",
        "altostrat_timeout",
        "altostrat_unavailable",
        "altostrat_unreachable",
        "change_not_recorded",
        "change_not_sent",
        "idempotency_key_in_use",
        "portal_busy",
        "portal_unavailable",
        "result_not_recorded",
    }
)


@dataclass(frozen=True)
class Heard:
    """One answer. `change_id` is that of the change which it names."""

    said: Said
    status: int = 0
    code: str = ""
    change_id: str = ""
    is_replay: bool = False
    is_settled: bool = False
    has_retry_after: bool = False
    asked_at: float = 0.0  # by the monotonic clock


class Clients:
    """Clients of several replicas or a proxy, and what they have heard of each write, by its number."""

    def __init__(
        self,
        urls: Sequence[str],
        key: str,
        chance: random.Random,
        *,
        authority: str = "",
        pause_seconds: float = _PAUSE_SECONDS,
    ) -> None:
        self.heard: dict[int, list[Heard]] = defaultdict(list)
        self.count = 0
        self._urls = urls
        self._key = key
        self._chance = chance
        self._authority = authority
        self._pause_seconds = pause_seconds
        self._local = threading.local()

    def is_final(self, write: Write) -> bool:
        return any(one.said in FINAL for one in self.heard[write.number])

    def send(self, writes: Sequence[Write], clients: int, *, patience: int) -> None:
        """Send writes in this order, each until its answer is final, but at most `patience` times."""
        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(lambda write: self.send_one(write, patience), writes))

    def send_one(self, write: Write, patience: int) -> None:
        for _ in range(patience):
            asked_at = time.monotonic()
            heard = replace(self._ask(write, self._chance.choice(self._urls)), asked_at=asked_at)
            self.heard[write.number].append(heard)
            if heard.said in FINAL:
                break
            time.sleep(self._chance.uniform(0, self._pause_seconds))
        self.count += 1

    def _ask(self, write: Write, url: str) -> Heard:
        headers = {"Authorization": f"Bearer {self._key}", **write.headers}
        try:
            answer = self._session().request(
                write.method,
                f"{url}/api/v1/{write.path}",
                json=write.body,
                headers=headers,
                timeout=_TIMEOUT_SECONDS,
            )
        except requests.RequestException:
            return Heard(Said.NOTHING)
        return _heard(answer)

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.verify = self._authority or True
            self._local.session.trust_env = False  # it may name another file of authorities
        return self._local.session  # type: ignore[no-any-return]


def _heard(answer: requests.Response) -> Heard:
    if "Portal-Origin" not in answer.headers:
        is_from_proxy = answer.status_code in (502, 504)
        return Heard(Said.NOTHING if is_from_proxy else Said.NONSENSE, answer.status_code)
    document = answer.json() if answer.content else {}
    is_portals = answer.headers["Portal-Origin"] == "portal"
    code = document.get("code", "") if is_portals else ""
    said = Said.NONSENSE
    if answer.status_code == 202:
        said = Said.UNKNOWN
    elif answer.ok:
        said = Said.APPLIED if not is_portals or document["outcome"] in ("applied", "succeeded") else said
    elif not is_portals:
        said = Said.REFUSED
    elif code == "change_not_applied":
        said = Said.NOT_APPLIED
    elif code == "altostrat_outcome_unknown":
        said = Said.UNKNOWN
    elif code in _RETRIED:
        said = Said.RETRY
    return Heard(
        said,
        answer.status_code,
        code,
        answer.headers.get("Portal-Change") or document.get("change_url", "").rpartition("/")[2],
        "Idempotency-Replayed" in answer.headers,
        answer.ok and is_portals,
        "Retry-After" in answer.headers,
    )


def kill(portals: Sequence[Portal], clients: Clients, kills: int, writes: int, chance: random.Random) -> None:
    """Kill the workers of a replica, several times, each after some of the writes."""
    for moment in sorted(chance.sample(range(writes), kills)):
        while clients.count < moment:
            time.sleep(0.02)
        for worker in chance.choice(portals).workers():
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
