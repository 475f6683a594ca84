"""Clients of others: one is generated from the OpenAPI document, and one knows Altostrat only."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import openapi_python_client
import requests
from openapi_python_client.config import Config, ConfigFile, MetaType

WORKSPACE, ACCOUNT = "ws_a1b2c3d4e5f6g7h8", "cus_a1b2c3d4e5f6g7h8"


class Sdk(Protocol):
    """The modules of the generated client."""

    def __call__(self, name: str) -> ModuleType: ...


def generate(url: str, folder: Path) -> Sdk:
    """Generate a client from the document of a running portal, as its users do."""
    config = Config.from_sources(
        ConfigFile(post_hooks=[]),
        meta_type=MetaType.NONE,
        document_source=f"{url}/api/schema/",
        file_encoding="utf-8",
        overwrite=False,
        output_path=folder / "portal_sdk",
    )
    errors = openapi_python_client.generate(config=config)
    # It has no type for files that are not text.
    assert [error.header for error in errors if "usage.pdf" not in str(error.header)] == []
    sys.path.insert(0, str(folder))
    return lambda name: importlib.import_module(f"portal_sdk.{name}")


@dataclass(frozen=True)
class AltostratProgram:
    """A program written against Altostrat's documentation. It knows nothing of the portal."""

    base: str
    token: str

    def call(self, method: str, path: str, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"{self.base}/workspaces/{WORKSPACE}{path}"
        answer = requests.request(method, url, headers=headers, timeout=20, **options)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def run(self) -> list[Any]:
        """Read, page through, preview and write, as a nightly job may."""
        account = f"/billing-accounts/{ACCOUNT}"
        page = self.call("GET", f"{account}/invoices", params={"limit": 3})
        preview = {"subscription_id": "sub_a1b2c3d4e5f6g7h8", "cancel_subscription": True}
        return [
            self.call("GET", account),
            page,
            self.call("GET", f"{account}/invoices", params={"limit": 3, "after": page["data"][-1]["id"]}),
            self.call("POST", f"{account}/invoices/preview", json=preview)["total"],
            self.call("PATCH", account, json={"description": "Checked by the nightly job"})["description"],
        ]
