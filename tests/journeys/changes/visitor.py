"""A person at a real portal without a browser, for tests with several tabs, double clicks and killed servers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import requests

from tests import html
from tests.pages.addresses import DOCUMENTED
from tests.plugins.processes import Portal


@dataclass
class Visitor:
    """A person whose tabs share the cookies."""

    portal: Portal
    name: str
    session: requests.Session = field(default_factory=requests.Session)

    def sign_in(self) -> Visitor:
        form = {"username": self.name, "password": self.portal.passwords[self.name]}
        answer = self.post("/accounts/sign-in/", form, page="/accounts/sign-in/")
        assert answer.status_code == 302, answer.text
        return self

    def get(self, path: str) -> str:
        answer = self.session.get(self.portal.url + path, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, form: dict[str, Any], page: str = "/account/") -> requests.Response:
        """Submit a form with the CSRF token of the page."""
        token = html.fields(self.get(page))["csrfmiddlewaretoken"]
        return self.send(path, {**form, "csrfmiddlewaretoken": token})

    def send(self, path: str, form: dict[str, Any]) -> requests.Response:
        """Submit a form unchanged."""
        return self.session.post(
            self.portal.url + path,
            form,
            headers={"Referer": self.portal.url},
            timeout=60,
            allow_redirects=False,
        )

    def prepare(self, name: str, **more: str) -> str:
        """Submit a new name, and more, for the documented account. Return the path of the review."""
        form = html.fields(self.get(f"{DOCUMENTED}edit/"), "main form") | {"name": name, **more}
        answer = self.send(f"{DOCUMENTED}edit/", form)
        assert answer.status_code == 302, answer.text
        return str(answer.headers["Location"])

    def signature(self, review: str) -> dict[str, str]:
        """Return what the form of the review sends."""
        return html.fields(self.get(review), "#sign-off") | {"reason": "Test"}
