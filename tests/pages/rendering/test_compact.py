from __future__ import annotations

import pytest

from billing.pages.rendering.compact import compact


@pytest.mark.parametrize(
    ("template", "compacted"),
    [
        ("<p>\n  one\n  two\n</p>\n", "<p>\none\ntwo</p>"),
        ("one\n  {% if a %}\n  two\n  {% endif %}\nthree\n", "one\n{% if a %}two\n{% endif %}three\n"),
        ("one\n{% for a in b %}{% if c %}\n  two", "one\n{% for a in b %}{% if c %}two"),
        ('one\n{% icon "key" %}\ntwo', 'one\n{% icon "key" %}\ntwo'),
        ('one\n{% include "a.html" %}\ntwo', 'one\n{% include "a.html" %}\ntwo'),
        ("one\n<dl>\n  <dt>{{ a }}\n  </dt>\n</dl>\ntwo", "one\n<dl><dt>{{ a }}</dt></dl>two"),
        ("one\n<b>\n  two\n</b>\nthree", "one\n<b>\ntwo\n</b>\nthree"),
        ("{% if a %}\none", "{% if a %}\none"),  # it may be included after a word
        (
            "one\n  <pre>{{ a }}\n\n  {% if b %}\n  c</pre>\n  two",
            "one\n<pre>{{ a }}\n\n  {% if b %}\n  c</pre>\ntwo",
        ),
    ],
)
def test_only_whitespace_that_does_not_separate_words_is_removed(template: str, compacted: str) -> None:
    assert compact(template) == compacted
