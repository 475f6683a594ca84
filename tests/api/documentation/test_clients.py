"""Clients of others work with the portal. `.ci/smoke-run` runs the same clients with `make run`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.conftest import Caller
from tests.api.documentation.clients import ACCOUNT, WORKSPACE, AltostratProgram, Sdk, generate
from tests.plugins.processes import Portal, Sandbox
from tests.tokens import FINANCE

pytestmark = pytest.mark.sqlite_only


@pytest.fixture(scope="module")
def sdk(portal: Portal, tmp_path_factory: pytest.TempPathFactory) -> Sdk:
    return generate(portal.url, tmp_path_factory.mktemp("sdk"))


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


def test_program_for_altostrat_works_with_another_address_and_credential(
    editor: Caller, fresh_sandbox: Sandbox
) -> None:
    assert editor.key is not None
    through = AltostratProgram(f"{editor.base}/api/v1", editor.key).run()
    fresh_sandbox.reset()
    direct = AltostratProgram(fresh_sandbox.url, FINANCE).run()

    assert through == direct
