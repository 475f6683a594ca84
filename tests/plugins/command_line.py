"""`manage.py` commands in one process, because starting Django for each would take much of the suite's time.

Run as a module, this is that process: it reads a line of JSON for each command and writes one.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


class CommandLine:
    """A process that runs `manage.py` commands with a portal's environment."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, *words: str, stdin: str = "") -> str:
        """Return what `manage.py WORDS` prints. Raise RuntimeError when it fails."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({"words": words, "stdin": stdin}), file=self._process.stdin, flush=True)
        done = json.loads(self._process.stdout.readline())
        if done["code"]:
            raise RuntimeError(f"{words[0]} failed: {done['stderr'][-2000:]}")
        return str(done["stdout"])


@contextmanager
def opened(environment: Mapping[str, str]) -> Iterator[CommandLine]:
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        cwd=_ROOT,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        try:
            yield CommandLine(process)
        finally:
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
