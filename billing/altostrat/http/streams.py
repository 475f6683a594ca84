"""A response whose body is read in pieces. It has its slot, its connection and its deadline until it is closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from billing.altostrat.http import bodies
from billing.altostrat.http.call_failures import CallFailure, classify
from billing.altostrat.http.connections import Response
from billing.altostrat.http.deadlines import RunningCall


class BrokenStream(Exception):
    """The body did not arrive in full."""

    def __init__(self, failure: CallFailure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


class Stream(Iterator[bytes]):
    """The pieces of a body, decompressed. The end, an error and `close` release everything."""

    def __init__(
        self, response: Response, call: RunningCall, max_bytes: int, release: Callable[[], None]
    ) -> None:
        self.status: int = response.status
        self.headers: Mapping[str, str] = response.headers
        self._pieces = bodies.pieces(response, max_bytes)
        self._call, self._release = call, release

    def __next__(self) -> bytes:
        """Return the next piece. Raise BrokenStream."""
        failure: CallFailure | None = None
        with self._call:
            try:
                piece = next(self._pieces, None)
            except Exception as error:  # noqa: BLE001 - `classify` logs unexpected ones
                failure = classify(error, deadline_passed=self._call.seconds_left() <= 0)
        if failure is not None:
            self._call.result = failure
            self.close()
            # Raised here, so that its context does not have the request, and so the token.
            raise BrokenStream(failure)
        if piece is None:
            self.close()
            raise StopIteration
        return piece

    def close(self) -> None:
        """Release slot and connection. The connection is closed unless the body was read to its end."""
        self._release()

    def __del__(self) -> None:
        self._release()  # if the caller did not close the response
