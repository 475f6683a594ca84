"""Circuit breakers: when calls get no answer, the next ones fail at once, unsent, until Altostrat answers again.

Each token has a circuit, and so has each billing account (or workspace) that it reads: `target`. Three calls without an
answer open the circuit of their target. Three reads of several workspaces that hang at the same time, without any
answer since the first of them began, open that of the token. So one workspace that hangs does not affect the others,
and one person's token never affects another's.

A call has no answer if it fails with a timeout, here or in a gateway, or without a connection. A read that hangs counts
after three seconds, while it is still in flight, and once more for each caller that waits for the same read; a write or
a file in pieces only at its end. Any answer closes the circuits, also one that refuses the call. An open circuit lets
one call pass every three seconds to find out whether Altostrat answers again.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from pybreaker import STATE_CLOSED, STATE_HALF_OPEN, STATE_OPEN, CircuitBreaker

from billing.altostrat.errors import CircuitOpen, DeadlinePassed, Unreachable
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.http.call_failures import CallFailure
from billing.altostrat.http.deadlines import Result, RunningCall

_logger = logging.getLogger(__name__)

# Together less than ten seconds: a call that hangs counts after three, and another one may pass three seconds later.
HANGING_AFTER_SECONDS: Final = 3.0
OPEN_SECONDS: Final = 3.0
FAILURES: Final = 3
# A target is deleted when it was not read for this long.
_FORGOTTEN_AFTER_SECONDS: Final = 60.0
_GATEWAY_ERRORS: Final = (408, 499, 502, 503, 504)
_WHOLE: Final = "*"  # in the place of a target


class _NoAnswer(Exception):
    """Reports a failure to pybreaker."""


class _Circuit:
    """pybreaker's state machine, on the monotonic clock.

    Its `call` would hold a lock during the call and admit several calls when half open, so it only learns the outcomes.
    """

    def __init__(self, failures: int) -> None:
        self._breaker = CircuitBreaker(fail_max=failures, throw_new_error_on_trip=False)
        self._opened_at = 0.0
        self.probe: Call | None = None

    @property
    def is_idle(self) -> bool:
        return self._breaker.current_state == STATE_CLOSED and not self._breaker.fail_counter

    def is_forgotten(self, now: float) -> bool:
        return self.is_idle or (self.is_open and self._opened_at + _FORGOTTEN_AFTER_SECONDS < now)

    @property
    def is_open(self) -> bool:
        return self._breaker.current_state == STATE_OPEN

    def refuses(self, now: float) -> bool:
        if self.is_open:
            return now < self._opened_at + OPEN_SECONDS
        return self._breaker.current_state == STATE_HALF_OPEN

    def admit(self, call: Call) -> None:
        if self.is_open:
            self._breaker.half_open()
            self.probe = call

    def abandon(self, call: Call) -> None:
        """Let the next call pass instead of this one, which was not sent."""
        if self.probe is call:
            self._breaker.open()
            self.probe = None

    def succeed(self) -> None:
        if self.is_open:
            self._breaker.half_open()
        self._breaker.call(lambda: None)
        self.probe = None

    def fail(self, call: Call, at: float) -> bool:
        """Return True if this opens the circuit. Once it is open, only the failure of its probe matters."""
        if self._breaker.current_state != STATE_CLOSED and self.probe is not call:
            return False
        with suppress(_NoAnswer):
            self._breaker.call(_fail)
        self.probe = None
        if self.is_open:
            self._opened_at = at
        return self.is_open


def _fail() -> None:
    raise _NoAnswer


@dataclass(slots=True, eq=False)
class Call:
    """A call in flight. `is_hanging` if it counts as one without an answer already."""

    share: str
    target: str
    started_at: float
    running: RunningCall
    is_hanging: bool = False

    @property
    def workspace(self) -> str:
        return self.target.partition("/")[0]

    @property
    def hangs_from(self) -> float:
        """When it counts as hanging. A pause before it is repeated does not count."""
        return max(self.started_at, self.running.resumed_at) + HANGING_AFTER_SECONDS


@dataclass(slots=True)
class _Token:
    """The calls with a token in flight. It has circuits only for failures that matter: most tokens have none."""

    calls: list[Call] = field(default_factory=list)
    answered_at: float = -math.inf
    circuits: dict[str, _Circuit] = field(default_factory=dict)  # by target; of the token itself: _WHOLE

    def circuits_of(self, target: str) -> list[_Circuit]:
        return [self.circuits[name] for name in (_WHOLE, target) if name in self.circuits]

    @property
    def hangs(self) -> bool:
        """Whether enough reads of several workspaces hang."""
        reads = [call for call in self.calls if call.is_hanging and call.started_at > self.answered_at]
        return len(reads) >= FAILURES and len({call.workspace for call in reads}) > 1


class Circuits:
    """The circuits of one process. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens: dict[str, _Token] = {}

    def refuses(self, share: str, target: str) -> bool:
        """Return whether a call would not be sent now."""
        with self._lock:
            token = self._tokens.get(share)
            return token is not None and self._refuses(token, target, self._clock())

    def count_open(self) -> int:
        with self._lock:
            now = self._clock()
            circuits = [one for token in self._tokens.values() for one in token.circuits.values()]
            return sum(one.is_open and not one.is_forgotten(now) for one in circuits)

    def begin(self, share: str, target: str, running: RunningCall) -> Call | CallFailure:
        """Return a call, to `end` in any case, or the failure for a call that must not be sent."""
        with self._lock:
            now = self._clock()
            call = Call(share, target, now, running)
            token = self._tokens.get(share)
            if token is None:
                token = self._tokens[share] = _Token()
            if self._refuses(token, target, now):
                return CallFailure(CircuitOpen, FailureReason.CIRCUIT_OPEN)
            if token.circuits and not running.is_file:  # it may take too long to find out
                for circuit in token.circuits_of(target):
                    circuit.admit(call)
            token.calls.append(call)
            return call

    @contextmanager
    def waiting(self, share: str, target: str, since: float) -> Iterator[None]:
        """Count the caller within the block, who waits for a read of others since then, as another call."""
        call = Call(share, target, since, RunningCall(math.inf))
        with self._lock:
            self._tokens.setdefault(share, _Token()).calls.append(call)
        try:
            yield
        finally:
            with self._lock:
                self._remove(self._tokens[share], call, self._clock())

    def end(self, call: Call, result: Result | None) -> None:
        """Record the result of a call; None if it was not sent."""
        with self._lock:
            now = self._clock()
            token = self._tokens[call.share]
            circuits = token.circuits_of(call.target) if token.circuits else ()
            if result is None:
                for circuit in circuits:
                    circuit.abandon(call)
            elif not _is_without_answer(result, has_hung=now >= call.hangs_from):
                token.answered_at = now
                for circuit in circuits:
                    circuit.succeed()
            elif not call.is_hanging:
                self._fail(token, call, now)
            self._remove(token, call, now)

    def _refuses(self, token: _Token, target: str, now: float) -> bool:
        self._find_hanging(token, now)
        return bool(token.circuits) and any(circuit.refuses(now) for circuit in token.circuits_of(target))

    def _find_hanging(self, token: _Token, now: float) -> None:
        for call in token.calls:
            if not (call.running.may_take_long or call.is_hanging) and call.hangs_from <= now:
                call.is_hanging = True
                self._fail(token, call, call.hangs_from)

    def _fail(self, token: _Token, call: Call, at: float) -> None:
        target = token.circuits.setdefault(call.target, _Circuit(FAILURES))
        if target.fail(call, at):
            _logger.warning("Altostrat does not answer an account's calls with token %s", call.share)
        whole = token.circuits.get(_WHOLE)
        if token.hangs or (whole is not None and whole.probe is call):
            whole = whole or token.circuits.setdefault(_WHOLE, _Circuit(failures=1))
            if whole.fail(call, at):
                _logger.warning("Altostrat does not answer any calls with token %s", call.share)

    def _remove(self, token: _Token, call: Call, now: float) -> None:
        token.calls.remove(call)
        if token.circuits:
            token.circuits = {
                name: one
                for name, one in token.circuits.items()
                if not (one.is_idle if name == _WHOLE else one.is_forgotten(now))
            }
        if not token.calls and not token.circuits:
            del self._tokens[call.share]


def _is_without_answer(result: Result, *, has_hung: bool) -> bool:
    if not isinstance(result, CallFailure):
        return has_hung and result.status in _GATEWAY_ERRORS
    if result.reason is FailureReason.DEADLINE:
        # The earlier calls of the request may have left too little time.
        return has_hung
    return issubclass(result.kind, Unreachable | DeadlinePassed)
