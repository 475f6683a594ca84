"""An asynchronous passthrough: FastAPI with one httpx client. `python -m bench.peers.fastapi_httpx PORT UPSTREAM`."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import uvicorn
from fastapi import FastAPI, Request, Response


def application(upstream: str) -> FastAPI:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
    client = httpx.AsyncClient(base_url=upstream, limits=limits, timeout=10)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with client:
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/{path:path}")
    async def passthrough(request: Request, path: str) -> Response:
        headers = {"Authorization": request.headers.get("Authorization", "")}
        answer = await client.get(f"/{path}", headers=headers)
        return Response(answer.content, answer.status_code, media_type=answer.headers.get("Content-Type"))

    return app


if __name__ == "__main__":
    uvicorn.run(application(sys.argv[2]), port=int(sys.argv[1]), log_level="warning", access_log=False)
