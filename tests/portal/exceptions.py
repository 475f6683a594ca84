"""All exceptions of Django and of the REST framework, with the status that each gets from the API and as a page."""

from __future__ import annotations

import inspect
from typing import Final

from django.core import exceptions as core
from django.core import signing
from django.core.files import uploadhandler
from django.db import transaction, utils
from django.http import multipartparser, request, response
from django.template import exceptions as template
from django.urls import exceptions as urls
from rest_framework import exceptions as rest

_MODULES: Final = (
    core,
    signing,
    uploadhandler,
    utils,
    transaction,
    multipartparser,
    request,
    response,
    template,
    urls,
    rest,
)

# By class: the status of the API, and of a page. The API answers 401 to unknown callers.
EXPECTED: Final[dict[type[Exception], tuple[int, int]]] = {
    core.PermissionDenied: (403, 403),
    core.BadRequest: (400, 400),
    core.RequestAborted: (400, 400),
    core.SuspiciousOperation: (400, 400),
    core.SuspiciousMultipartForm: (400, 400),
    core.SuspiciousFileOperation: (400, 400),
    core.DisallowedHost: (400, 400),
    core.DisallowedRedirect: (400, 400),
    core.TooManyFieldsSent: (400, 400),
    core.TooManyFilesSent: (400, 400),
    core.RequestDataTooBig: (413, 413),
    multipartparser.MultiPartParserError: (400, 400),
    request.UnreadablePostError: (400, 400),
    request.RawPostDataException: (400, 400),
    response.Http404: (404, 404),
    urls.Resolver404: (404, 404),
    rest.ParseError: (400, 400),
    rest.ValidationError: (400, 400),
    rest.AuthenticationFailed: (401, 401),
    rest.NotAuthenticated: (401, 401),
    rest.PermissionDenied: (403, 403),
    rest.NotFound: (404, 404),
    rest.MethodNotAllowed: (405, 405),
    rest.NotAcceptable: (406, 406),
    rest.UnsupportedMediaType: (415, 415),
    rest.Throttled: (429, 429),
}

# Code that raises one of these has a fault. Whether a database error is an
# outage depends on the driver's error, which these have not: see test_outages.py.
FAULTS: Final[tuple[type[Exception], ...]] = (
    *(core.FieldDoesNotExist, core.AppRegistryNotReady, core.ObjectDoesNotExist),
    *(core.MultipleObjectsReturned, core.ViewDoesNotExist, core.MiddlewareNotUsed, core.ImproperlyConfigured),
    *(core.FieldError, core.ValidationError, core.EmptyResultSet, core.FullResultSet),
    *(core.SynchronousOnlyOperation, signing.BadSignature, signing.SignatureExpired),
    *(uploadhandler.UploadFileException, uploadhandler.StopUpload, uploadhandler.SkipFile),
    uploadhandler.StopFutureHandlers,
    *(utils.Error, utils.InterfaceError, utils.DatabaseError, utils.DataError, utils.OperationalError),
    *(utils.IntegrityError, utils.InternalError, utils.ProgrammingError, utils.NotSupportedError),
    transaction.TransactionManagementError,
    *(multipartparser.InputStreamExhausted, response.BadHeaderError),
    # New in Django 6.0 and 6.1.
    *(getattr(core, name) for name in ("ObjectNotUpdated", "FieldFetchBlocked") if hasattr(core, name)),
    *(template.TemplateDoesNotExist, template.TemplateSyntaxError, urls.NoReverseMatch, rest.APIException),
)


def found() -> set[type[Exception]]:
    """Return the exceptions that the modules define."""
    return {
        kind
        for module in _MODULES
        for kind in vars(module).values()
        if inspect.isclass(kind) and issubclass(kind, Exception) and kind.__module__ == module.__name__
    }


def name_of(kind: type[Exception]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def raised(name: str) -> Exception:
    """Return an exception of that name, with the arguments that its class requires."""
    kind = next(kind for kind in (*EXPECTED, *FAULTS) if name_of(kind) == name)
    more = {
        rest.MethodNotAllowed: ("PUT",),
        rest.UnsupportedMediaType: ("text/x",),
        urls.Resolver404: ({},),
        rest.Throttled: (3,),
    }
    return kind(*more.get(kind, ("private text",)))
