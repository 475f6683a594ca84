"""A browser that stops answering holds up no test run."""

from __future__ import annotations

import os
import signal

from tests.plugins.chromium import Chromium, browser_context


def test_a_browser_that_does_not_close_is_killed_and_comes_anew(chromium: Chromium) -> None:
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
        page.goto("data:text/html,It answers again")
        assert page.inner_text("body") == "It answers again"
