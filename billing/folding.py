"""Text as people type it: the same for "Sørensen" and "sorensen", and for "O’Hara" and "ohara"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Final

# Letters that Unicode neither decomposes nor names after the letter that people type instead ("L WITH STROKE").
# https://github.com/unicode-org/cldr/blob/main/common/transforms/Latin-ASCII.xml
_PAIRS: Final = (
    "æ=ae œ=oe ß=ss þ=th ð=d \u0131=i ȷ=j ŋ=n ĸ=q ƿ=w ə=e ǝ=e ɛ=e ɔ=o ʒ=z \u0251=a \u0261=g ꜳ=aa ꜵ=ao ꜷ=au ꜹ=av "
    "ꜽ=ay ꝏ=oo ·= ‧= \u2044=/"
)
_LETTERS: Final = dict(pair.split("=") for pair in _PAIRS.split())
# Spellings with two letters, which people use as well: Müller and Mueller, Đoković and Djokovic.
_SPELLINGS: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "đ": "dj", "ð": "dh", "ŋ": "ng"}
)
_BASE_LETTER: Final = re.compile(r"((?:LATIN|CYRILLIC) (?:SMALL |CAPITAL )?LETTER [A-Z]+) WITH .+")
# Also accents and primes that stand alone, and letters that look like an apostrophe.
_SINGLE_QUOTE: Final = re.compile(
    r"['`\u00b4\u02b9-\u02bf\u02c8\u02ca\u02cb\u02dd\u02ee\u0375\u0385\u055a\u05f3\u07f4\u07f5\u1fbd\u1fbf\u1fc1"
    r"\u1fcd-\u1fcf\u1fdd-\u1fdf\u1fed-\u1fef\u1ffd\u1ffe\u2018-\u201b\u2032\u2035-\u2037\u2039\u203a\u275b\u275c"
    r"\u275f\ua78b\ua78c]"
)
_DOUBLE_QUOTE: Final = re.compile(
    r"[\"\u00ab\u00bb\u05f4\u201c-\u201f\u2033\u2034\u2057\u275d\u275e\u2760\u301d-\u301f]"
)
# Not in the category of dashes: hyphen bullet, minus, modifier minus.
_DASHES: Final = frozenset("\u2043\u2212\u02d7\u2796")
# Blank, but not in the category of spaces: the Braille blank and the fillers of Hangul.
_BLANKS: Final = frozenset("\u2800\u115f\u1160\u3164\uffa0")
# Neither formats nor controls: the grapheme joiner, the tatweel, Khmer vowels and variation selectors.
_INVISIBLE: Final = re.compile(r"[\u034f\u0640\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def plain(text: str) -> str:
    """Replace typographic quotes, dashes, spaces, digits and wide letters by those of a keyboard.

    Invisible characters are removed. Letters keep their case and accents.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", "".join(map(_plain, text)))
    elif not text.isprintable():
        text = "".join(map(_plain, text))
    return " ".join(text.replace("`", "'").split())


def fold(text: str) -> str:
    """Fold case, accents and special letters of a plain text as well, and remove quotes."""
    text = plain(text).lower() if text.isascii() else _fold_letters(plain(text))
    return text.replace("'", "").replace('"', "")


def spellings(text: str) -> tuple[str, ...]:
    """Return the folded text, and its spelling with two letters if that differs: ("muller", "mueller") for "Müller"."""
    if text.isascii():
        return (fold(text),)
    return tuple(dict.fromkeys((fold(text), fold(plain(text).lower().translate(_SPELLINGS)))))


def has_words(query: str) -> Callable[[str], bool]:
    """Return a function that returns whether a text has all words of the query."""
    words = [spellings(word) for word in plain(query).split()]

    def has_all(text: str) -> bool:
        texts = spellings(text)
        return all(any(one in spelling for spelling in texts for one in word) for word in words)

    return has_all


def _fold_letters(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold()).casefold()
    return " ".join("".join(map(_letter, decomposed)).split())


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if _SINGLE_QUOTE.match(character):
        return "'"
    if _DOUBLE_QUOTE.match(character):
        return '"'
    if category == "Pd" or character in _DASHES:
        return "-"
    if character.isspace() or category == "Zs" or character in _BLANKS:
        return " "
    if category in {"Cf", "Cc", "Me"} or _INVISIBLE.match(character):
        return ""
    return _digit_or_narrow(character)


def _digit_or_narrow(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    # Combining marks must stay with their letter.
    is_wide = unicodedata.decomposition(character).startswith(("<wide>", "<narrow>", "<font>"))
    return "".join(map(_plain, unicodedata.normalize("NFKC", character))) if is_wide else character


@lru_cache(maxsize=4096)
def _letter(character: str) -> str:
    if character.isascii():
        return character
    if unicodedata.combining(character):
        return ""
    if character in _LETTERS:
        return _LETTERS[character]
    if _plain(character) != character:
        return _plain(character)
    base = _BASE_LETTER.fullmatch(unicodedata.name(character, ""))
    try:
        return _letter(unicodedata.lookup(base[1])) if base else character
    except KeyError:  # no letter has that name
        return character
