"""What the demo starts and stops: processes, and the ports they listen on."""

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
    """Whether nobody listens there on loopback."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Children:
    """Processes by name. They end together: when one stops by itself, so does the program."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Its output goes to the log. In a session of its own, so that Ctrl-C reaches it through us, once, in order."""
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
        """Until that address answers well."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            self._complain_about_the_dead()
            try:
                with urllib.request.urlopen(url, timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        sys.exit(f"{url} did not answer within a minute. See {self._log}.")

    def wait_for_the_first_to_end(self) -> None:
        """Until one stops by itself, or Ctrl-C."""
        while True:
            self._complain_about_the_dead()
            time.sleep(0.5)

    def stop(self) -> None:
        """Stops all, the last started first."""
        for child in reversed(self._running.values()):
            child.terminate()
        for child in self._running.values():
            try:
                child.wait(timeout=_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()

    def _complain_about_the_dead(self) -> None:
        for name, child in self._running.items():
            if child.poll() is not None:
                sys.exit(f"The {name} has stopped by itself. See the end of {self._log}.")
