"""A token is parsed leniently and never revealed by accident."""

from __future__ import annotations

import base64
import copy
import json
import pickle
from datetime import UTC, datetime

import pytest

from billing.altostrat.credentials import BearerToken, MalformedToken, TokenKind

API_KEY = "alto_sk_ab12CANARY" + "x" * 38
TEAM_KEY = "11111111-1111-4111-8111-111111111111:22222222-2222-4222-8222-222222222222:" + "s" * 62


def jwt(claims: object) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'RS256'})}.{part(claims)}.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "pasted",
    [API_KEY, f"  {API_KEY}\n", f"Bearer {API_KEY}", f"bearer   {API_KEY} ", f"\r\nBEARER\t{API_KEY}\r\n"],
    ids=repr,
)
def test_parse_trims_and_strips_the_scheme(pasted: str) -> None:
    assert BearerToken.parse(pasted).reveal() == API_KEY


@pytest.mark.parametrize(
    ("pasted", "word"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        ("Bearer ", "empty"),
        ("bearer", "empty"),
        ("abc\ndef", "line break"),
        ("abc\r\nX-Header: y", "line break"),
        ("abc\u2028def", "line break"),
        ("abc def", "space"),
        ("Bearer Bearer abc", "space"),
        ("abc\tdef", "space"),
        ("abc\u00a0def", "space"),
        ("abc\x00def", "character"),
        ("abc\x7fdef", "character"),
        ("abcädef", "character"),
        ("abc\u200bdef", "character"),
        ("x" * 8001, "longer"),
    ],
    ids=repr,
)
def test_parse_says_why_it_refuses_a_text(pasted: str, word: str) -> None:
    with pytest.raises(MalformedToken, match=word) as caught:
        BearerToken.parse(pasted)

    assert "abc" not in str(caught.value)


def test_the_constructor_refuses_a_malformed_token() -> None:
    with pytest.raises(MalformedToken):
        BearerToken("abc\r\nX-Injected: 1")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (API_KEY, TokenKind.API_KEY),
        (TEAM_KEY, TokenKind.TEAM_KEY),
        (jwt({"sub": "x"}), TokenKind.JWT),
        ("something-else", TokenKind.OTHER),
        ("a:b:c", TokenKind.OTHER),
        ("a..c", TokenKind.OTHER),
    ],
)
def test_the_kind_of_a_token(text: str, kind: TokenKind) -> None:
    assert BearerToken(text).kind is kind


def test_the_mask_shows_the_prefix_of_an_api_key() -> None:
    assert BearerToken(API_KEY).masked == "alto_sk_ab12…"


@pytest.mark.parametrize("length", [1, 3, 4, 20, 47, 48, 300])
def test_the_mask_shows_at_most_a_quarter_and_twelve_characters(length: int) -> None:
    shown = BearerToken("k" * length).masked.removesuffix("…")

    assert len(shown) == min(12, length // 4)


def test_text_representations_do_not_reveal_the_token() -> None:
    token = BearerToken(API_KEY)

    shown = [str(token), repr(token), f"{token}", f"{token!r:>5}", f"{[token]}", str(vars(BearerToken))]

    assert not [text for text in shown if "CANARY" in text]


@pytest.mark.parametrize("write", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_token_cannot_be_pickled_or_copied(write: object) -> None:
    with pytest.raises(TypeError):
        write(BearerToken(API_KEY))  # type: ignore[operator]


def test_the_expiry_of_a_jwt() -> None:
    assert BearerToken(jwt({"exp": 1793000000})).expires_at == datetime(2026, 10, 26, 7, 33, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        API_KEY,
        TEAM_KEY,
        jwt({}),
        jwt([]),
        jwt("text"),
        jwt({"exp": None}),
        jwt({"exp": True}),
        jwt({"exp": "1793000000"}),
        jwt({"exp": 10**40}),
        jwt({"exp": -(10**40)}),
        jwt({"exp": float("nan")}),
        jwt({"exp": [1]}),
        "eyJh.!!!.sig".replace("!", "_"),
        "a.b.c",
        "eyJh.AAAAA.sig",
        "a." + base64.urlsafe_b64encode(b"[" * 100_000).decode().rstrip("=")[:7000] + ".c",
    ],
    ids=lambda text: text[:40],
)
def test_the_expiry_is_none_if_it_cannot_be_read(text: str) -> None:
    assert BearerToken(text).expires_at is None


def test_a_token_is_found_in_a_body() -> None:
    assert BearerToken(API_KEY).occurs_in(b"Got " + API_KEY.encode() + b".")
    assert not BearerToken(API_KEY).occurs_in(API_KEY[:-1].encode())


def test_a_short_token_is_not_searched_for() -> None:
    assert not BearerToken("id").occurs_in(b'{"id": 1}')


def test_equal_tokens_are_equal() -> None:
    assert BearerToken(API_KEY) == BearerToken(API_KEY)
    assert BearerToken(API_KEY) != BearerToken(TEAM_KEY)
    assert BearerToken(API_KEY) != API_KEY
