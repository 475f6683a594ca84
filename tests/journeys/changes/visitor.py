"""A person at a real portal without a browser: what two tabs, impatient fingers and killed servers are tried with."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.pages.addresses import DOCUMENTED
from tests.plugins.processes import Portal


@dataclass
class Visitor:
    """Signed in; every tab shares the cookies."""

    portal: Portal
    name: str
    session: requests.Session = field(default_factory=requests.Session)

    def sign_in(self) -> Visitor:
        """Through the page."""
        form = {"username": self.name, "password": self.portal.passwords[self.name]}
        answer = self.post("/accounts/sign-in/", form, page="/accounts/sign-in/")
        assert answer.status_code == 302, answer.text
        return self

    def get(self, path: str) -> str:
        """A page's text."""
        answer = self.session.get(self.portal.url + path, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, form: dict[str, Any], page: str = "/account/") -> requests.Response:
        """A form, with the mark of the page that it stands on."""
        mark = hidden(self.get(page), "csrfmiddlewaretoken")
        return self.send(path, {**form, "csrfmiddlewaretoken": mark})

    def send(self, path: str, form: dict[str, Any]) -> requests.Response:
        """A form as it is."""
        return self.session.post(
            self.portal.url + path,
            form,
            headers={"Referer": self.portal.url},
            timeout=60,
            allow_redirects=False,
        )

    def prepare(self, name: str, **more: str) -> str:
        """Another name, and more, for the documented account; gives the address of the review."""
        page = self.get(f"{DOCUMENTED}edit/")
        names = ("csrfmiddlewaretoken", "change_id", "snapshot", "email", "phone")
        parts = ("line1", "line2", "city", "state", "postal_code")
        form = {key: hidden(page, key) for key in (*names, *parts)}
        form |= {"name": name, "country": "US", "description": "For US-based operations"} | more
        answer = self.send(f"{DOCUMENTED}edit/", form)
        assert answer.status_code == 302, answer.text
        return str(answer.headers["Location"])

    def signature(self, review: str) -> dict[str, str]:
        """What the form of a review sends."""
        page = self.get(review)
        return {name: hidden(page, name) for name in ("csrfmiddlewaretoken", "attempt")} | {"reason": "Test"}


def hidden(page: str, name: str) -> str:
    """The value of an input."""
    tag = re.search(rf"<input[^>]*name=\"{name}\"[^>]*>", page)
    assert tag, name
    found = re.search(r" value=\"([^\"]*)\"", tag[0])
    return html.unescape(found[1]) if found else ""
