"""An Altostrat that always gives the same answer, immediately. Prints its URL."""

from __future__ import annotations

import asyncio
import json

ACCOUNT = {
    "id": "cus_a1b2c3d4e5f6g7h8",
    "workspace_id": "ws_a1b2c3d4e5f6g7h8",
    "name": "ACME Corp Billing",
    "email": "billing@acme.com",
    "phone": "+15551234567",
    "description": "For US-based operations",
    "currency": "usd",
    "address": {
        "country": "US",
        "line1": "123 Main Street",
        "line2": "Suite 456",
        "city": "San Francisco",
        "state": "CA",
        "postal_code": "94105",
    },
    "created_at": "2025-10-29T00:40:06.000000Z",
    "updated_at": "2025-10-29T00:40:06.000000Z",
}


def _answer(document: object) -> bytes:
    body = json.dumps(document).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


_ONE, _LIST = _answer(ACCOUNT), _answer({"data": [], "has_more": False})


class Upstream(asyncio.Protocol):
    """Treat each block of bytes that ends a head as one request; the clients send no bodies."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._received.endswith(b"\r\n\r\n"):
            self._transport.write(_ONE if b"billing-accounts/" in self._received else _LIST)
            self._received = b""


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
