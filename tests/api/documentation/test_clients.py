"""Clients of others: one is generated from the OpenAPI document, and one knows Altostrat only."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol

import openapi_python_client
import pytest
import requests
from openapi_python_client.config import Config, ConfigFile, MetaType

from tests.api.conftest import Caller
from tests.plugins.processes import Portal, Sandbox
from tests.tokens import FINANCE

pytestmark = pytest.mark.sqlite_only

WORKSPACE, ACCOUNT = "ws_a1b2c3d4e5f6g7h8", "cus_a1b2c3d4e5f6g7h8"


class Sdk(Protocol):
    """The modules of the generated client."""

    def __call__(self, name: str) -> ModuleType: ...


@pytest.fixture(scope="module")
def sdk(portal: Portal, tmp_path_factory: pytest.TempPathFactory) -> Sdk:
    """Generate a client as its users do."""
    folder = tmp_path_factory.mktemp("sdk")
    config = Config.from_sources(
        ConfigFile(post_hooks=[]),
        meta_type=MetaType.NONE,
        document_source=f"{portal.url}/api/schema/",
        file_encoding="utf-8",
        overwrite=False,
        output_path=folder / "portal_sdk",
    )
    errors = openapi_python_client.generate(config=config)
    # It has no type for files that are not text.
    assert [error.header for error in errors if "usage.pdf" not in str(error.header)] == []
    sys.path.insert(0, str(folder))
    return lambda name: importlib.import_module(f"portal_sdk.{name}")


@pytest.fixture
def client(sdk: Sdk, editor: Caller) -> Iterator[Any]:
    """Yield the generated client with the portal's address and a portal key."""
    with sdk("client").AuthenticatedClient(base_url=editor.base, token=editor.key) as made:
        yield made


def test_generated_client_reads(sdk: Sdk, client: Any) -> None:
    account = sdk("api.billing_accounts.retrieve_billing_account").sync(WORKSPACE, ACCOUNT, client=client)
    invoices = sdk("api.invoices.list_invoices").sync(WORKSPACE, ACCOUNT, client=client, limit=2)

    assert (account.name, account.address.city) == ("ACME Corp Billing", "San Francisco")
    assert len(invoices.data) == 2
    assert isinstance(invoices.data[0].total, int)


def test_generated_client_writes_once_and_reads_the_outcome(
    sdk: Sdk, client: Any, fresh_sandbox: Sandbox
) -> None:
    body = sdk("models").UpdateBillingAccountBody(description="Written by a generated client")
    update = sdk("api.billing_accounts.update_billing_account")

    answers = [
        update.sync_detailed(WORKSPACE, ACCOUNT, client=client, body=body, idempotency_key="sdk-1")
        for _ in range(2)
    ]

    assert [answer.parsed.description for answer in answers] == ["Written by a generated client"] * 2
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert len(fresh_sandbox.writes()) == 1
    change = sdk("api.changes.retrieve_change").sync(answers[0].headers["Portal-Change"], client=client)
    assert change.outcome.value == "succeeded"


def test_generated_client_reads_errors(sdk: Sdk, client: Any) -> None:
    retrieve = sdk("api.billing_accounts.retrieve_billing_account")

    of_portal = retrieve.sync_detailed(WORKSPACE, "x", client=client)
    of_altostrat = retrieve.sync_detailed(WORKSPACE, "cus_nothing", client=client)

    assert (of_portal.status_code, of_portal.parsed.code.value) == (400, "invalid_parameter")
    assert (of_altostrat.status_code, of_altostrat.headers["Portal-Origin"]) == (404, "altostrat")
    assert of_altostrat.parsed.message


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


def test_program_for_altostrat_works_with_another_address_and_credential(
    editor: Caller, fresh_sandbox: Sandbox
) -> None:
    assert editor.key is not None
    through = AltostratProgram(f"{editor.base}/api/v1", editor.key).run()
    fresh_sandbox.reset()
    direct = AltostratProgram(fresh_sandbox.url, FINANCE).run()

    assert through == direct
