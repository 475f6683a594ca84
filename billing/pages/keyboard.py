"""The help about keys. Scripts show it in a dialog."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from billing.pages.frame.access import SIGNED_IN, PageRequest, page


@page(SIGNED_IN)
def detail(request: PageRequest) -> HttpResponse:
    name = "keys" if request.htmx else "page"
    return render(request, f"billing/keyboard/{name}.html")
