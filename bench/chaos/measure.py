"""One experiment under load, and its row of the table."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Final

from bench.chaos.experiments import Experiment
from bench.chaos.load import Load, Source, counts
from bench.chaos.topology import Topology
from tests.api.writes import trial
from tests.api.writes.trial.clients import FINAL, Said
from tests.api.writes.trial.verdict import compare

_BEFORE_SECONDS: Final = 3
_CLEAN_SECONDS: Final = 4  # without a failed request, before the load ends
_LONGEST_SECONDS: Final = 40  # of the load after the fault
_RECOVERY_SECONDS: Final = 10


@dataclass(frozen=True)
class Row:
    """One line of the table. `faults` has a sentence for each target that was missed."""

    name: str
    requests: int
    errors: int
    lost: int
    duplicated: int
    recovery: float | None = None
    has_chain: bool = True
    alerts: str = ""
    faults: list[str] = field(default_factory=list)


def measure(
    topology: Topology, experiment: Experiment, seconds: float, source: Source, alert: str = ""
) -> Row:
    """Run the experiment under load. Its row has a fault if the alert does not fire."""
    topology.sandbox.clear()
    topology.alerts.wait_until_quiet()
    started_at = time.monotonic()
    with Load(topology, source) as load:
        time.sleep(_BEFORE_SECONDS)
        ended_at = experiment.run(topology, seconds)
        _wait_until_clean(load, ended_at)
    fired = topology.alerts.fired(started_at)
    trial.settle(load.written, load.clients, topology.manage)
    counted = counts(load, ended_at)
    verdict = compare(
        replace(load.plan, writes=load.written), load.clients, topology.sandbox, topology.manage
    )
    faults = [*verdict.faults, *verdict.lost, *verdict.duplicates]
    faults += [
        f"a read got {one.status} {one.code}"
        for request in load.sent
        for one in load.clients.heard[request.number]
        if request.method == "GET" and one.said is Said.NONSENSE
    ]
    if load.is_exhausted:
        faults.append("no prepared writes were left")
    if experiment.planned and counted.errors:
        faults.append(f"{counted.errors} requests failed")
    if counted.recovery > _RECOVERY_SECONDS:
        faults.append(f"requests failed for {counted.recovery:.0f} s")
    if experiment.faults:
        faults += experiment.faults(topology)
    if topology.alerts.are_known and alert and alert not in fired:
        faults.append(f"the alert {alert} did not fire")
    chain = chain_fault(topology)
    return Row(
        experiment.name,
        counted.requests,
        counted.errors,
        counted.lost,
        len(verdict.duplicates),
        counted.recovery,
        not chain,
        " ".join(fired),
        [*faults, *chain],
    )


def faulty_writes(topology: Topology, writes: int, kills: int, seed: int, first: int) -> Row:
    """Send writes by key while Altostrat fails in every way, and kill the workers of a replica at random moments."""
    topology.sandbox.clear()
    verdict = trial.run(
        topology.portals,
        topology.key,
        topology.sandbox,
        writes,
        seed,
        kills=kills,
        first=first,
        proxy=topology.nginx,
    )
    chain = chain_fault(topology)
    return Row(
        f"{writes} writes with faults, {kills} kills",
        verdict.counts["requests with a key"],
        verdict.counts["of them without an answer"],
        len(verdict.lost),
        len(verdict.duplicates),
        has_chain=not chain,
        faults=[*verdict.duplicates, *verdict.lost, *verdict.faults, *chain],
    )


def chain_fault(topology: Topology) -> list[str]:
    """Return what `verify_audit` says if it fails."""
    try:
        topology.manage("verify_audit")
    except RuntimeError as error:
        return [str(error)]
    return []


def _wait_until_clean(load: Load, ended_at: float) -> None:
    """Wait until no new request has failed for a while."""
    while time.monotonic() < ended_at + _LONGEST_SECONDS:
        time.sleep(0.5)
        failed = [one.asked_at for one in load.first_answers() if one.said not in FINAL]
        if time.monotonic() > max([ended_at, *failed]) + _CLEAN_SECONDS:
            return
