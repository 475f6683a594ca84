"""What a worker loads: packages that few requests need would take memory in each worker."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.plugins.processes import ROOT

_SERVE = """
import io, sys
from portal.server.loading import load

application = load()
for path in ("/accounts/sign-in/", "/api/v1/workspaces"):
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "localhost",
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost",
        "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http",
    }
    statuses = []
    list(application(environ, lambda status, headers: statuses.append(status)))
    print(statuses[0].split()[0])
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""
_FOR_FEW = {"authlib", "joserfc", "markdown_it", "ua_parser", "xlsxwriter"}


@pytest.mark.sqlite_only
def test_worker_loads_packages_for_few_requests_only_for_these(static_files: None) -> None:
    served = subprocess.run(
        [sys.executable, "-c", _SERVE],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings", "DATABASE_URL": "sqlite://:memory:"},
        capture_output=True,
        text=True,
        check=True,
    )
    *statuses, loaded = served.stdout.splitlines()

    assert statuses == ["200", "401"]
    assert not _FOR_FEW & set(loaded.split()), "Import it in the function that needs it."
