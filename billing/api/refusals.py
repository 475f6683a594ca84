"""What the API refuses by itself, before Altostrat is asked."""

from __future__ import annotations

from rest_framework.exceptions import APIException


class UnknownRoute(APIException):
    """No such path below /api/v1."""

    status_code = 404
    default_code = "unknown_route"
    default_detail = "There is no such path here. The documentation lists those that exist."


class InvalidParameter(APIException):
    """A query key that the operation does not have, or that is there twice."""

    status_code = 400
    default_code = "invalid_parameter"

    def __init__(self, name: str) -> None:
        super().__init__(f"The query key {name[:60]!r} is not one of this operation's. Leave it out.")


class LengthRequired(APIException):
    """A chunked body: WSGI would read it as empty, silently."""

    status_code = 411
    default_code = "length_required"
    default_detail = "Send the body with a Content-Length; chunked bodies are not read here."


class BodyTooLarge(APIException):
    """More than anybody needs to send."""

    status_code = 413
    default_code = "body_too_large"
    default_detail = "The body is larger than 1 MiB."
