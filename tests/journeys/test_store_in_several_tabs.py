"""Several tabs of one person store a token at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import requests

from tests import html
from tests.plugins.processes import Portal
from tests.tokens import FINANCE

TABS = 6


def signed_in(portal: Portal, name: str) -> requests.Session:
    tab = requests.Session()
    address = f"{portal.url}/accounts/sign-in/"
    form = {"username": name, "password": portal.passwords[name], **csrf(tab, address)}
    tab.post(address, form, headers={"Referer": address}, timeout=20).raise_for_status()
    return tab


def csrf(tab: requests.Session, address: str) -> dict[str, str]:
    return {"csrfmiddlewaretoken": html.fields(tab.get(address, timeout=20))["csrfmiddlewaretoken"]}


def test_all_tokens_are_stored_and_one_is_the_default(portal: Portal) -> None:
    portal.staff("tabitha", "viewer")
    tab = signed_in(portal, "tabitha")
    address = f"{portal.url}/tokens/"
    mark = csrf(tab, address)

    def store(number: int) -> int:
        form = {"token": FINANCE, "label": f"Tab {number}", "default": "on", "form_id": str(uuid4()), **mark}
        cookies = tab.cookies.get_dict()
        return requests.post(address, form, cookies=cookies, timeout=20, allow_redirects=False).status_code

    with ThreadPoolExecutor(TABS) as pool:
        answers = list(pool.map(store, range(TABS)))

    page = html.page(tab.get(address, timeout=20))
    assert answers == [302] * TABS
    assert set(html.texts(page, ".token h3")) == {f"Tab {number}" for number in range(TABS)}
    assert html.texts(page, ".token .tag").count("Default") == 1
