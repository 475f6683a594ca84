"""A browser that stops responding does not block the tests."""

from __future__ import annotations

import os
import signal

from tests.plugins.chromium import Chromium, browser_context


def test_hanging_browser_is_killed_and_restarted(chromium: Chromium) -> None:
    hung = chromium.browser()
    with browser_context(hung, close_seconds=0.5) as context:
        context.new_page().goto("about:blank")
        session = hung.new_browser_cdp_session()
        found = session.send("SystemInfo.getProcessInfo")["processInfo"]
        os.kill(next(process["id"] for process in found if process["type"] == "browser"), signal.SIGSTOP)

    fresh = chromium.browser()
    assert not hung.is_connected()
    with browser_context(fresh) as context:
        page = context.new_page()
        page.goto("data:text/html,It responds again")
        assert page.inner_text("body") == "It responds again"
