"""Why a call failed, in words of ours: a closed set, so that no upstream text can slip into an error."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """A sentence's end, as in "GET /workspaces: the connection failed"."""

    CONNECTION_FAILED = "the connection failed"
    CONNECTION_LOST = "the connection was lost before a whole answer had arrived"
    NAME_NOT_RESOLVED = "the host name could not be resolved"
    NOT_CONNECTED_IN_TIME = "no connection was made in time"
    NOT_TRUSTED = "the host's certificate is not trusted"
    TLS_FAILED = "the TLS connection failed"
    INTERNAL = "the call failed in a way that was not foreseen"

    DEADLINE = "the time for the whole call is over"
    READ_TIMEOUT = "no byte arrived for too long"

    BUSY = "too many calls are under way already"
    SHARE_TAKEN = "too many calls with this token are under way already"
    BUDGET_SPENT = "the token's request budget is spent"

    HEAD_CUT = "the connection was closed inside the head"
    HEAD_MALFORMED = "the head is not HTTP"
    STATUS_UNKNOWN = "the status is none that ends an answer"
    LENGTH_MALFORMED = "the Content-Length is not one number"
    ENCODING_UNKNOWN = "the Transfer-Encoding is not one that fits"
    TWO_FRAMINGS = "the answer carries a length and is chunked"
    NO_FRAMING = "nothing says where the body ends"
    BODY_CUT = "the body ended early"
    BODY_MALFORMED = "the body's framing or compression is broken"
    BODY_TOO_LARGE = "the body is larger than the limit"
    COMPRESSION_UNKNOWN = "the body is compressed in a way that was not asked for"

    REDIRECT = "the answer is a redirect"
    NOT_JSON = "the body is not declared as JSON in UTF-8"
    NOT_THE_FILE = "the body is not the kind of file that was asked for"
    JSON_MALFORMED = "the body is not the strict JSON we accept"
    NO_BODY = "the body is missing"
    WRONG_SHAPE = "the JSON is not the documented object"
    ECHO = "the answer repeats the token"
    ENDLESS = "the list does not come to an end"
    ANOTHER_OBJECT = "the answer is about another object than the one asked for"
