"""A person at a real portal without a browser: what two tabs, impatient fingers and killed servers are tried with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import requests

from tests import html
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
        mark = html.fields(self.get(page))["csrfmiddlewaretoken"]
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
        form = html.fields(self.get(f"{DOCUMENTED}edit/"), "main form") | {"name": name, **more}
        answer = self.send(f"{DOCUMENTED}edit/", form)
        assert answer.status_code == 302, answer.text
        return str(answer.headers["Location"])

    def signature(self, review: str) -> dict[str, str]:
        """What the form of a review sends."""
        return html.fields(self.get(review), "#sign-off") | {"reason": "Test"}
