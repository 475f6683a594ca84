"""Ten people whose requests interleave. Each answer must be about the person who asked."""

from __future__ import annotations

import json
import random
import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import requests
import urllib3

from bench.chaos.measure import Row, chain_fault
from bench.chaos.topology import Topology
from tests.plugins.command_line import CommandLine

_THREADS: Final = 20
_PATIENCE: Final = 15
_WORKSPACES: Final = (
    "ws_a1b2c3d4e5f6g7h8",
    "ws_ex6v0f7oxkpivd8q",
    "ws_z277qzqejckix84e",
    "ws_c4h7sccs2xww02wt",
    "ws_ivtfhggaz5creums",
    "ws_supportdesk0001",
    "ws_supportdesk0002",
    "ws_balticharbour001",
    "ws_kestrelcoffee001",
    "ws_oddshapes00000001",
)
_ANYBODY: Final = re.compile(r"\bws_\w+|Person Number\d")


@dataclass(frozen=True)
class Person:
    """A person at the identity provider, with a token that sees one workspace."""

    number: int
    workspace_id: str

    @property
    def sub(self) -> str:
        return f"chaos-{self.number}"

    @property
    def username(self) -> str:
        return f"person.{self.number}"

    @property
    def name(self) -> str:
        return f"Person Number{self.number}"

    @property
    def token(self) -> str:
        return f"alto_sk_sandbox_chaos{self.number}_{'0' * 40}"


PEOPLE: Final = [Person(*pair) for pair in enumerate(_WORKSPACES)]


def tokens() -> str:
    """Return SANDBOX_TOKENS with their tokens."""
    return json.dumps({person.token: [person.workspace_id] for person in PEOPLE})


def write_file(path: Path) -> None:
    """Write the file of people for the identity provider."""
    people = [
        {
            "sub": person.sub,
            "name": person.name,
            "preferred_username": person.username,
            "email": f"{person.username}@larkfield.example",
            "about": "Chaos",
            "groups": ["billing-viewers"],
        }
        for person in PEOPLE
    ]
    path.write_text(json.dumps(people))


@dataclass(frozen=True)
class _Caller:
    """A person with a session and a portal key."""

    person: Person
    cookie: str
    key: str

    def request(self, kind: int) -> tuple[str, dict[str, str], set[str]]:
        """Return a path, headers, and whom and which workspaces the answer must name."""
        workspace = self.person.workspace_id
        if kind == 0:
            return "/account/", {"Cookie": self.cookie}, {self.person.name}
        if kind == 1:
            path = f"/workspaces/{workspace}/billing-accounts/"
            return path, {"Cookie": self.cookie}, {self.person.name, workspace}
        return "/api/v1/workspaces", {"Authorization": f"Bearer {self.key}"}, {workspace}


@dataclass
class _Result:
    errors: int = 0
    fault: str = ""


def interleave(topology: Topology, count: int, chance: random.Random) -> Row:
    """Send requests of all people over the same connections, while a replica is killed."""
    callers = _sign_in(topology)
    plan = [(chance.choice(callers), chance.randrange(3)) for _ in range(count)]
    connections = urllib3.PoolManager(maxsize=_THREADS, ca_certs=topology.nginx.authority, retries=False)
    with ThreadPoolExecutor(_THREADS) as pool:
        sent = [pool.submit(_ask, connections, topology.nginx.url, *one) for one in plan]
        sent[count // 3].result()
        topology.replicas[0].kill()
        topology.replicas[0].start()
        results = [one.result() for one in sent]
    lost = [result.fault for result in results if result.fault.startswith("no answer")]
    crossed = [result.fault for result in results if result.fault and result.fault not in lost]
    chain = chain_fault(topology)
    return Row(
        f"{len(PEOPLE)} people at once: {len(crossed)} crossed",
        count,
        sum(result.errors for result in results),
        len(lost),
        0,
        has_chain=not chain,
        faults=[*lost, *crossed, *chain],
    )


def _ask(connections: urllib3.PoolManager, url: str, caller: _Caller, kind: int) -> _Result:
    path, headers, expected = caller.request(kind)
    result = _Result()
    for _ in range(_PATIENCE):
        try:
            answer = connections.request("GET", url + path, headers=headers, redirect=False, timeout=60)
        except urllib3.exceptions.HTTPError:
            result.errors += 1
            time.sleep(1)
            continue
        if answer.status == 200:
            found = set(_ANYBODY.findall(answer.data.decode()))
            if found != expected:
                result.fault = f"{path}: the answer names {sorted(found)} instead of {sorted(expected)}"
            return result
        result.errors += answer.status >= 500
        time.sleep(1)
    result.fault = f"no answer: {path}"
    return result


def _sign_in(topology: Topology) -> list[_Caller]:
    """Sign everyone in at the identity provider, and store their tokens."""
    callers = []
    with closing(CommandLine(topology.owner)) as commands:
        for person in PEOPLE:
            cookie = _session(topology, person)
            words = ("store_token", "--user", person.username, "--label", "Chaos", "--default")
            commands.run(*words, stdin=person.token)
            key = commands.run(
                "issue_key", "--user", person.username, "--name", "chaos", "--scope", "billing:read"
            )
            callers.append(_Caller(person, cookie, key.strip()))
    return callers


def _session(topology: Topology, person: Person) -> str:
    """Sign in, and return the cookie of the session."""
    with requests.Session() as browser:
        browser.verify, browser.trust_env = topology.nginx.authority, False
        page = browser.get(f"{topology.nginx.url}/accounts/sso/?next=/account/", timeout=60)
        (action,) = set(re.findall(r'action="(/sign-in/[^"]+)"', page.text))
        entered = browser.post(topology.provider.issuer + action, {"person": person.sub}, timeout=60)
        if person.name not in entered.text:
            raise RuntimeError(
                f"The sign-in of {person.username} failed: {entered.status_code} {entered.url}"
            )
        name = "__Host-sessionid"
        return f"{name}={browser.cookies[name]}"
