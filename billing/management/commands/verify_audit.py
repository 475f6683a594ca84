"""manage.py verify_audit [--expect-head ID:HASH] [--head-file PATH] [--anchor ID:HASH] [--without-contents]."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.services.audit import prunings, verify
from billing.services.audit.verify import Anchor


def _head(text: str) -> Anchor:
    """Parse a head as this command prints it, or the hash alone."""
    return _anchor(text) if ":" in text else Anchor(_hash(text))


def _anchor(text: str) -> Anchor:
    entry_id, _, noted = text.partition(":")
    if not re.fullmatch(r"[0-9]{1,18}", entry_id):
        raise ArgumentTypeError("write it as ID:HASH")
    return Anchor(_hash(noted), int(entry_id))


def _hash(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ArgumentTypeError("a hash has 64 hexadecimal digits")
    return text


def _stored_head(file: Path | None) -> Anchor | None:
    try:
        return None if file is None or not file.exists() else _head(file.read_text().strip())
    except (OSError, ArgumentTypeError) as error:
        raise CommandError(f"--head-file {file} cannot be read: {error}") from error


def _store(file: Path, head: str) -> None:
    """Replace the file, which never has half a head."""
    new = file.with_suffix(".new")
    try:
        new.write_text(head)
        new.replace(file)
    except OSError as error:
        raise CommandError(f"--head-file {file} cannot be written: {error}") from error


class Command(BaseCommand):
    """A command that names the first broken entry of a broken chain, and exits with code 1."""

    help = (
        "Verify that no audit entry was changed, removed, inserted or moved. Store the printed head in another place: "
        "with --expect-head (or --anchor), a later run also verifies that no entry is missing at the end."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--expect-head",
            type=_head,
            metavar="ID:HASH",
            help="a head from an earlier run that the chain must contain",
        )
        parser.add_argument(
            "--head-file",
            type=Path,
            metavar="PATH",
            help="a file outside of the database: the chain must contain the head in it, and the new head replaces it",
        )
        parser.add_argument("--anchor", type=_anchor, action="append", default=[], metavar="ID:HASH")
        parser.add_argument(
            "--without-contents",
            action="store_true",
            help="skip the sealed values; works without VAULT_KEYS",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path | None = options["head_file"]
        anchors = [*options["anchor"], *filter(None, [options["expect_head"], _stored_head(file)])]
        try:
            proof = verify.verify(anchors, with_contents=not options["without_contents"])
        except verify.Broken as error:
            raise CommandError(f"The chain is broken. {error}.") from None
        opened = "not checked" if options["without_contents"] else f"{proof.contents} opened"
        self.stdout.write(
            f"The chain is intact. Entries: {proof.entries}; contents: {opened}, {proof.pruned} pruned."
        )
        if proof.entries:
            before = (
                f"the {proof.first_id - 1} entries before it were pruned"
                if proof.start
                else "nothing was pruned"
            )
            self.stdout.write(f"Start: entry {proof.first_id}; {before}.")
        # Anyone who can write to the database can forge a pruning, so a person has to compare them.
        for entry in prunings.pruning_entries():
            self.stdout.write(f"Pruning: entry {entry.pk}, {entry.at:%Y-%m-%d %H:%M} UTC: {entry.detail}.")
        if proof.entries:
            self.stdout.write(f"Head: {proof.last_id}:{proof.head}")
            if file is not None:
                _store(file, f"{proof.last_id}:{proof.head}\n")
        if not anchors:
            self.stdout.write(
                "The end is not verified: without --expect-head, entries after this head may be missing."
            )
