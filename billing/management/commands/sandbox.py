"""manage.py sandbox --port P: serves a simulated Altostrat API for the demo and the tests."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.sandbox.server import SandboxServer
from billing.sandbox.state import State


class Command(BaseCommand):
    """A server that accepts only made-up tokens: see docs/sandbox.md."""

    help = "Serve a simulated Altostrat API with made-up data. Port 0 chooses a free port."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, required=True)
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument(
            "--latency-ms", type=int, default=0, help="delay of every response in milliseconds"
        )

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
