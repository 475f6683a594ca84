"""Ids are validated, so that no input can change the path of a call."""

from __future__ import annotations

import pytest

from billing.altostrat.identifiers import InvalidIdentifier, checked


@pytest.mark.parametrize("value", ["ws_a1b2c3d4e5f6g7h8", "ws_a", "ws_a_b-C", "ws_" + "a" * 252])
def test_ids_of_any_length_are_accepted(value: str) -> None:
    assert checked("workspaceId", value, "ws_") == value


@pytest.mark.parametrize(
    "value",
    [
        "",
        "ws_",
        "cus_a1",
        "WS_a1",
        "ws_a/b",
        "ws_a%2Fb",
        "ws_..",
        "ws_a?x=1",
        "ws_a#b",
        "ws_a b",
        "ws_a\n",
        "ws_a\r\nX: y",
        "ws_a\x00",
        "ws_ä",
        "ws_\N{ARABIC-INDIC DIGIT ONE}",
        "ws_a@host",
        "ws_a\\b",
        "ws_" + "a" * 253,
    ],
    ids=repr,
)
def test_malformed_ids_are_refused(value: str) -> None:
    with pytest.raises(InvalidIdentifier):
        checked("workspaceId", value, "ws_")


def test_the_error_names_the_parameter_but_not_the_value() -> None:
    with pytest.raises(InvalidIdentifier) as caught:
        checked("workspaceId", "ws_/../canary", "ws_")

    assert caught.value.name == "workspaceId"
    assert str(caught.value) == "workspaceId is not a valid ID."


def test_anything_but_text_is_refused() -> None:
    with pytest.raises(InvalidIdentifier):
        checked("workspaceId", None, "ws_")  # type: ignore[arg-type]
