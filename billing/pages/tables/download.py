"""A file of Altostrat as a download."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from billing.altostrat.files import FileAnswer


class Download(Iterator[bytes]):
    """The pieces of a download, made from those of a file, which is closed with the response."""

    def __init__(self, file: FileAnswer, pieces: Iterator[bytes]) -> None:
        self._file, self._pieces = file, pieces

    def __next__(self) -> bytes:
        return next(self._pieces)

    def close(self) -> None:
        self._file.close()

    def response(self, content_type: str, request: HttpRequest) -> HttpResponseBase:
        """Return the response: a short file as a whole, and so after all checks, a long one in pieces."""
        if self._file.is_short():
            return HttpResponse(b"".join(self), content_type=content_type)
        if request.method == "HEAD":
            self.close()
            return StreamingHttpResponse((), content_type=content_type)
        return StreamingHttpResponse(self, content_type=content_type)
