"""The Helm chart: what it renders, beyond the schemas that `make check` validates it against."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from django.core.management import get_commands

from bin.chart import CHART, problems
from portal.health import HealthMiddleware
from tests.deploy.test_files import copied
from tests.plugins.processes import ROOT

pytestmark = [
    pytest.mark.sqlite_only,
    pytest.mark.skipif(
        find_spec("helm_python") is None, reason="helm-python-sdk has no wheel for this machine"
    ),
]

NAMES: Final = ("plain-values.yaml", "worker-values.yaml")
# The server finishes requests for the deadline and ten seconds after it has drained (README.md).
AFTER_DEADLINE: Final = 10


def run(values: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bin.chart", "--values", str(values)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@cache
def rendered(name: str) -> dict[tuple[str, str], dict[str, Any]]:
    finished = run(CHART / "ci" / name)
    assert finished.returncode == 0, finished.stderr
    return {(one["kind"], one["metadata"]["name"]): one for one in json.loads(finished.stdout)}


def pods(name: str) -> dict[str, dict[str, Any]]:
    """Return the pod specification of each workload."""
    found = {}
    for (kind, workload), one in rendered(name).items():
        if kind == "CronJob":
            found[workload] = one["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        elif kind in {"Deployment", "Job"}:
            found[workload] = one["spec"]["template"]["spec"]
    return found


EVERY_POD: Final = [pytest.param(name, id=name.split("-")[0]) for name in NAMES]


@pytest.mark.parametrize("name", EVERY_POD)
def test_each_pod_runs_without_privileges(name: str) -> None:
    for pod in pods(name).values():
        container = pod["containers"][0]["securityContext"]

        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["readOnlyRootFilesystem"] is True
        assert container["allowPrivilegeEscalation"] is False
        assert container["capabilities"] == {"drop": ["ALL"]}
        assert pod["containers"][0]["resources"].keys() == {"requests", "limits"}


@pytest.mark.parametrize("name", EVERY_POD)
def test_secrets_are_files_of_existing_secrets(name: str) -> None:
    assert not [kind for kind, _ in rendered(name) if kind == "Secret"]
    for workload, pod in pods(name).items():
        variables = {one["name"]: one["value"] for one in pod["containers"][0]["env"]}
        mounted = {volume["name"]: volume["secret"] for volume in pod["volumes"] if "secret" in volume}
        files = {
            f"/run/secrets/{'portal' if volume == 'secrets' else volume}/{item['path']}"
            for volume, secret in mounted.items()
            for item in secret["items"]
        }

        assert {value for key, value in variables.items() if key.endswith("_FILE")} == files
        assert ("owner" in mounted) == (workload == "portal-migrate")


def test_every_variable_is_a_setting() -> None:
    known = (ROOT / ".env.example").read_text()
    for pod in chain.from_iterable(pods(name).values() for name in NAMES):
        for one in pod["containers"][0]["env"]:
            assert f"{one['name'].removesuffix('_FILE')}=" in known, one["name"]


def test_every_command_exists() -> None:
    for pod in chain.from_iterable(pods(name).values() for name in NAMES):
        match pod["containers"][0]["command"]:
            case [".venv/bin/python", "manage.py", command, *_]:
                assert command in get_commands()
            case [program]:
                assert (ROOT / program).is_file()
                assert program in copied()
            case other:
                pytest.fail(str(other))


@pytest.mark.parametrize("name", EVERY_POD)
def test_maintenance_stops_all_but_a_pod_for_commands(name: str, tmp_path: Path) -> None:
    values = tmp_path / "values.yaml"
    values.write_text((CHART / "ci" / name).read_text() + "\nmaintenance: true\n")
    assert problems(yaml.safe_load(values.read_text())) == []
    objects = json.loads(run(values).stdout)
    kinds = {one["kind"] for one in objects}
    replicas = {
        one["metadata"]["name"]: one["spec"].get("replicas") for one in objects if one["kind"] == "Deployment"
    }
    maintenance = next(one for one in objects if one["metadata"]["name"] == "portal-maintenance")
    settings = pods(name)["portal-web"]["containers"][0]["env"]

    assert replicas.pop("portal-maintenance") == 1
    assert set(replicas.values()) == {0}
    assert not kinds & {"HorizontalPodAutoscaler", "Job"}
    assert all(one["spec"]["suspend"] for one in objects if one["kind"] == "CronJob")
    assert maintenance["spec"]["template"]["spec"]["containers"][0]["env"] == settings


@pytest.mark.parametrize("name", EVERY_POD)
def test_a_replica_has_time_to_drain_and_to_finish_its_requests(name: str) -> None:
    pod = pods(name)["portal-web"]
    settings = {one["name"]: one["value"] for one in pod["containers"][0]["env"]}
    needed = int(settings["DRAIN_SECONDS"]) + int(settings["ALTOSTRAT_DEADLINE"]) + AFTER_DEADLINE

    assert pod["terminationGracePeriodSeconds"] > needed


def test_the_probes_ask_the_health_checks(rf: Any) -> None:
    container = pods("plain-values.yaml")["portal-web"]["containers"][0]
    paths = {kind: container[kind]["httpGet"]["path"] for kind in ("livenessProbe", "readinessProbe")}
    probe = HealthMiddleware(lambda request: pytest.fail(f"{request.path} is no health check"))

    assert paths == {"livenessProbe": "/healthz", "readinessProbe": "/readyz"}
    # The kubelet asks with the address of the pod as the host.
    assert probe(rf.get("/healthz", headers={"host": "10.42.0.7:8000"})).status_code == 200


def test_the_network_policy_covers_every_pod() -> None:
    for name in NAMES:
        found = rendered(name)
        everywhere = found["NetworkPolicy", "portal"]["spec"]
        chosen = everywhere["podSelector"]["matchLabels"].items()

        assert (everywhere["policyTypes"], everywhere["ingress"]) == (["Ingress", "Egress"], [])
        for (kind, _), one in found.items():
            if kind == "Deployment":
                assert chosen <= one["spec"]["template"]["metadata"]["labels"].items()


def test_one_replica_at_a_time_is_disrupted() -> None:
    found = rendered("plain-values.yaml")
    web, limits = (
        found["Deployment", "portal-web"]["spec"],
        found["PodDisruptionBudget", "portal-web"]["spec"],
    )

    assert web["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert limits["maxUnavailable"] == 1
    assert limits["selector"] == web["selector"]
    assert "replicas" not in web  # the autoscaler's
    assert found["HorizontalPodAutoscaler", "portal-web"]["spec"]["minReplicas"] >= 2


def test_the_migration_runs_before_the_new_version() -> None:
    job = rendered("plain-values.yaml")["Job", "portal-migrate"]

    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"


def test_periodic_tasks_run_with_and_without_a_worker() -> None:
    with_worker, without = pods("worker-values.yaml"), pods("plain-values.yaml")

    assert {"portal-worker", "portal-beat"} <= with_worker.keys()
    assert {"portal-clear-sessions", "portal-verify-audit"} <= without.keys()
    assert not with_worker.keys() & {"portal-clear-sessions", "portal-verify-audit", "portal-send-digests"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": ""},
        {"image": {"repository": "registry.example/portal", "tag": "latest"}},
        {"settings": {"SECRET_KEY": "in the values of the release"}},
        {"secrets": {"portal": {"keys": ["SECRET_KEY", "VAULT_KEYS", "DATABASE_URL"]}}},
        {"ingress": {"tlsSecretName": ""}},
        {"worker": {"enabled": True}},
        {"replicsa": 3},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_wrong_values_are_refused(wrong: dict[str, Any], tmp_path: Path) -> None:
    values = yaml.safe_load((CHART / "ci" / "plain-values.yaml").read_text()) | wrong
    path = tmp_path / "values.yaml"
    path.write_text(yaml.safe_dump(values))

    assert run(path).returncode != 0
