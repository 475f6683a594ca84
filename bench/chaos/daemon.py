"""A program that the experiments stop, kill, pause and start again."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

_START_SECONDS: Final = 90
_STOP_SECONDS: Final = 60


@dataclass
class Daemon:
    """A program with all its output in one file. `account` is the account to run it as, as for Popen."""

    command: Sequence[str]
    folder: Path
    log: Path
    is_ready: Callable[[], bool]
    environment: Mapping[str, str] | None = None
    account: Mapping[str, Any] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it is ready."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                list(self.command),
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                **self.account,
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self.is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.command[0]} did not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Ask it to stop, and wait until it has ended."""
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(_STOP_SECONDS)

    def close(self) -> None:
        """End it in any case."""
        if self._process is None or self._process.poll() is not None:
            return
        self.resume()
        with suppress(subprocess.TimeoutExpired):
            self.stop(signal.SIGINT if self.account else signal.SIGTERM)
        self._process.kill()
        self._process.wait()

    def pause(self) -> None:
        """Stop the execution of all its processes, so that it answers nothing and its connections stay open."""
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)

    def resume(self) -> None:
        for pid in reversed(self.processes()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def kill(self) -> None:
        """Kill all its processes at once."""
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.close()

    def processes(self) -> list[int]:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [self.pid, *map(int, children)]
