"""Answers as a person sees them for whom personal data is masked: see `billing.masks`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from billing import masks
from billing.altostrat.client import Answer
from billing.altostrat.decoding import decode
from billing.altostrat.errors import UnexpectedAnswer
from billing.altostrat.failure_reasons import FailureReason
from billing.services.actor import Actor
from billing.services.reads.results import Copied, Failed, Result
from billing.services.tokens.kept_copies import Read

T = TypeVar("T")


def results_for(
    actor: Actor, reads: Mapping[str, Read[Any]], results: Mapping[str, Result]
) -> dict[str, Result]:
    """Return what the actor may see of these results."""
    if not actor.is_masked:
        return dict(results)
    return {name: _result(actor, reads[name], result) for name, result in results.items()}


def answers_for(
    actor: Actor, reads: Mapping[str, Read[Any]], answers: Mapping[str, Answer[Any]]
) -> dict[str, Answer[Any]]:
    """Return what the actor may see of these answers."""
    found = {name: Copied(answer) for name, answer in answers.items()}
    shown = results_for(actor, reads, found)
    return {name: one.answer for name, one in shown.items() if one.answer is not None}


def answer_for(actor: Actor, read: Read[T], answer: Answer[T]) -> Answer[T]:
    """Return what the actor may see of an answer: its value, and its body.

    Raise UnexpectedAnswer for an answer that cannot be written again with masks, such as one with an endless number.
    """
    if not actor.is_masked or not answer.body or read.operation.media_types:
        return answer
    document = masks.value("", json.loads(answer.body))
    body = json.dumps(document).encode()
    value = decode(read.operation, read.path, read.body, body, answer.content_type)
    if isinstance(value, FailureReason):
        raise read.operation.error(UnexpectedAnswer, value, answer.status, answer.request_id)
    return replace(answer, value=value, body=body)


def _result(actor: Actor, read: Read[Any], result: Result) -> Result:
    if isinstance(result, Failed) or result.answer is None:
        return result
    try:
        return replace(result, answer=answer_for(actor, read, result.answer))
    except UnexpectedAnswer as error:
        return Failed(error)
