"""An envelope opens only with its key and its context."""

from __future__ import annotations

import base64
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.vault import CannotUnseal, KeyRing, MalformedKeyRing, generate_key

CONTEXT = ("altostrat-token", "7", "https://api.example", "row-1")
OLD, NEW, OTHER = (generate_key(key_id) for key_id in ("old", "new", "other"))


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_unseal_returns_the_secret(secret: str) -> None:
    ring = KeyRing.parse(NEW)

    assert ring.unseal(ring.seal(secret, CONTEXT), CONTEXT) == secret


@pytest.mark.parametrize("position", range(len(CONTEXT)))
def test_envelope_does_not_open_in_another_context(position: int) -> None:
    ring = KeyRing.parse(NEW)
    moved = tuple("elsewhere" if at == position else part for at, part in enumerate(CONTEXT))

    with pytest.raises(CannotUnseal):
        ring.unseal(ring.seal("alto_sk_x", CONTEXT), moved)


def test_contexts_with_other_boundaries_differ() -> None:
    ring = KeyRing.parse(NEW)

    with pytest.raises(CannotUnseal):
        ring.unseal(ring.seal("alto_sk_x", ("ab", "c")), ("a", "bc"))


def test_first_key_seals_and_every_key_opens() -> None:
    sealed_before = KeyRing.parse(OLD).seal("alto_sk_x", CONTEXT)
    rotated = KeyRing.parse(f"{NEW},{OLD}")

    assert rotated.unseal(sealed_before, CONTEXT) == "alto_sk_x"
    assert rotated.seal("alto_sk_x", CONTEXT).startswith("v1:new:")


def test_envelope_does_not_open_without_its_key() -> None:
    envelope = KeyRing.parse(OLD).seal("alto_sk_x", CONTEXT)

    with pytest.raises(CannotUnseal):
        KeyRing.parse(OTHER).unseal(envelope, CONTEXT)


def test_envelope_does_not_open_with_another_key_of_the_same_id() -> None:
    envelope = KeyRing.parse(generate_key("k1")).seal("alto_sk_x", CONTEXT)

    with pytest.raises(CannotUnseal):
        KeyRing.parse(generate_key("k1")).unseal(envelope, CONTEXT)


def test_envelope_with_another_key_id_does_not_open() -> None:
    key = generate_key("a").partition(":")[2]
    ring = KeyRing.parse(f"a:{key},b:{key}")

    with pytest.raises(CannotUnseal):
        ring.unseal(ring.seal("alto_sk_x", CONTEXT).replace("v1:a:", "v1:b:"), CONTEXT)


def test_every_changed_byte_is_detected() -> None:
    ring = KeyRing.parse(NEW)
    head, raw = ring.seal("alto_sk_x", CONTEXT).rsplit(":", 1)
    sealed = base64.b64decode(raw)

    for position in range(len(sealed)):
        changed = sealed[:position] + bytes([sealed[position] ^ 1]) + sealed[position + 1 :]
        with pytest.raises(CannotUnseal):
            ring.unseal(f"{head}:{base64.b64encode(changed).decode()}", CONTEXT)


@pytest.mark.parametrize(
    "envelope", ["", "alto_sk_x", "v1:new:", "v1:new:AAAA", "v1:new:!!", "v2:new:AAAA", "v1::"]
)
def test_invalid_envelope_is_refused(envelope: str) -> None:
    with pytest.raises(CannotUnseal):
        KeyRing.parse(NEW).unseal(envelope, CONTEXT)


def test_every_envelope_is_different() -> None:
    ring = KeyRing.parse(NEW)
    envelopes = [ring.seal("alto_sk_x", CONTEXT) for _ in range(50)]

    assert all(one != other for one, other in itertools.combinations(envelopes, 2))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " , ",
        "nokey",
        "k1:",
        "k1:short",
        "k 1:" + "A" * 44,
        f"{NEW},{NEW}",
        f"{NEW},NEW:{'A' * 43}=",
        "k1:" + "A" * 42,
    ],
    ids=[
        "empty",
        "commas",
        "no colon",
        "no key",
        "no base64",
        "blank in the id",
        "twice",
        "twice but for case",
        "short",
    ],
)
def test_malformed_ring_is_refused(text: str) -> None:
    with pytest.raises(MalformedKeyRing, match="VAULT_KEYS"):
        KeyRing.parse(text)


def test_error_and_repr_show_no_key() -> None:
    material = NEW.partition(":")[2]

    with pytest.raises(MalformedKeyRing) as caught:
        KeyRing.parse(f"new:{material}AA")

    assert material not in str(caught.value)
    assert material not in repr(KeyRing.parse(NEW))
