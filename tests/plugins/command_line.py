"""`manage.py` commands and the portal's server in processes that start quickly.

Loading modules takes most of the time of a start. So the processes are forked from one that has already loaded many.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import runpy
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import cached_property
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from tests.plugins import preloaded

_END_SECONDS: Final = 15

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(list(preloaded.MODULES))


class Command:
    """One command in its own process: `manage.py WORDS`, or other Python code."""

    def __init__(self, *words: str, environment: Mapping[str, str], code: str = "") -> None:
        self._words = words
        self._folder = tempfile.TemporaryDirectory(prefix="portal-command-")
        arguments = (words, code, dict(environment), self._folder.name)
        self.process = _processes.Process(target=_execute, args=arguments, daemon=True)
        self.process.start()

    @property
    def stdout(self) -> str:
        """Return what the command has printed so far."""
        return self._output("stdout")

    def finish(self, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Wait until the command has ended. Terminate it after the timeout, in seconds."""
        self.process.join(timeout)
        try:
            self._terminate()
            code = self.process.exitcode
            assert code is not None
            return subprocess.CompletedProcess(self._words, code, self.stdout, self._output("stderr"))
        finally:
            self._folder.cleanup()

    def stop(self) -> None:
        """Terminate the command and forget what it printed."""
        self._terminate()
        self._folder.cleanup()

    def _terminate(self) -> None:
        if self.process.is_alive():
            self.process.terminate()
            self.process.join(_END_SECONDS)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()

    def _output(self, name: str) -> str:
        path = Path(self._folder.name) / name
        return path.read_text(errors="replace") if path.exists() else ""


def _execute(words: tuple[str, ...], code: str, environment: dict[str, str], folder: str) -> None:
    _write_to(f"{folder}/stdout", 1)
    _write_to(f"{folder}/stderr", 2)
    _replace_environment(environment)
    if code:
        exec(code, {"__name__": "__main__"})
    else:
        sys.argv = ["manage.py", *words]
        runpy.run_path("manage.py", run_name="__main__")


def _write_to(path: str, *streams: int) -> None:
    """Redirect standard output (1) or errors (2) to a file."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in streams:
        os.dup2(descriptor, stream)
    os.close(descriptor)


def _replace_environment(environment: Mapping[str, str]) -> None:
    preloaded.check()
    os.environ.clear()
    os.environ.update(environment)


class Server:
    """The portal's server, or another program of bin/, with all its output in one file."""

    def __init__(self, environment: Mapping[str, str], log: Path, program: str = "bin/serve") -> None:
        # Not a daemon, because that may not have children: the workers.
        self._process = _processes.Process(target=_run_program, args=(program, dict(environment), str(log)))
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        return not self._process.is_alive()

    def close(self) -> None:
        """Terminate it. Kill it if it has not ended a few seconds later."""
        self._process.terminate()
        self._process.join(_END_SECONDS)
        if not self.has_ended:
            self._process.kill()
            self._process.join()


class Program:
    """Any program, with all its output in one file."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(list(words), env=environment, stdout=output, stderr=output)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def close(self) -> None:
        """Terminate it. Kill it if it has not ended a few seconds later."""
        self._process.terminate()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _run_program(program: str, environment: dict[str, str], log: str) -> None:
    _write_to(log, 1, 2)
    _replace_environment(environment)
    multiprocessing.set_start_method("fork", force=True)  # how bin/serve starts the workers
    # The last line is: exec PYTHON -m MODULE ARGUMENTS
    _, _, _, module, *arguments = shlex.split(Path(program).read_text().splitlines()[-1])
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__")


class CommandLine:
    """Runs `manage.py` commands with a portal's environment, all in one process that the first command starts."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)

    def run(self, *words: str, stdin: str = "") -> str:
        """Return what `manage.py WORDS` prints. Raise RuntimeError when it fails."""
        self._connection.send((words, stdin))
        code, stdout, stderr = self._connection.recv()
        if code:
            raise RuntimeError(f"{words[0]} failed: {stderr[-2000:]}")
        return str(stdout)

    @cached_property
    def _connection(self) -> Connection:
        ours, theirs = _processes.Pipe()
        with theirs:
            _processes.Process(target=_serve, args=(theirs, self._environment), daemon=True).start()
        return ours

    def close(self) -> None:
        """End the process: it does when the connection is closed."""
        if "_connection" in vars(self):
            self._connection.close()


def _serve(connection: Connection, environment: dict[str, str]) -> None:
    """Run each command that arrives, until the connection is closed."""
    # As manage.py does.
    _replace_environment({"DJANGO_SETTINGS_MODULE": "portal.settings", **environment})
    while True:
        try:
            words, stdin = connection.recv()
        except EOFError:
            return
        connection.send(_run(words, stdin))


def _run(words: tuple[str, ...], stdin: str) -> tuple[int, str, str]:
    """Run a command. Return 0 or 1, what it printed, and its errors."""
    from django.core.management import execute_from_command_line

    stdout, stderr, code = io.StringIO(), io.StringIO(), 0
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin.encode()))
    with redirect_stdout(stdout), redirect_stderr(stderr):
        try:
            execute_from_command_line(["manage.py", *words])
        except SystemExit as end:
            code = 0 if end.code in {None, 0} else 1
        except Exception as error:  # the test that sent the command reports it
            print(repr(error), file=stderr)
            code = 1
    return code, stdout.getvalue(), stderr.getvalue()
