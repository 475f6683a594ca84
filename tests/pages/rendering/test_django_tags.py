"""The tags that replace Django's have the same results."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from django.template import engines
from django.urls import NoReverseMatch, get_script_prefix, set_script_prefix
from django.utils.html import escape
from django.utils.safestring import SafeString


def rendered(template: str, **values: object) -> str:
    return engines["django"].from_string(template).render(values)


@pytest.fixture
def script_prefix() -> Iterator[None]:
    prefix = get_script_prefix()
    set_script_prefix("/below/")
    yield
    set_script_prefix(prefix)


def test_include_has_its_own_values_each_time() -> None:
    template = "{% for id in ids %}{% include 'parts/facts/copy.html' with value=id %}{% endfor %}{{ value }}"

    first, second = rendered(template, ids=["cus_1", "<b>"]), rendered(template, ids=["cus_2"])

    assert "<code>cus_1</code>" in first
    assert "<code>&lt;b&gt;</code>" in first
    assert first.rstrip().endswith("</span>")
    assert "<code>cus_2</code>" in second
    assert "cus_1" not in second


def test_variables_of_an_include_end_with_it() -> None:
    template = "{% include 'billing/workspaces/crumb.html' %}{{ name }}{{ workspace.name }}"

    assert rendered(template, workspace_id="ws_1", workspace={"name": "Acme"}).endswith("</li>Acme")


def test_include_without_the_context_around_it() -> None:
    template = "{% include 'parts/facts/copy.html' with what='it' only %}"

    assert "<code></code>" in rendered(template, value="cus_1")


def test_template_with_a_name_from_a_variable_is_included() -> None:
    shown = rendered("{% include name with value='cus_1' %}", name="parts/facts/copy.html")

    assert "<code>cus_1</code>" in shown


@pytest.mark.parametrize(
    ("template", "address"),
    [
        ("{% url 'home' %}", "/"),
        ("{% url 'billing-account' workspace_id 'cus_2' %}", "/workspaces/ws_1/billing-accounts/cus_2/"),
        ("{% url name workspace_id %}", "/workspaces/ws_1/"),
        ("{% url 'workspace' workspace_id=workspace_id %}", "/workspaces/ws_1/"),
        ("{% url 'workspace' 'a&b' %}", "/workspaces/a&amp;b/"),
        ("{% url 'workspace' 'a/b' as found %}{{ found }}", ""),
    ],
)
def test_url(template: str, address: str) -> None:
    assert [rendered(template, workspace_id="ws_1", name="workspace") for _ in range(2)] == [address] * 2


def test_url_that_no_pattern_matches_is_an_error() -> None:
    for _ in range(2):
        with pytest.raises(NoReverseMatch):
            rendered("{% url 'workspace' 'a/b' %}")


def test_url_below_a_prefix(script_prefix: None) -> None:
    assert rendered("{% url 'home' %}") == "/below/"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a<b", "a&lt;b"),
        (SafeString("<b>"), "<b>"),
        (escape("<"), "&lt;"),
        (1234567, "1234567"),
        (True, "True"),
        (None, "None"),
        (Decimal("1.50"), "1.50"),
        (date(2026, 11, 1), "Nov. 1, 2026"),
        (["<"], "[&#x27;&lt;&#x27;]"),
    ],
)
def test_value(value: object, shown: str) -> None:
    assert rendered("{{ value }}", value=value) == shown


def test_value_that_is_not_escaped() -> None:
    assert rendered("{% autoescape off %}{{ value }}{% endautoescape %}", value="a<b") == "a<b"


def test_static_file(static_files: None) -> None:
    template = engines["django"].from_string("{% static 'js/portal.js' %}{% static name %}")
    first, second = (template.render({"name": f"img/{name}.svg"}) for name in ("favicon", "icons"))

    assert "/static/js/portal." in first
    assert "/static/img/favicon." in first
    assert "/static/img/icons." in second
