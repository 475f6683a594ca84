"""Work queues: who is in them, filters and order in the address, pages without gaps, files that are whole."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from billing.models import AltostratToken, Scan, ScanPart, User
from billing.services.actor import Actor, Door, granted_to
from billing.services.scans import store
from billing.services.scans.store import Document
from billing.services.storage import key_ring
from billing.services.tokens import manage as token_changes
from tests.plugins.processes import Sandbox
from tests.tokens import SUPPORT

HTMX = {"HX-Request": "true"}
TABS = re.compile(r'<li><a href="(/queues/[^"]*)"[^>]*>[^<]*<span class="tab-count figures">(\d+)')


@pytest.fixture
def desk(carol: Client, settings: Settings) -> Client:
    """carol, whose token sees two workspaces, with every account of them read."""
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 6000
    read(carol)
    return carol


def read(client: Client, kind: str = "facts") -> None:
    for _ in range(100):
        Scan.objects.update(resume_at=None)
        if client.get(f"/scans/{kind}/").status_code == 302:
            return
    raise AssertionError


def change(part: ScanPart) -> Iterator[Document]:
    """What a part holds; what is done to it meanwhile is written."""
    context = store._context(part.scan, part.pk)
    ring = key_ring.key_ring()
    documents = json.loads(ring.unseal(part.envelope, context))
    yield from documents
    part.envelope = ring.seal(json.dumps(documents), context)
    part.save()


def names(page: str) -> list[str]:
    return re.findall(r'class="row-main"><a href="[^"]*">([^<]*)</a>', page)


def test_it_lists_every_account_with_its_standing(desk: Client) -> None:
    page = desk.get("/queues/").text

    assert set(names(page)) == {
        "Harbour Light Trust",
        "Prairie Telehealth Inc.",
        "Prairie Rural Clinics",
        "Prairie Training",
    }
    assert "4 accounts" in page
    assert "Past due since" in page
    assert "less than a minute ago" in page


@pytest.mark.parametrize(
    ("queue", "who"),
    [
        ("past-due", "Prairie Rural Clinics"),
        ("no-default", "Prairie Training"),
        ("no-default", "Harbour Light Trust"),
    ],
)
def test_it_knows_who_belongs_into_a_queue(queue: str, who: str, desk: Client) -> None:
    found = names(desk.get(f"/queues/{queue}/").text)

    assert who in found
    assert "Prairie Telehealth Inc." not in found


def test_a_queue_can_be_empty(desk: Client) -> None:
    assert "Nobody is in this queue" in desk.get("/queues/drafts/").text


def test_the_first_time_it_reads_and_shows_how_far_it_is(carol: Client) -> None:
    page = carol.get("/queues/past-due/?q=currency:usd").text

    assert 'hx-get="/scans/facts/?next=%2Fqueues%2Fpast-due%2F%3Fq%3Dcurrency%3Ausd"' in page
    assert "accounts so far" not in page


def test_what_is_not_complete_says_so_far_and_is_no_file(carol: Client, settings: Settings) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 6000
    read(carol, "directory")
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 12
    carol.get("/scans/facts/")
    page = carol.get("/queues/").text
    file = carol.get("/queues/?format=csv")

    assert "so far" in page
    assert "Continues in" in page or "<progress" in page
    assert file.status_code == 409
    assert "Not every account has been read yet." in file.text


def test_filters_stand_in_the_address(desk: Client) -> None:
    page = desk.get("/queues/", {"q": 'currency:usd -name:"prairie training"'}).text

    assert set(names(page)) == {"Prairie Telehealth Inc.", "Prairie Rural Clinics"}
    assert 'value="currency:usd -name:&quot;prairie training&quot;"' in page
    assert "/queues/past-due/?q=currency%3Ausd" in page


def test_an_unknown_operator_is_told_at_its_field_and_nothing_is_lost(desk: Client) -> None:
    answer = desk.get("/queues/", {"q": "colour:red name:x"})

    assert answer.status_code == 422
    assert "There is no operator “colour:”" in answer.text
    assert 'value="colour:red name:x"' in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_headings_sort(desk: Client) -> None:
    up = names(desk.get("/queues/?sort=name").text)
    down = names(desk.get("/queues/?sort=-name").text)

    assert up == sorted(up)
    assert down == up[::-1]


def test_pages_have_neither_gaps_nor_doubles(alice: Client, settings: Settings) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 6000
    read(alice)
    for sort in ("", "name", "-workspace", "currency", "at"):
        seen, sizes, address = [], [], f"/queues/?sort={sort}"
        while address:
            page = alice.get(address).text
            sizes.append(len(names(page)))
            seen += names(page)
            following = re.search(r'rel="next" href="([^"]*)"', page)
            address = following[1].replace("&amp;", "&") if following else ""

        assert len(sizes) > 1
        assert f">{len(seen)} accounts" in alice.get(f"/queues/?sort={sort}").text
        assert len(seen) == len(set(seen))


def test_an_account_that_moves_takes_no_other_off_the_pages(alice: Client, settings: Settings) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 6000
    read(alice)
    first = alice.get("/queues/?sort=workspace").text
    following = re.search(r'rel="next" href="([^"]*)"', first)
    assert following is not None
    address = following[1].replace("&amp;", "&")
    expected = names(alice.get(address).text)
    last = re.findall(r'class="row-main"><a href="[^"]*/(ws_[^/]*)/[^"]*/(cus_[^/"]*)/', first)[-1]
    for part in ScanPart.objects.filter(scan__kind="facts"):
        for one in change(part):
            if (one["account"]["workspace_id"], one["account"]["id"]) == last:
                one["account"]["workspace_name"] = "zzz, now the very last"

    assert names(alice.get(address).text)[:-1] == expected
    assert "workspace" not in address.partition("after=")[2]


def test_another_order_begins_with_its_first_page(alice: Client, settings: Settings) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 6000
    read(alice)
    following = re.search(r'rel="next" href="([^"]*)"', alice.get("/queues/?sort=name").text)
    assert following is not None
    second = alice.get(following[1].replace("&amp;", "&")).text

    assert "from number 51 on" in second
    (by_country,) = re.findall(r'href="([^"]*sort=country[^"]*)"', second)
    assert "after=" not in by_country


def test_the_counts_beside_a_filter_are_those_of_their_links(desk: Client) -> None:
    page = desk.get("/queues/no-default/", {"q": "name:harbour"}).text
    tabs = {link.replace("&amp;", "&"): int(count) for link, count in TABS.findall(page)}

    assert len(tabs) == 6
    assert tabs["/queues/all/?q=name%3Aharbour"] == 1
    for link, count in tabs.items():
        assert len(names(desk.get(link).text)) == count, link


def test_a_status_that_there_is_not_is_told_and_one_that_occurs_is_known(desk: Client) -> None:
    wrong = desk.get("/queues/", {"q": "status:pastdue"})

    assert wrong.status_code == 422
    assert "There is no status “pastdue”. These are known: active, " in wrong.text
    assert desk.get("/queues/", {"q": "status:past_due,incomplete_expired -status:none"}).status_code == 200


def test_a_page_whose_beginning_cannot_be_told_says_so(desk: Client) -> None:
    page = desk.get("/queues/?after=ws_1/cus_gone").text

    assert "This is the beginning of the list." in page
    assert len(names(page)) == 4


def test_the_file_holds_what_the_page_lists(desk: Client) -> None:
    address = "/queues/?q=currency:usd&sort=-name"
    answer = desk.get(f"{address}&format=csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]

    assert [row["Account"] for row in rows] == names(desk.get(address).text)
    assert {row["Currency"] for row in rows} == {"USD"}


def test_what_could_not_be_read_is_named_and_refuses_the_file(
    carol: Client, sandbox: Sandbox, settings: Settings
) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 6000
    read(carol, "directory")
    sandbox.fault("status:403", "/subscriptions")
    try:
        read(carol)
    finally:
        sandbox.no_faults()
    page = carol.get("/queues/").text
    named = re.search(r"<li><a href=\"[^\"]*\">([^<]*)</a>: Altostrat does not let you see this", page)

    assert "3 accounts" in page
    assert named is not None
    assert carol.get("/queues/?format=csv").status_code == 409
    # What cannot belong to the list is not missing in it.
    with closing(carol.get("/queues/", {"q": f'-name:"{named[1]}"', "format": "csv"})) as file:
        assert file.status_code == 200


def test_the_counts_come_from_what_is_kept(desk: Client, sandbox: Sandbox) -> None:
    sandbox.clear()
    part = desk.get("/queues/counts/", headers=HTMX).text

    assert "<html" not in part
    assert re.search(r'queue-count figures">4</span><span>All accounts', part)
    assert "less than a minute ago" in part
    assert sandbox.requests() == []


def test_home_is_not_blocked_and_asks_for_the_counts_apart(carol: Client, sandbox: Sandbox) -> None:
    sandbox.clear()
    page = carol.get("/").text

    assert 'hx-get="/queues/counts/"' in page
    assert "Nothing has been read yet" in carol.get("/queues/counts/").text
    assert 'hx-get="/queues/counts/?step=next"' in carol.get("/queues/counts/", headers=HTMX).text
    assert carol.get("/queues/counts/?step=next").status_code == 200
    assert sandbox.requests() == []


def steps(client: Client) -> str:
    """What the card on the home page shows while a script takes all steps, and at last."""
    for _ in range(50):
        Scan.objects.update(resume_at=None)
        part = client.get("/queues/counts/?step=next", headers=HTMX).text
        if 'hx-target="#queue-counts"' in part:
            return client.get("/queues/counts/", headers=HTMX).text
    raise AssertionError(part)


def test_the_home_page_reads_the_accounts_by_itself_and_not_again(
    carol: Client, settings: Settings, sandbox: Sandbox
) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 6000
    counted = steps(carol)
    sandbox.clear()
    part = carol.get("/queues/counts/", headers=HTMX).text

    assert re.search(r'queue-count figures">4</span><span>All accounts', counted)
    assert "hx-get" not in part
    assert sandbox.requests() == []


def test_the_last_counts_are_shown_with_their_age_until_new_ones_are_there(
    carol: Client, settings: Settings
) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 6000
    read(carol)
    Scan.objects.update(started_at=timezone.now() - timedelta(hours=16))
    carol.get("/queues/counts/", headers=HTMX)
    Scan.objects.update(expires_at=timezone.now())
    again = carol.get("/queues/counts/", headers=HTMX).text
    renewed = AltostratToken.objects.get(owner__username="carol")
    user = User.objects.get(username="carol")
    token_changes.renew(Actor(user, Door.PAGE, granted_to(user)), renewed.pk, text=SUPPORT)

    assert "16 hours ago, the last time" in again
    assert re.search(r'queue-count figures">4</span><span>All accounts', again)
    assert 'hx-get="/queues/counts/?step=next"' in again
    assert "the last time" not in carol.get("/queues/counts/", headers=HTMX).text


@pytest.mark.parametrize("kind", ["directory", "facts"])
def test_what_its_person_stopped_does_not_begin_by_itself(
    kind: str, carol: Client, settings: Settings
) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 6000
    if kind == "facts":
        read(carol, "directory")
        settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 8
    else:
        settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 2
    carol.get("/queues/counts/?step=next", headers=HTMX)
    answer = carol.post("/scans/facts/stop/", {"next": "/"})
    part = carol.get("/queues/counts/", headers=HTMX).text

    assert answer.headers["Location"] == "/"
    assert "Stopped. What was read so far is kept." in part
    assert "Continue" in part
    assert "hx-get" not in part


def test_with_a_refused_token_it_does_not_begin_by_itself(carol: Client) -> None:
    AltostratToken.objects.update(status=AltostratToken.Status.REFUSED)

    assert "hx-get" not in carol.get("/queues/counts/", headers=HTMX).text


def test_nobody_sees_anothers_queue(desk: Client, alice: Client) -> None:
    assert names(alice.get("/queues/").text) == []


def test_a_token_that_goes_takes_the_queue_along(desk: Client) -> None:
    user = User.objects.get(username="carol")
    token_changes.forget(Actor(user, Door.PAGE, granted_to(user)), AltostratToken.objects.get(owner=user).pk)

    assert desk.get("/queues/").status_code == 424
    assert not Scan.objects.exists()
    token_changes.save(Actor(user, Door.PAGE, granted_to(user)), text=SUPPORT, label="again", verify=False)
    assert names(desk.get("/queues/").text) == []


def test_what_was_read_is_old_after_a_while(desk: Client) -> None:
    Scan.objects.update(started_at=timezone.now() - timedelta(minutes=14))

    assert "14 minutes ago" in desk.get("/queues/").text


def test_there_is_no_such_queue(desk: Client) -> None:
    assert desk.get("/queues/nonsense/").status_code == 404


@pytest.fixture
def half(carol: Client, sandbox: Sandbox, settings: Settings) -> Client:
    """carol, of whose two workspaces one could not be read when the accounts were."""
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 6000
    sandbox.fault("status:403", "/billing-accounts$")
    try:
        read(carol)
    finally:
        sandbox.no_faults()
    return carol


def test_a_workspace_that_could_not_be_read_is_missing_as_long_as_the_list_is_shown(half: Client) -> None:
    Scan.objects.filter(kind="directory").delete()  # it is over sooner than what was made from it
    page, part = half.get("/queues/").text, half.get("/queues/counts/", headers=HTMX).text

    assert page.count("Altostrat does not let you see this") == 1
    assert "Every account that your tokens see has been read" not in page
    assert "1 could not be read" in part
    assert half.get("/queues/?format=csv").status_code == 409


def test_a_new_directory_does_not_make_an_old_list_whole(half: Client) -> None:
    read(half, "directory")
    assert half.get("/queues/?format=csv").status_code == 409
    half.post("/scans/directory/again/")

    assert not Scan.objects.exists()
    read(half)
    with closing(half.get("/queues/?format=csv")) as file:
        assert file.status_code == 200
