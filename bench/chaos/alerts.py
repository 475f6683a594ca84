"""Prometheus with the alerts of deploy/, in seconds instead of minutes."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import requests

from bench.chaos.daemon import Daemon
from tests.plugins.processes import ROOT
from tests.plugins.services import MissingProgram, free_port, program

_INTERVAL_SECONDS: Final = 2
_WINDOW_SECONDS: Final = 10  # instead of minutes; an alert ends this long after its reason
_RULES: Final = ROOT / "deploy" / "prometheus" / "alerts.yaml"


class Alerts:
    """A running Prometheus, or none."""

    def __init__(self, url: str = "") -> None:
        self._url = url

    @property
    def are_known(self) -> bool:
        return bool(self._url)

    def fired(self, since: float) -> list[str]:
        """Return the names of the alerts that fired since this time, by the monotonic clock."""
        if not self._url:
            return []
        seconds = int(time.monotonic() - since) + 1
        query = f'count by (alertname) (max_over_time(ALERTS{{alertstate="firing"}}[{seconds}s]))'
        answer = requests.get(f"{self._url}/api/v1/query", {"query": query}, timeout=10).json()
        return sorted(row["metric"]["alertname"] for row in answer["data"]["result"])

    def wait_until_quiet(self) -> None:
        """Wait until the alerts of the last experiment have ended."""
        end = time.monotonic() + 2 * _WINDOW_SECONDS
        while self.fired(time.monotonic() - _INTERVAL_SECONDS) and time.monotonic() < end:
            time.sleep(_INTERVAL_SECONDS / 2)


@contextmanager
def running_prometheus(folder: Path, replicas: Sequence[str]) -> Iterator[Alerts]:
    """Run Prometheus for replicas at these addresses. Without the program, no alerts are known."""
    try:
        command = program("prometheus", ())
    except MissingProgram:
        print("==> Prometheus is not installed, so no alerts are shown")
        yield Alerts()
        return
    interval, port = f"{_INTERVAL_SECONDS}s", free_port()
    rules = re.sub(r"for: \d+[mh]", f"for: {interval}", _RULES.read_text())
    (folder / "rules.yaml").write_text(re.sub(r"\[\d+m\]", f"[{_WINDOW_SECONDS}s]", rules))
    configuration = {
        "global": {"scrape_interval": interval, "evaluation_interval": interval},
        "rule_files": ["rules.yaml"],
        "scrape_configs": [{"job_name": "billing-portal", "static_configs": [{"targets": list(replicas)}]}],
    }
    (folder / "prometheus.yaml").write_text(json.dumps(configuration))
    url = f"http://127.0.0.1:{port}"
    words = [command, f"--config.file={folder / 'prometheus.yaml'}", f"--web.listen-address=127.0.0.1:{port}"]
    words.append(f"--storage.tsdb.path={folder / 'prometheus'}")
    daemon = Daemon(words, folder, folder / "prometheus.log", lambda: _is_ready(url))
    with closing(daemon):
        daemon.start()
        yield Alerts(url)


def _is_ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/-/ready", timeout=5).status_code == 200
    except requests.RequestException:
        return False
