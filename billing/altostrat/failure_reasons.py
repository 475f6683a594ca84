"""The reasons of failed calls: a closed set, so that no text from upstream can enter an error message."""

from __future__ import annotations

from enum import StrEnum


class FailureReason(StrEnum):
    """The end of a sentence such as "GET /workspaces: the connection failed"."""

    CONNECTION_FAILED = "the connection failed"
    CONNECTION_LOST = "the connection was lost before the response was complete"
    NAME_NOT_RESOLVED = "the host name could not be resolved"
    NOT_CONNECTED_IN_TIME = "connecting took too long"
    NOT_TRUSTED = "the server's certificate is not trusted"
    TLS_FAILED = "the TLS connection failed"
    INTERNAL = "the call failed unexpectedly"

    DEADLINE = "the deadline of the call has passed"
    NO_TIME_LEFT = "the earlier calls of the request took too long"
    READ_TIMEOUT = "no data arrived before the read timeout"

    BUSY = "too many calls are in flight"
    SHARE_TAKEN = "too many calls with this token are in flight"
    CIRCUIT_OPEN = "Altostrat did not answer the last calls"
    BUDGET_SPENT = "the token's request budget is used up"

    HEAD_CUT = "the connection closed within the response headers"
    HEAD_MALFORMED = "the response headers are not valid HTTP"
    STATUS_UNKNOWN = "the status code is not a final one"
    LENGTH_MALFORMED = "the Content-Length is not a single number"
    ENCODING_UNKNOWN = "the Transfer-Encoding is not supported"
    TWO_FRAMINGS = "the response has both a Content-Length and a Transfer-Encoding"
    NO_FRAMING = "the response does not say where its body ends"
    BODY_CUT = "the body ended early"
    BODY_MALFORMED = "the body's chunks or compression are malformed"
    BODY_TOO_LARGE = "the body exceeds the size limit"
    COMPRESSION_UNKNOWN = "the body has a Content-Encoding that was not requested"

    REDIRECT = "the response is a redirect"
    NOT_JSON = "the body is not declared as JSON in UTF-8"
    NOT_THE_FILE = "the body is not the requested type of file"
    JSON_MALFORMED = "the body is not strict JSON"
    NO_BODY = "the body is missing"
    WRONG_SHAPE = "the JSON is not the documented object"
    ECHO = "the response repeats the token"
    ENDLESS = "the list does not end"
    ANOTHER_OBJECT = "the response is about a different object"
