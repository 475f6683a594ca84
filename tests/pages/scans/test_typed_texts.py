"""Search and filters find texts as people type them, whatever letters and invisible characters the data has."""

# ruff: noqa: RUF001 - confusable characters are the subject

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import requests
from django.test import Client

from billing.folding import fold, plain
from billing.models import User
from billing.roles import Role
from tests.html import Source, attributes
from tests.pages.conftest import client_of
from tests.pages.scans.steps import read
from tests.plugins.processes import Sandbox
from tests.tokens import FINANCE

WORKSPACE = "ws_supportdesk0001"
# Names, and what people type to find them.
NAMES = {
    "Sørensen & O’Hara Łódź Đoković Müller Straße Æther": [
        *(
            "sorensen",
            "SØRENSEN",
            "soerensen",
            "o'hara",
            "ohara",
            "O’Hara",
            "O`Hara",
            "oʼhara",
            "o´hara",
            "“o'hara”",
        ),
        *(
            "lodz",
            "łódź",
            "dokovic",
            "djokovic",
            "muller",
            "mueller",
            "MÜLLER",
            "strasse",
            "STRAẞE",
            "aether",
        ),
        *("sorensen\u00a0lodz", "so\u034frensen", "sørensen,o’hara"),
    ],
    "Cœur Þórður \u0131rmak İzmir Ħamrun Saŋa Ｗｉｄｅ１２ Ґanok": [
        *(
            "coeur",
            "thordur",
            "irmak",
            "IRMAK",
            "izmir",
            "İZMİR",
            "hamrun",
            "sana",
            "sanga",
            "wide12",
            "ｗｉｄｅ１２",
        ),
        *("wide١٢", "гanok"),
    ],
    "Co\u2011op zero\u200bwidth soft\u00adhyphen \u202eturned\u202c no\u00a0break": [
        *("co-op", "co–op", "co\u2212op", "zerowidth", "ze\u200dro\ufeffwidth", "softhyphen", "\u2067turned"),
        *("no\u3000break", "no\u2003break"),
    ],
    "Mueller Aarhus Ngũgĩ ǅep ﬁne ²nd D'Arcy": [
        *("müller", "århus", "ngugi", "dzep", "fine", "2nd", "d’arcy", "darcy", "\u200bDʻArcy\u200b"),
    ],
}


def rename(sandbox: Sandbox, name: str) -> str:
    """Give an account this name, and return the account's id."""
    address = f"{sandbox.url}/workspaces/{WORKSPACE}/billing-accounts"
    headers = {"Authorization": f"Bearer {FINANCE}"}
    account_id = str(requests.get(address, headers=headers, timeout=5).json()["data"][0]["id"])
    answer = requests.patch(f"{address}/{account_id}", json={"name": name}, headers=headers, timeout=5)
    answer.raise_for_status()
    return account_id


def found_by(client: Client, text: str) -> list[str]:
    """Return the links of a search, or the page that it opens for a whole ID."""
    answer = client.get("/search/", {"q": text})
    return (
        [answer.headers["Location"]]
        if answer.status_code == 302
        else attributes(answer, "td.row-main a", "href")
    )


@pytest.mark.parametrize("name", NAMES)
def test_search_finds_every_spelling(name: str, fresh_sandbox: Sandbox, carol_unlimited: Client) -> None:
    account_id = rename(fresh_sandbox, name)
    read(carol_unlimited, "directory")
    url = f"/workspaces/{WORKSPACE}/billing-accounts/{account_id}/"
    pasted = (f"\u2068{account_id}\u2069", f"{account_id[:6]}\u200b{account_id[6:]}", account_id.upper())
    not_found = [
        text
        for text in (*NAMES[name], *pasted)
        if url not in found_by(carol_unlimited, text)
        or url not in attributes(carol_unlimited.post("/search/suggestions/", {"q": text}), "li", "data-href")
    ]

    assert not_found == []


@pytest.mark.parametrize("name", NAMES)
def test_filter_of_a_queue_finds_every_spelling(
    name: str, fresh_sandbox: Sandbox, carol_unlimited: Client
) -> None:
    account_id = rename(fresh_sandbox, name)
    read(carol_unlimited)
    url = f"/workspaces/{WORKSPACE}/billing-accounts/{account_id}/"
    words = [text for text in NAMES[name] if " " not in plain(text)]
    filters = (
        *(f"name:{text}" for text in words),
        *(f"id:{account_id}\u200b", f"id：{account_id}", "–name:nobody", f"name:nobody,{words[0]}"),
        f"workspace：“harbour\u00a0light” name:«{words[0]}»",
    )
    not_found = [
        text for text in filters if url not in linked_from(carol_unlimited.get("/queues/", {"q": text}))
    ]

    assert not_found == []
    without = carol_unlimited.get("/queues/", {"q": f"−name:{words[0]}"})
    assert url not in linked_from(without)


def linked_from(queue: Source) -> set[str]:
    """Return the paths of the accounts, whose addresses also name the queue."""
    return {urlsplit(address).path for address in attributes(queue, "td a", "href")}


@pytest.mark.parametrize(
    "text", ["sorensen", "SØREN", "soerensen", "O'Hara", "o’hara", "ohara@", "sorensen oh"]
)
def test_people_and_the_audit_log_are_found_by_every_spelling(
    text: str, db: None, static_files: None, altostrat_url: str
) -> None:
    admin = client_of("ada", Role.ADMIN, None)
    sought = User.objects.create_user("Søren.O’Hara", email="o'hara@example.com", last_name="Sørensen")
    Client().force_login(sought, backend="django.contrib.auth.backends.ModelBackend")

    assert f"/people/{sought.pk}/" in attributes(admin.get("/people/", {"q": text}), ".row-main a", "href")
    if text.lower() in {"søren", "o'hara", "o’hara"}:
        assert sought.username in admin.get("/audit/", {"person": text}).text


@pytest.mark.parametrize("text", ["", "'", "\u200b", "“”", "\u00ad\ufe0f"])
def test_nothing_typed_finds_nothing(text: str) -> None:
    assert fold(text) == ""


def test_every_character_can_be_folded_again() -> None:
    """A folded text stays the same, so that query and data always meet."""
    characters = map(chr, (*range(0x20000), *range(0xE0000, 0xE0200)))

    assert [one for one in characters if fold(folded := fold(one)) != folded] == []
