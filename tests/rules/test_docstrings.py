"""Docstrings of functions are imperative, also where ruff's D401 does not recognize the first word."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plugins.processes import ROOT
from tests.rules.test_repository import PYTHON

NO_VERB = re.compile(
    r"\W|(?:All|Also|An?|Any|Each|Every|How|If|Like|No|None|One|The|What|When|Whether|Who|Whom|Why)\b"
)


@pytest.mark.parametrize("folder", ["portal", "billing", "tests", "bin", "bench"])
def test_docstring_of_a_function_begins_with_a_verb(folder: str) -> None:
    paths = [path for path in PYTHON if path.is_relative_to(ROOT / folder)]
    wrong = [f"{path.relative_to(ROOT)}:{line}" for path in paths for line in _wrong(path)]

    assert paths
    assert not wrong, f'Begin with an imperative verb, such as "Return whether", in {wrong}.'


def _wrong(path: Path) -> Iterator[int]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or _is_exempt(node):
            continue
        if NO_VERB.match(ast.get_docstring(node) or "Return"):
            yield node.lineno


def _is_exempt(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether the docstring describes a value or a case instead of an action."""
    is_property = any("property" in ast.unparse(decorator) for decorator in node.decorator_list)
    return is_property or node.name.startswith("test_")
