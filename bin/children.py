"""The demo's processes and ports."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

_START_SECONDS = 60
_STOP_SECONDS = 30


def is_free(port: int) -> bool:
    """Return True if no program uses this loopback port."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Children:
    """Processes by name. If one of them stops, all are stopped."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start a process that writes to the log, in a new session so that Ctrl-C does not reach it directly."""
        with self._log.open("ab") as log:
            self._running[name] = subprocess.Popen(
                command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for(self, url: str) -> None:
        """Wait until the URL answers successfully."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            self._exit_if_one_stopped()
            try:
                with urllib.request.urlopen(url, timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        sys.exit(f"{url} did not respond within a minute. See {self._log}.")

    def wait_until_one_stops(self) -> None:
        """Wait until a process stops, or until Ctrl-C."""
        while True:
            self._exit_if_one_stopped()
            time.sleep(0.5)

    def stop(self) -> None:
        """Stop all processes, the last started first."""
        for child in reversed(self._running.values()):
            child.terminate()
        for child in self._running.values():
            try:
                child.wait(timeout=_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()

    def _exit_if_one_stopped(self) -> None:
        for name, child in self._running.items():
            if child.poll() is not None:
                sys.exit(f"The {name} stopped unexpectedly. See the end of {self._log}.")
