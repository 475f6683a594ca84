"""`manage.py` commands in one process, because starting Django for each would take much of the suite's time.

Run as a module, this is that process: it reads a line of JSON for each command and writes one.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from functools import cached_property
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


class CommandLine:
    """Runs `manage.py` commands with a portal's environment, in a process that the first command starts."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)

    def run(self, *words: str, stdin: str = "") -> str:
        """Return what `manage.py WORDS` prints. Raise RuntimeError when it fails."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        print(json.dumps({"words": words, "stdin": stdin}), file=process.stdin, flush=True)
        done = json.loads(process.stdout.readline())
        if done["code"]:
            raise RuntimeError(f"{words[0]} failed: {done['stderr'][-2000:]}")
        return str(done["stdout"])

    @cached_property
    def _process(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=_ROOT,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def close(self) -> None:
        if "_process" not in vars(self):
            return
        with self._process as process:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()


def _serve() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")  # as manage.py does
    requests, answers = sys.stdin, sys.stdout
    for line in requests:
        command = json.loads(line)
        print(json.dumps(_run(command["words"], command["stdin"])), file=answers, flush=True)


def _run(words: list[str], stdin: str) -> dict[str, str | int]:
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
    return {"stdout": stdout.getvalue(), "stderr": stderr.getvalue(), "code": code}


if __name__ == "__main__":
    _serve()
