"""Call the running demo with the clients of others: `python -m bin.clients http://127.0.0.1:8000`.

It signs in as a person of the demo, creates a portal key on their page, and gives it to a generated client and to one
that was written for Altostrat.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

import requests

from tests import html
from tests.api.documentation.clients import ACCOUNT, WORKSPACE, AltostratProgram, generate

_EDITOR: Final = "p-1002"  # in identity_provider/people.json
_KEY: Final = re.compile(r"abp_\w{8}_\w{40}")


def main() -> None:
    (url,) = sys.argv[1:]
    key = _new_key(url)
    with tempfile.TemporaryDirectory() as folder:
        sdk = generate(url, Path(folder))
        with sdk("client").AuthenticatedClient(base_url=url, token=key) as client:
            account = sdk("api.billing_accounts.retrieve_billing_account").sync(
                WORKSPACE, ACCOUNT, client=client
            )
    assert account.id == ACCOUNT, account
    documents = AltostratProgram(f"{url}/api/v1", key).run()
    assert documents[0]["id"] == ACCOUNT, documents[0]
    print(f"The generated client read {account.name}, and Altostrat's client also wrote to it.")


def _new_key(url: str) -> str:
    """Sign in at the demo's identity provider, and create a key as docs/api.md says."""
    with requests.Session() as browser:
        sign_in = html.select(browser.get(url, timeout=20), ".sso-button a")[0].attributes["href"]
        choice = browser.get(urljoin(url, sign_in or ""), timeout=20)
        action = html.select(choice, "form")[0].attributes["action"]
        browser.post(urljoin(choice.url, action or ""), data={"person": _EDITOR}, timeout=20)
        address = f"{url}/keys/"
        fields = html.fields(browser.get(address, timeout=20), "form:has([name=scopes])")
        form = {**fields, "name": "Clients", "scopes": ["billing:read", "billing:write"]}
        created = browser.post(address, data=form, timeout=20)
    found = _KEY.search(created.text)
    assert found, html.text(created)
    return found[0]


if __name__ == "__main__":
    main()
