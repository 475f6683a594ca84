"""Steps of scans to their end, and the files of their results."""

from __future__ import annotations

import csv
import io

from django.test import Client

from tests.services.scans.pauses import skip_pauses


def read(client: Client, kind: str = "facts") -> None:
    """Request the steps of a scan until it is finished, without its pauses."""
    for _ in range(100):
        skip_pauses()
        if client.get(f"/scans/{kind}/").status_code == 302:
            return
    raise AssertionError


def rows_of(client: Client, address: str) -> list[dict[str, str]]:
    """Download a CSV file and return its rows."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    body = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(body)))
