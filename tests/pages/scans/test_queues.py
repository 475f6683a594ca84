"""Work queues: their accounts, filters, order, pages and files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from billing.models import AltostratToken, AuditEntry, Scan, ScanPart, User
from billing.services.actor import Actor, Door, granted_to
from billing.services.scans import store
from billing.services.scans.store import Document
from billing.services.storage import key_ring
from billing.services.tokens import manage as token_changes
from tests.html import Source, attributes, button, field_value, one, select, text, texts
from tests.pages.scans.steps import read, rows_of
from tests.plugins.processes import Sandbox
from tests.services.scans.pauses import skip_pauses
from tests.tokens import SUPPORT

HTMX = {"HX-Request": "true"}


def change(part: ScanPart) -> Iterator[Document]:
    """Yield the results in a part, and save what the caller has changed."""
    context = store._context(part.scan, part.pk)
    ring = key_ring.key_ring()
    documents = json.loads(ring.unseal(part.envelope, context))
    yield from documents
    part.envelope = ring.seal(json.dumps(documents), context)
    part.save()


def names(page: Source) -> list[str]:
    return texts(page, "td.row-main > a")


def next_page(page: Source) -> str:
    return attributes(page, "a[rel=next]", "href")[0]


def count_of_all(part: Source) -> str:
    return text(one(part, '.queue-counts a[href="/queues/all/"] .queue-count'))


def test_queue_of_all_lists_every_account_with_its_status(carol_scanned: Client) -> None:
    page = carol_scanned.get("/queues/")

    assert set(names(page)) == {
        "Harbour Light Trust",
        "Prairie Telehealth Inc.",
        "Prairie Rural Clinics",
        "Prairie Training",
    }
    assert texts(page, ".card-title") == ["4 accounts"]
    assert "Past due since" in text(page)
    assert "less than a minute ago" in text(page)


@pytest.mark.parametrize(
    ("queue", "who"),
    [
        ("past-due", "Prairie Rural Clinics"),
        ("no-default", "Prairie Training"),
        ("no-default", "Harbour Light Trust"),
    ],
)
def test_queue_has_the_matching_accounts(queue: str, who: str, carol_scanned: Client) -> None:
    found = names(carol_scanned.get(f"/queues/{queue}/"))

    assert who in found
    assert "Prairie Telehealth Inc." not in found


def test_queue_can_be_empty(carol_scanned: Client) -> None:
    assert "This queue is empty" in text(carol_scanned.get("/queues/drafts/"))


def test_first_visit_starts_a_scan(carol: Client) -> None:
    page = carol.get("/queues/past-due/?q=currency:usd")
    step = "/scans/facts/?next=%2Fqueues%2Fpast-due%2F%3Fq%3Dcurrency%3Ausd"

    assert attributes(page, ".scan", "hx-get") == [step]
    assert "so far" not in text(page)


def test_unfinished_queue_has_no_file(carol_unlimited: Client, settings: Settings) -> None:
    read(carol_unlimited, "directory")
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 12
    carol_unlimited.get("/scans/facts/")
    page = carol_unlimited.get("/queues/")
    file = carol_unlimited.get("/queues/?format=csv")

    assert "so far" in text(page)
    assert select(page, "progress")
    assert file.status_code == 409
    assert "Not all accounts have been read yet." in text(file)


def test_filter_is_part_of_the_url(carol_scanned: Client) -> None:
    page = carol_scanned.get("/queues/", {"q": 'currency:usd -name:"prairie training"'})

    assert set(names(page)) == {"Prairie Telehealth Inc.", "Prairie Rural Clinics"}
    assert field_value(one(page, "#filter")) == 'currency:usd -name:"prairie training"'
    assert any(
        link.startswith("/queues/past-due/?q=currency%3Ausd") for link in attributes(page, ".tabs a", "href")
    )


def test_unknown_operator_is_reported_at_the_field(carol_scanned: Client) -> None:
    answer = carol_scanned.get("/queues/", {"q": "color:red name:x"})

    assert answer.status_code == 422
    assert "Unknown operator “color:”" in text(one(answer, "#filter-error"))
    assert field_value(one(answer, "#filter")) == "color:red name:x"
    assert attributes(answer, "#filter", "aria-invalid") == ["true"]


def test_queue_can_be_sorted(carol_scanned: Client) -> None:
    up = names(carol_scanned.get("/queues/?sort=name"))
    down = names(carol_scanned.get("/queues/?sort=-name"))

    assert up == sorted(up)
    assert down == up[::-1]


def test_pages_have_no_gaps_and_no_duplicates(alice: Client, settings: Settings) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 6000
    read(alice)
    for sort in ("", "name", "-workspace", "currency", "at"):
        seen, sizes, address = [], [], f"/queues/?sort={sort}"
        while address:
            page = alice.get(address)
            sizes.append(len(names(page)))
            seen += names(page)
            address = next(iter(attributes(page, "a[rel=next]", "href")), "")

        assert len(sizes) > 1
        assert texts(alice.get(f"/queues/?sort={sort}"), ".card-title") == [f"{len(seen)} accounts"]
        assert len(seen) == len(set(seen))


def test_account_that_moves_hides_no_other_account(alice: Client, settings: Settings) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 6000
    read(alice)
    first = alice.get("/queues/?sort=workspace")
    address = next_page(first)
    expected = names(alice.get(address))
    _, _, workspace_id, _, account_id, _ = attributes(first, "td.row-main > a", "href")[-1].split("/")
    for part in ScanPart.objects.filter(scan__kind="facts"):
        for item in change(part):
            if (item["account"]["workspace_id"], item["account"]["id"]) == (workspace_id, account_id):
                item["account"]["workspace_name"] = "zzz, now the last one"

    assert names(alice.get(address))[:-1] == expected
    assert "workspace" not in address.partition("after=")[2]


def test_link_to_a_later_page_works_for_a_colleague(alice: Client, carol_unlimited: Client) -> None:
    read(alice)
    read(carol_unlimited)
    first = alice.get("/queues/?sort=name")
    page = carol_unlimited.get(next_page(first))

    assert "no longer valid" not in text(page)
    last = names(first)[-1].casefold()
    assert names(page) == [
        name for name in names(carol_unlimited.get("/queues/?sort=name")) if name.casefold() > last
    ]


def test_new_order_starts_on_its_first_page(alice: Client, settings: Settings) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 6000
    read(alice)
    second = alice.get(next_page(alice.get("/queues/?sort=name")))

    assert "from number 51" in text(one(second, ".card-title"))
    (by_amount,) = (link for link in attributes(second, "a.sort", "href") if "sort=owed" in link)
    assert "after=" not in by_amount


def test_tab_counts_match_the_filter(carol_scanned: Client) -> None:
    page = carol_scanned.get("/queues/no-default/", {"q": "name:harbour"})
    counts = [int(count.split()[0]) for count in texts(page, ".tab-count")]
    tabs = dict(zip(attributes(page, ".tabs a", "href"), counts, strict=True))

    assert len(tabs) == 7
    assert tabs["/queues/all/?q=name%3Aharbour"] == 1
    for link, count in tabs.items():
        assert len(names(carol_scanned.get(link))) == count, link


def test_unknown_status_is_reported(carol_scanned: Client) -> None:
    wrong = carol_scanned.get("/queues/", {"q": "status:pastdue"})

    assert wrong.status_code == 422
    assert "Unknown status “pastdue”. Available: act_now, active, " in text(wrong)
    assert (
        carol_scanned.get("/queues/", {"q": "status:past_due,incomplete_expired -status:none"}).status_code
        == 200
    )


def test_invalid_cursor_shows_the_first_page(carol_scanned: Client) -> None:
    page = carol_scanned.get("/queues/?after=ws_1/cus_gone")

    assert "This is the first page of the list." in text(page)
    assert len(names(page)) == 4


def test_file_has_the_rows_of_the_page(carol_scanned: Client) -> None:
    address = "/queues/?q=currency:usd&sort=-name"
    answer = carol_scanned.get(f"{address}&format=csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]

    assert [row["Account"] for row in rows] == names(carol_scanned.get(address))
    assert {row["Currency"] for row in rows} == {"USD"}


def test_unreadable_account_is_reported_and_prevents_the_file(
    carol_unlimited: Client, sandbox: Sandbox
) -> None:
    read(carol_unlimited, "directory")
    sandbox.fault("status:403", "/subscriptions")
    try:
        read(carol_unlimited)
    finally:
        sandbox.no_faults()
    page = carol_unlimited.get("/queues/")
    name = text(one(page, ".scan-missing li a"))

    assert texts(page, ".card-title") == ["3 accounts"]
    assert texts(page, ".scan-missing li") == [f"{name}: Your token does not have access"]
    assert carol_unlimited.get("/queues/?format=csv").status_code == 409
    # An account that cannot match the filter is not missing.
    file = carol_unlimited.get("/queues/", {"q": f'-name:"{name}"', "format": "csv"})
    assert file.status_code == 200
    assert file.getvalue()


def test_counts_make_no_calls(carol_scanned: Client, sandbox: Sandbox) -> None:
    sandbox.clear()
    part = carol_scanned.get("/queues/counts/", headers=HTMX)

    assert "<html" not in part.text
    assert count_of_all(part) == "4"
    assert "less than a minute ago" in text(part)
    assert sandbox.requests() == []


def test_home_page_loads_the_counts_separately(carol: Client, sandbox: Sandbox) -> None:
    sandbox.clear()
    page = carol.get("/")
    part = carol.get("/queues/counts/", headers=HTMX)

    assert attributes(page, "#queue-counts", "hx-get") == ["/queues/counts/"]
    assert "No counts yet" in text(carol.get("/queues/counts/"))
    assert attributes(part, ".scan", "hx-get") == ["/queues/counts/?step=next"]
    assert carol.get("/queues/counts/?step=next").status_code == 200
    assert sandbox.requests() == []


def finish_counts(client: Client) -> str:
    """Do all steps as the script of the home page does, and return its card."""
    for _ in range(50):
        skip_pauses()
        part = client.get("/queues/counts/?step=next", headers=HTMX)
        if attributes(part, "[hx-get]", "hx-target") == ["#queue-counts"]:
            return client.get("/queues/counts/", headers=HTMX).text
    raise AssertionError(part.text)


def test_home_page_starts_the_scan_once(carol_unlimited: Client, sandbox: Sandbox) -> None:
    counts = finish_counts(carol_unlimited)
    sandbox.clear()
    part = carol_unlimited.get("/queues/counts/", headers=HTMX)

    assert count_of_all(counts) == "4"
    assert not select(part, "[hx-get]")
    assert sandbox.requests() == []


def test_last_counts_are_shown_during_a_scan(carol_unlimited: Client) -> None:
    read(carol_unlimited)
    Scan.objects.update(started_at=timezone.now() - timedelta(hours=16))
    carol_unlimited.get("/queues/counts/", headers=HTMX)
    Scan.objects.update(expires_at=timezone.now())
    again = carol_unlimited.get("/queues/counts/", headers=HTMX)
    renewed = AltostratToken.objects.get(owner__username="carol")
    user = User.objects.get(username="carol")
    token_changes.renew(Actor(user, Door.PAGE, granted_to(user)), renewed.pk, text=SUPPORT)

    assert "Last counts" in text(again)
    assert "16 hours ago" in text(again)
    assert count_of_all(again) == "4"
    assert attributes(again, ".scan", "hx-get") == ["/queues/counts/?step=next"]
    assert "Last counts" not in text(carol_unlimited.get("/queues/counts/", headers=HTMX))


@pytest.mark.parametrize("kind", ["directory", "facts"])
def test_stopped_scan_does_not_continue_automatically(
    kind: str, carol_unlimited: Client, settings: Settings
) -> None:
    if kind == "facts":
        read(carol_unlimited, "directory")
        settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 8
    else:
        settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 2
    carol_unlimited.get("/queues/counts/?step=next", headers=HTMX)
    answer = carol_unlimited.post("/scans/facts/stop/", {"next": "/"})
    part = carol_unlimited.get("/queues/counts/", headers=HTMX)

    assert answer.headers["Location"] == "/"
    assert "Stopped. Results so far are kept." in text(part)
    assert button(part, "Continue")
    assert not select(part, "[hx-get]")


def test_scan_does_not_start_automatically_with_a_refused_token(carol: Client) -> None:
    AltostratToken.objects.update(status=AltostratToken.Status.REFUSED)

    assert not select(carol.get("/queues/counts/", headers=HTMX), "[hx-get]")


def test_queue_is_private(carol_scanned: Client, alice: Client) -> None:
    assert names(alice.get("/queues/")) == []


def test_deleting_the_token_deletes_the_queue(carol_scanned: Client) -> None:
    user = User.objects.get(username="carol")
    token_changes.delete(Actor(user, Door.PAGE, granted_to(user)), AltostratToken.objects.get(owner=user).pk)

    assert carol_scanned.get("/queues/").status_code == 424
    assert not Scan.objects.exists()
    token_changes.save(Actor(user, Door.PAGE, granted_to(user)), text=SUPPORT, label="again", verify=False)
    assert names(carol_scanned.get("/queues/")) == []


def test_queue_shows_its_age(carol_scanned: Client) -> None:
    Scan.objects.update(started_at=timezone.now() - timedelta(minutes=14))

    assert "14 minutes ago" in text(carol_scanned.get("/queues/"))


def test_unknown_queue_does_not_exist(carol_scanned: Client) -> None:
    assert carol_scanned.get("/queues/nonsense/").status_code == 404


@pytest.fixture
def half(carol_unlimited: Client, sandbox: Sandbox) -> Client:
    """Return carol's browser; one of her two workspaces could not be read."""
    sandbox.fault("status:403", "/billing-accounts$")
    try:
        read(carol_unlimited)
    finally:
        sandbox.no_faults()
    return carol_unlimited


def test_unreadable_workspace_stays_reported(half: Client) -> None:
    Scan.objects.filter(kind="directory").delete()  # it expires before the queues
    page, part = half.get("/queues/"), half.get("/queues/counts/", headers=HTMX)

    assert text(page).count("Your token does not have access") == 1
    assert "All accounts you can access have been read" not in text(page)
    assert "1 could not be read" in text(part)
    assert half.get("/queues/?format=csv").status_code == 409


@pytest.fixture
def with_a_refused_token(carol_unlimited: Client) -> Client:
    """Return carol's browser. Her token for one workspace was refused; the default one works."""
    user = User.objects.get(username="carol")
    actor = Actor(user, Door.PAGE, granted_to(user))
    token_changes.save(actor, text=SUPPORT, label="Own", workspace_id="ws_supportdesk0001", verify=False)
    AltostratToken.objects.filter(label="Own").update(status=AltostratToken.Status.REFUSED)
    read(carol_unlimited)
    return carol_unlimited


@pytest.mark.parametrize(
    "queue", ["all", "past-due", "trials", "cards-expired", "cards", "no-default", "drafts"]
)
def test_refused_token_is_left_out_of_the_file_on_request(queue: str, with_a_refused_token: Client) -> None:
    address = f"/queues/{queue}/"
    page, refused = with_a_refused_token.get(address), with_a_refused_token.get(f"{address}?format=csv")

    assert "The workspace of your token “Own”" in text(page)
    assert refused.status_code == 409
    assert "The workspace of your token “Own”" in text(refused)
    if names(page):
        assert "Download incomplete list" in text(page)
    for file_format in ("csv", "xlsx"):
        answer = with_a_refused_token.get(f"{address}?format={file_format}&partial=yes")
        assert answer.status_code == 200
        assert f"accounts-{queue}-incomplete-" in answer.headers["Content-Disposition"]
        assert answer.getvalue()
    rows = rows_of(with_a_refused_token, f"{address}?format=csv&partial=yes")
    assert rows[0]["Not included"].startswith("The workspace of your token “Own”: ")
    assert not rows[0]["Account"]
    assert [row["Account"] for row in rows[1:]] == names(page)
    assert not any(row["Not included"] for row in rows[1:])
    assert "without 1 that could not be read" in AuditEntry.objects.latest("pk").detail


@pytest.mark.parametrize("text_", ["-workspace:ws_supportdesk0001", "workspace:ws_supportdesk0002"])
def test_filter_can_exclude_what_could_not_be_read(text_: str, with_a_refused_token: Client) -> None:
    rows = rows_of(with_a_refused_token, f"/queues/all/?format=csv&q={text_}")

    assert len(rows) == 3
    assert "Not included" not in rows[0]


@pytest.mark.parametrize("text_", ["workspace:ws_supportdesk0001", "workspace:harbour", "name:clinics"])
def test_filter_keeps_what_may_match(text_: str, with_a_refused_token: Client) -> None:
    assert with_a_refused_token.get("/queues/all/", {"format": "csv", "q": text_}).status_code == 409


def test_new_list_of_accounts_does_not_complete_an_old_queue(half: Client) -> None:
    read(half, "directory")
    assert half.get("/queues/?format=csv").status_code == 409
    half.post("/scans/directory/restart/")

    assert not Scan.objects.exists()
    read(half)
    file = half.get("/queues/?format=csv")
    assert file.status_code == 200
    assert file.getvalue()
