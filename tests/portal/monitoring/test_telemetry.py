"""Error reports and spans contain names of the code and routes, and nothing of a caller, a person or a customer."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Final

import pytest
import requests

from tests.disguises import disguises
from tests.pages.addresses import DOCUMENTED, failing
from tests.plugins.command_line import Command
from tests.plugins.processes import running_portal, running_sandbox
from tests.portal.monitoring.receiver import Receiver, running_receiver

pytestmark = [pytest.mark.sqlite_only, pytest.mark.slow]

SECONDS: Final = 60
TOKEN: Final = "alto_sk_canary_Zx81Qm47Lp20Rt96Vw35Ky58Hd19Nc73Jb64Gf02Su"
TRACE: Final = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER: Final = "00f067aa0ba902b7"
# What a caller sends: in the path, the query, the body, a header and a cookie.
SENT: Final = [
    f"{where}-canary-7Kq2Wn9Xs4Bv6Tz1" for where in ("path", "query", "body", "header", "cookie", "agent")
]
PERSON: Final = "erika.canary.7Kq2Wn9Xs4"
_FAILURES: Final = ("error500", "notjson", "missing", "unauthorized")

# In the JSON of a report.
REPORTED: Final = {
    *("event_id", "timestamp", "platform", "level", "logger", "release", "environment"),
    *("transaction", "tags", "exception"),
}
ATTRIBUTES: Final = {
    *("http.request.method", "http.route", "http.response.status_code", "url.template"),
    *("portal.task", "portal.outcome", "error.type"),
}


@pytest.fixture(scope="module")
def scene(
    tmp_path_factory: pytest.TempPathFactory, static_files: None
) -> Iterator[tuple[Receiver, list[str]]]:
    """Yield what a portal has sent after requests, calls and failures, and the secrets that it met."""
    folder = tmp_path_factory.mktemp("telemetry")
    with running_receiver() as receiver, running_sandbox(json.dumps({TOKEN: ["*"]})) as sandbox:
        settings = {
            **receiver.settings,
            "DJANGO_SETTINGS_MODULE": "tests.portal.monitoring.failing_settings",
        }
        with running_portal(folder, sandbox.url, **settings) as portal:
            portal.staff(PERSON, "editor", token=TOKEN)
            key = portal.key(PERSON, "billing:read")
            path, query, body, header, cookie, agent = SENT
            session = requests.Session()
            session.trust_env = False
            session.cookies["canary"] = cookie
            session.headers.update({"X-Canary": header, "User-Agent": agent})
            session.get(f"{portal.url}/accounts/sign-in/", timeout=SECONDS)
            fields = {"username": PERSON, "password": portal.passwords[PERSON]}
            fields["csrfmiddlewaretoken"] = session.cookies["csrftoken"]
            session.post(f"{portal.url}/accounts/sign-in/", fields, timeout=SECONDS)
            home = session.get(f"{portal.url}/", timeout=SECONDS)
            assert PERSON in home.text
            failed = session.post(f"{portal.url}/fail/{path}/?q={query}", {"q": body}, timeout=SECONDS)
            of_api = session.get(f"{portal.url}/api/v1/fail/{path}?q={query}", timeout=SECONDS)
            assert (failed.status_code, of_api.status_code) == (500, 500)
            headers = {"Authorization": f"Bearer {key}", "traceparent": f"00-{TRACE}-{CALLER}-01"}
            for address in (DOCUMENTED, *map(failing, _FAILURES)):
                session.get(f"{portal.url}/api/v1{address.rstrip('/')}", headers=headers, timeout=SECONDS)
                session.get(f"{portal.url}{address}?q={query}", timeout=SECONDS)
            session.get(f"{portal.url}/", headers={"Host": f"{path.lower()}.example"}, timeout=SECONDS)
            session.get(f"{portal.url}/no/such/{path}", timeout=SECONDS)
            cookies = [value for value in session.cookies.values() if value]
            passwords = [portal.passwords[PERSON]]
            receiver.wait_until(lambda: len(receiver.reports) >= 2 and _has_last(receiver))
        yield receiver, [*SENT, PERSON, TOKEN[15:], key, *cookies, *passwords]


def _has_last(receiver: Receiver) -> bool:
    return any(span.name == "GET -" for span in receiver.spans)


def test_nothing_that_was_sent_contains_a_secret(scene: tuple[Receiver, list[str]]) -> None:
    receiver, secrets = scene
    everything = receiver.everything

    assert [one for one in secrets if any(disguise in everything for disguise in disguises(one))] == []
    workspace, account = DOCUMENTED.strip("/").split("/")[1::2]
    assert [
        one for one in (workspace, account, "127.0.0.1:0", "no_such_table") if one.encode() in everything
    ] == []


def test_reports_have_no_other_fields(scene: tuple[Receiver, list[str]]) -> None:
    reports = scene[0].reports

    assert {field for report in reports for field in report} == REPORTED
    errors = [error for report in reports for error in report["exception"]["values"]]
    assert {field for error in errors for field in error} == {"type", "module", "stacktrace"}
    frames = [frame for error in errors for frame in error["stacktrace"]["frames"]]
    assert {field for frame in frames for field in frame} == {"module", "function", "lineno", "in_app"}
    assert {tag for report in reports for tag in report["tags"]} <= {"method", "route", "status"}


def test_reports_name_errors_and_their_causes(scene: tuple[Receiver, list[str]]) -> None:
    reports = {report["transaction"]: report for report in scene[0].reports}

    page = reports["/fail/<str:secret>/"]
    assert page["tags"] == {"method": "POST", "route": "/fail/<str:secret>/", "status": "500"}
    types = [error["type"] for error in page["exception"]["values"]]
    assert types == ["OperationalError", "OperationalError", "QuotingError"]
    last = page["exception"]["values"][-1]["stacktrace"]["frames"][-1]
    assert (last["module"], last["function"]) == ("tests.portal.monitoring.failing_urls", "page")
    api = reports["/api/v1/fail/<str:secret>"]
    assert [error["type"] for error in api["exception"]["values"]] == ["QuotingError"]
    assert len(reports) == len(scene[0].reports) == 2, "Refusals are not reported."


def test_spans_have_no_other_attributes(scene: tuple[Receiver, list[str]]) -> None:
    receiver = scene[0]

    assert {one.key for span in receiver.spans for one in span.attributes} <= ATTRIBUTES
    assert len(receiver.spans) > 20
    assert not [span for span in receiver.spans if span.events or span.links or span.status.message]
    resources = {
        attribute.key: attribute.value.string_value
        for export in receiver.exports
        for resource in export.resource_spans
        for attribute in resource.resource.attributes
    }
    assert resources.keys() == {"service.name", "service.version"}


def test_calls_belong_to_the_request_and_to_the_trace_of_the_caller(
    scene: tuple[Receiver, list[str]],
) -> None:
    spans = [span for span in scene[0].spans if span.trace_id.hex() == TRACE]
    served = [span for span in spans if span.kind == span.SPAN_KIND_SERVER]
    calls = [span for span in spans if span.kind == span.SPAN_KIND_CLIENT]

    assert len(served) == 1 + len(_FAILURES)
    assert {span.parent_span_id.hex() for span in served} == {CALLER}
    assert {span.name for span in calls} == {
        "GET /workspaces/{workspaceId}/billing-accounts/{billingAccountId}"
    }
    assert {span.parent_span_id for span in calls} <= {span.span_id for span in served}
    errors = {one.value.string_value for span in calls for one in span.attributes if one.key == "error.type"}
    assert errors == {"Broken", "NotFound", "TokenRejected", "UnexpectedAnswer"}


def test_a_request_without_a_trace_has_its_request_id_as_trace(scene: tuple[Receiver, list[str]]) -> None:
    roots = [span for span in scene[0].spans if span.trace_id.hex() != TRACE]

    assert roots
    assert all(
        span.trace_id.hex().startswith(span.span_id.hex()) for span in roots if not span.parent_span_id
    )


@pytest.mark.parametrize(
    ("name", "value", "package"),
    [
        ("SENTRY_DSN", "https://key@sentry.example/1", "sentry_sdk"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example", "opentelemetry"),
    ],
)
def test_a_portal_without_the_packages_does_not_start(name: str, value: str, package: str) -> None:
    code = f"import sys; sys.modules['{package}'] = None; from portal.server.loading import load; load()"

    ended = Command(environment={**os.environ, name: value}, code=code).finish()

    assert ended.returncode == os.EX_CONFIG
    assert ended.stderr.endswith(
        f"The portal does not start. {name} needs the packages of requirements-extras.txt.\n"
    )
