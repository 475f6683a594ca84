"""manage.py sandbox --port P: serves a small Altostrat for the demo and the tests."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.sandbox.server import SandboxServer
from billing.sandbox.state import State


class Command(BaseCommand):
    """Knows made-up tokens only: see docs/sandbox.md."""

    help = "Serves a small Altostrat with made-up data. Port 0 takes a free one."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, required=True)
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--latency-ms", type=int, default=0, help="Delays every answer by so many ms.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            address = (options["host"], options["port"])
            server = SandboxServer(address, State.from_seed(), latency_ms=options["latency_ms"])
        except OSError as error:
            raise CommandError(f"--port {options['port']}: {error.strerror}.") from None
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        self.stdout.write(f"Sandbox Altostrat on {server.url}")
        self.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass
        finally:
            server.server_close()
