"""/metrics on the running server, and the alerts and the dashboard that use it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import requests
import yaml
from prometheus_client.parser import text_string_to_metric_families

from billing.metrics import REGISTRY
from tests.plugins.processes import ROOT, Portal, Sandbox, running_portal
from tests.tokens import FINANCE

pytestmark = [pytest.mark.sqlite_only, pytest.mark.slow]

SECONDS: Final = 60
KEY: Final = "metrics-key-" + "k" * 32
ACCOUNT: Final = "/api/v1/workspaces/ws_a1b2c3d4e5f6g7h8/billing-accounts/cus_a1b2c3d4e5f6g7h8"
DEPLOY: Final = ROOT / "deploy"


@pytest.fixture(scope="module")
def portal(
    sandbox: Sandbox, static_files: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    """Yield a portal of two workers that has answered a program's reads and other requests."""
    folder = tmp_path_factory.mktemp("metrics")
    with running_portal(folder, sandbox.url, WEB_CONCURRENCY="2", METRICS_KEY=KEY) as portal:
        portal.staff("alice", "editor", token=FINANCE)
        key = portal.manage(
            "issue_key", "--user", "alice", "--name", "test", "--scope", "billing:read"
        ).strip()
        for _ in range(20):  # on new connections, so that both workers answer some
            answer = requests.get(
                portal.url + ACCOUNT, headers={"Authorization": f"Bearer {key}"}, timeout=SECONDS
            )
            assert answer.status_code == 200, answer.text
        requests.get(f"{portal.url}/no/such/page/cus_a1b2c3d4e5f6g7h8", timeout=SECONDS)
        yield portal


def samples(portal: Portal) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = requests.get(
        f"{portal.url}/metrics", headers={"Authorization": f"Bearer {KEY}"}, timeout=SECONDS
    )
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def total(portal: Portal, name: str, **labels: str) -> float:
    return sum(
        value
        for (one, found), value in samples(portal).items()
        if one == name and labels.items() <= set(found)
    )


def test_requests_and_calls_of_all_workers_are_counted(portal: Portal) -> None:
    (route,) = {line["route"] for line in portal.log_lines if line.get("route", "").startswith("/api/v1/")}
    assert "<" in route
    assert total(portal, "portal_request_duration_seconds_count", route=route, status="200") == 20
    calls = total(
        portal, "portal_altostrat_call_duration_seconds_count", operation="retrieve_billing_account"
    )
    assert 1 <= calls <= 20  # equal reads share a call
    assert total(portal, "portal_workers") == 2


def test_rows_are_counted_by_state(portal: Portal) -> None:
    assert total(portal, "portal_keys", state="active") == 1
    assert total(portal, "portal_tokens") == 1
    assert total(portal, "portal_changes", state="unknown") == 0
    assert total(portal, "portal_database_up") == 1


def test_labels_contain_no_ids(portal: Portal) -> None:
    values = {value for _, labels in samples(portal) for _, value in labels}

    assert not [value for value in values if re.search(r"(ws|cus|sub|in|pm)_[a-z0-9]{6}|alice|@", value)]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}])
def test_without_the_key_there_is_no_such_page(portal: Portal, headers: dict[str, str]) -> None:
    answer = requests.get(f"{portal.url}/metrics", headers=headers, timeout=SECONDS)

    assert answer.status_code == 404
    assert "portal_request" not in answer.text


def names_in(expression: str) -> set[str]:
    return set(re.findall(r"\bportal_[a-z_]+", expression))


def expressions() -> Iterator[str]:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())
    yield from (rule["expr"] for group in rules["groups"] for rule in group["rules"])
    dashboard = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())
    yield from (target["expr"] for panel in dashboard["panels"] for target in panel["targets"])


def test_alerts_and_dashboard_use_exactly_the_metrics(portal: Portal) -> None:
    used = {name for expression in expressions() for name in names_in(expression)}
    answer = requests.get(
        f"{portal.url}/metrics", headers={"Authorization": f"Bearer {KEY}"}, timeout=SECONDS
    )
    # The server shows a metric only once it has counted something.
    families: dict[str, Any] = {one.name: one for one in REGISTRY.collect()}
    families |= {one.name: one for one in text_string_to_metric_families(answer.text)}
    suffixes = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("_total",), "gauge": ("",)}
    exported = {
        name: {name + suffix for suffix in suffixes[family.type]} for name, family in families.items()
    }

    assert used <= set().union(*exported.values())
    assert not [name for name, forms in exported.items() if not forms & used], "not shown anywhere"


def test_every_alert_is_explained() -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())
    guide = Path(ROOT, "docs", "operations.md").read_text()

    for group in rules["groups"]:
        for rule in group["rules"]:
            assert f"| `{rule['alert']}` |" in guide, f"docs/operations.md does not explain {rule['alert']}"
