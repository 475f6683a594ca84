"""Django's tags `include`, `static` and `url`, without the work that has the same result each time."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django import template
from django.template import Context, Node, NodeList
from django.template.base import FilterExpression, Parser, Token
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as django_url
from django.template.loader_tags import IncludeNode, do_include
from django.templatetags.static import StaticNode
from django.urls import get_script_prefix, reverse
from django.utils.html import escape
from django.utils.safestring import SafeString

register = template.Library()


@register.tag
def include(parser: Parser, token: Token) -> Node:
    node = do_include(parser, token)
    return _Include(node) if _is_fixed(node.template) else node


@register.tag
def static(parser: Parser, token: Token) -> Node:
    node = StaticNode.handle_token(parser, token)
    return _Static(node) if _is_fixed(node.path) and node.varname is None else node


@register.tag
def url(parser: Parser, token: Token) -> Node:
    node = django_url(parser, token)
    return node if node.kwargs or node.asvar else _Url(node)


class _Include(Node):
    """A part of a page, which is found once."""

    child_nodelists = ()

    def __init__(self, node: IncludeNode) -> None:
        self._node = node
        self._nodelist: NodeList | None = None

    def render(self, context: Context) -> SafeString:
        if self._nodelist is None:
            assert context.template is not None  # while it is rendered
            self._nodelist = context.template.engine.get_template(self._node.template.var).nodelist
        values = {name: value.resolve(context) for name, value in self._node.extra_context.items()}
        if self._node.isolated_context:
            return self._nodelist.render(context.new(values))
        with context.push(**values):
            return self._nodelist.render(context)


class _Static(Node):
    child_nodelists = ()

    def __init__(self, node: StaticNode) -> None:
        self._node = node
        self._address = ""

    def render(self, context: Context) -> str:
        if not self._address:
            self._address = self._node.render(context)
        return self._address


class _Url(Node):
    child_nodelists = ()

    def __init__(self, node: URLNode) -> None:
        self._name, self._args = node.view_name, node.args

    def render(self, context: Context) -> SafeString:
        args = [arg.resolve(context) for arg in self._args]
        return _address(get_script_prefix(), self._name.resolve(context), *args)


@lru_cache(maxsize=4096)
def _address(prefix: str, name: str, *args: Any) -> SafeString:
    return SafeString(escape(reverse(name, args=args)))


def _is_fixed(expression: FilterExpression) -> bool:
    return isinstance(expression.var, str) and not expression.filters
