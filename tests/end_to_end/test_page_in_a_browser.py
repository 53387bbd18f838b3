"""The HTML page in a real browser: nothing sticks out at any width, both colour schemes are legible, no request is made.

Without Chromium these are skipped with the reason, or fail where REVIEWBOT_REQUIRE_BROWSER=1.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from report.samples import DOES_NOT_BUILD, GROWN, NOT_BUILT, REVIEW
from report.test_page import CONTEXT, hostile_review

from reviewbot.outcome import Review
from reviewbot.report.page import to_html

USUAL = replace(REVIEW, images=(GROWN, DOES_NOT_BUILD, NOT_BUILT))

MEASURE = """<script>addEventListener("load", () => {
  const rgb = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const luminance = (color) => { const [r, g, b] = rgb(color).map((c) => (c /= 255) <= 0.03928 ? c / 12.92
    : ((c + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = (node) => { for (; node; node = node.parentElement) { const color = getComputedStyle(node).backgroundColor;
    if (!/, 0\\)|transparent/.test(color)) return color; } return "rgb(255, 255, 255)"; };
  const texts = [...document.querySelectorAll("body *")].filter((e) => [...e.childNodes].some((n) => n.nodeType === 3
    && n.data.trim()) && !["STYLE", "SCRIPT"].includes(e.tagName));
  const contrasts = texts.map((e) => { const a = luminance(getComputedStyle(e).color), b = luminance(ground(e));
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); });
  document.title = "R" + JSON.stringify({ wide: document.documentElement.scrollWidth - innerWidth,
    contrast: Math.min(...contrasts), ground: luminance(getComputedStyle(document.body).backgroundColor),
    tags: [...new Set([...document.querySelectorAll("*")].map((e) => e.tagName))], texts: texts.length });
});</script>"""


@pytest.fixture(scope="module")
def chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    if os.environ.get("REVIEWBOT_REQUIRE_BROWSER") == "1":
        pytest.fail("REVIEWBOT_REQUIRE_BROWSER is set, but there is no Chromium here")
    pytest.skip("there is no Chromium here")


class Site:
    """One page on the loopback, and what a browser asks for besides it."""

    def __init__(self) -> None:
        self.page = ""
        self.asked: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(site.page.encode())

            def log_message(self, *_: Any) -> None:
                """Silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/page"


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.server.shutdown()


def shown(chromium: str, site: Site, folder: Path, *, width: int, dark: bool) -> dict[str, Any]:
    """What the page comes to on a screen; it is asked by a script, for which a copy of the page allows scripts."""
    command = [
        *(chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}", "--dump-dom"),
        *(f"--window-size={width},900", f"--blink-settings=preferredColorScheme={0 if dark else 1}", site.address),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    found: dict[str, Any] = json.loads(re.findall(r"<title>R(.*?)</title>", done.stdout)[0])
    return found


@pytest.mark.parametrize(("width", "dark"), [(500, True), (1300, False)], ids=["narrow, dark", "wide, light"])
def test_it_fits_and_is_legible(chromium: str, site: Site, tmp_path: Path, width: int, dark: bool) -> None:
    site.page = re.sub(r"<meta http-equiv[^>]*>", "", to_html(USUAL, CONTEXT)) + MEASURE
    found = shown(chromium, site, tmp_path, width=width, dark=dark)

    assert found["texts"] > 60
    assert found["wide"] <= 0
    assert found["contrast"] >= 4.5
    assert (found["ground"] < 0.5) is dark


@pytest.mark.parametrize("review", [USUAL, hostile_review()], ids=["usual", "hostile"])
def test_it_asks_for_nothing_and_runs_nothing(chromium: str, site: Site, tmp_path: Path, review: Review) -> None:
    site.page = to_html(review, CONTEXT)
    command = [
        *(chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}", "--dump-dom"),
        *("--enable-logging=stderr", site.address),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)

    assert [path for path in site.asked if path != "/favicon.ico"] == ["/page"]
    assert "CONSOLE" not in done.stderr
    assert "<script" not in done.stdout and "<img" not in done.stdout
