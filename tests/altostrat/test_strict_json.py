"""Which JSON the strict parser accepts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.altostrat.strict_json import MalformedJson, parse


def test_a_document_is_parsed() -> None:
    document = parse('{"a": [1, "ä😀", true, null]}'.encode())

    assert document == {"a": [1, "ä😀", True, None]}


def test_a_fraction_is_exact() -> None:
    fraction = parse(b"0.10")

    assert fraction == Decimal("0.10")
    assert isinstance(fraction, Decimal)


def test_an_escaped_surrogate_pair_is_joined() -> None:
    assert parse(b'"\\ud83d\\ude00"') == "\N{GRINNING FACE}"


def test_an_escaped_backslash_before_u0000_is_kept() -> None:
    assert parse(b'"\\\\u0000"') == "\\u0000"


def test_64_levels_are_accepted() -> None:
    parse(b"[" * 64 + b"]" * 64)


def test_brackets_in_strings_are_no_levels() -> None:
    parse(b"[" + b'"[[", "\\"[", "\\\\", {"{": "["}, ' * 20 + b"[]]")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{} {}",
        b"{'a': 1}",
        b'{"a": NaN}',
        b"Infinity",
        b"-Infinity",
        b'{"id": "a", "id": "b"}',
        b'[{"deep": {"id": 1, "id": 1}}]',
        b"[" * 65 + b"]" * 65,
        b'["]", "]]", "\\"]", "\\\\", {"]": "}"}, ' + b"[" * 64 + b"]" * 65,
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 65,
        b"1" * 100_000,
        b"-" + b"9" * 5000,
        b"1e999999999999999999999999",
        b"1e401",
        b"0." + b"1" * 65,
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'"\\ud800"',
        b'{"\\udfff": 1}',
        b'{"a": ["\\u0000"]}',
        b'"\x00"',
        b'"a\nb"',
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
        b"[" + b"[]," * 300_000 + b"[]]",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_invalid_json_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedJson):
        parse(body)


def test_the_error_does_not_quote_the_document() -> None:
    with pytest.raises(MalformedJson) as caught:
        parse(b'{"secret": "canary"')

    assert "canary" not in str(caught.value)
    assert caught.value.__suppress_context__
