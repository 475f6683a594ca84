"""Find the words of bin/words.txt, which must not come back: `python -m bin.words [FILE…]`."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parents[1]
_LIST: Final = _ROOT / "bin" / "words.txt"
_KINDS: Final = {".py", ".html", ".js", ".mjs", ".css", ".md", ".txt", ".toml", ".json", ".yaml", ""}
# Third-party files, and files with stored names.
_LEFT_OUT: Final = ("bin/words.txt", "contract/", "package-lock.json", "requirements")


def main() -> None:
    lines = [line for line in _LIST.read_text().splitlines() if line and not line.startswith("#")]
    allowed = [line.removeprefix("except ") for line in lines if line.startswith("except ")]
    replacements = dict(_words(lines))
    pattern = _pattern(replacements)
    found = 0
    for path in _files(sys.argv[1:]):
        text = path.read_text()
        for phrase in allowed:
            text = text.replace(phrase, "")
        for match in pattern.finditer(text):
            found += 1
            line = text.count("\n", 0, match.start()) + 1
            words = " ".join(match[0].split())
            print(f"{path.relative_to(_ROOT)}:{line}: {words} => {replacements[words.lower()]}")
    sys.exit(f"{found} words that must not come back: see bin/words.txt." if found else 0)


def _words(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        words, arrow, replacement = line.partition(" => ")
        if arrow:
            for word in words.split(", "):
                yield word.lower(), replacement


def _pattern(words: dict[str, str]) -> re.Pattern[str]:
    longest_first = sorted(words, key=len, reverse=True)
    choices = "|".join(r"\s+".join(map(re.escape, word.split(" "))) for word in longest_first)
    return re.compile(rf"(?<![A-Za-z.])(?:{choices})(?![A-Za-z])", re.IGNORECASE)


def _files(names: list[str]) -> Iterator[Path]:
    tracked = (
        names
        or subprocess.run(
            ["git", "ls-files"], cwd=_ROOT, capture_output=True, text=True, check=True
        ).stdout.splitlines()
    )
    for name in tracked:
        path = _ROOT / name
        if path.suffix in _KINDS and "migrations" not in path.parts and not name.startswith(_LEFT_OUT):
            yield path


if __name__ == "__main__":
    main()
