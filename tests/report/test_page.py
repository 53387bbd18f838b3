"""The HTML page: complete, inert, and in need of nothing else."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace
from report.samples import APT_YES, BASE, CLEAN, DOES_NOT_BUILD, GROWN, HEAD, NOT_BUILT, REMOVED_USER, REVIEW

from reviewbot.finding import Notice, Suppression
from reviewbot.image.model.packages import Package, PackageChange, PackageMove
from reviewbot.image.model.size import LayerChange, LayerDelta
from reviewbot.image.model.spec import ImageSpec
from reviewbot.outcome import Review
from reviewbot.report.context import ReportContext
from reviewbot.report.page import to_html
from reviewbot.source.text import Text

CONTEXT = ReportContext(repository_url="https://github.com/acme/web", head_sha=HEAD, base_sha=BASE)
LOADING = {"src", "srcset", "background", "poster", "data", "action", "formaction", "ping", "manifest", "xlink:href"}
EMPTY = {"meta", "br", "link", "img", "input"}


class Page(HTMLParser):
    """``text`` is what is to be read; ``tags``, ``attributes`` and ``links`` what there is besides."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.links = "", [""]
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.styles: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.styles += [value or "" for name, value in attrs if name == "style"]
        if tag not in EMPTY:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.text += data


def test_says_all_there_is_to_say() -> None:
    page = Page(to_html(replace(REVIEW, images=(GROWN, DOES_NOT_BUILD, NOT_BUILT)), CONTEXT))
    for words in (
        *("4 problems to fix, 1 note", "148.2 MB", "189.4 MB", "+41.2 MB", "+38.9 MB", "Over budget: It grows by"),
        *("does not build", "No Docker Engine answers", "apt-get-yes", "This container runs as root"),
        *("restarted by the cluster", "in its old form", "docker-bake.hcl is not read", "+USER app", "+node_modules"),
    ):
        assert words in page.text
    assert f"https://github.com/acme/web/blob/{HEAD}/Dockerfile#L2" in page.links


def test_packages_that_changed_are_listed() -> None:
    old, new = (
        Package("libc6", "2.36-9", "deb", 12_000_000, "glibc"),
        Package("libc6", "2.36-10", "deb", 12_500_000, "glibc"),
    )
    change = PackageChange("libc6", "deb", PackageMove.UPGRADED, old, new)
    page = Page(to_html(replace(CLEAN, images=(replace(GROWN, package_changes=(change,)),))))

    assert "Packages: 1 upgraded" in page.text and "libc6 upgraded 2.36-9 → 2.36-10, +500.0 kB" in page.text


def test_says_how_to_see_the_same_and_names_no_command_that_would_not_work_there() -> None:
    assert f"reviewbot review --base {BASE} --head {HEAD}" in Page(to_html(REVIEW)).text
    assert f"reviewbot fix --base {BASE}" in Page(to_html(REVIEW)).text
    audit = Page(to_html(REVIEW, replace(CONTEXT, is_on_change=False))).text
    assert f"reviewbot review --base {BASE} --head {HEAD} --scope all" in audit
    assert f"reviewbot fix --base {BASE} --scope all" in audit
    without_git = Page(to_html(replace(REVIEW, base=None, head=None))).text
    assert (
        "reviewbot check" in without_git
        and "reviewbot fix" not in without_git
        and "reviewbot review" not in without_git
    )
    of_an_image = Page(to_html(replace(REVIEW, base=None, head=None, files=()))).text
    assert "on the command line" not in of_an_image


def test_a_clean_review_is_a_page_too() -> None:
    page = Page(to_html(CLEAN))
    assert "Passes" in page.text and "148.2 MB" in page.text


def test_a_removed_line_links_to_the_base() -> None:
    page = Page(to_html(replace(CLEAN, findings=(REMOVED_USER,)), CONTEXT))
    assert f"https://github.com/acme/web/blob/{BASE}/Dockerfile#L6" in page.links
    assert "removed line 6" in page.text


HOSTILE = '"><script>alert(1)</script><img src=//evil.example/x onerror=y>\u202e\x00\x1b[31m`<b>` </code>'


def hostile_review() -> Review:
    """Everything that a change has a say in says the same."""
    text = Text("Dockerfile", f"FROM debian\n{HOSTILE}\n")
    place = replace(APT_YES.location, path=HOSTILE, line=2, end_line=2, column=1, end_column=20)
    finding = replace(APT_YES, message=HOSTILE, why=HOSTILE, advice=HOSTILE, log=HOSTILE, location=place, rule=HOSTILE)
    layer = LayerDelta(HOSTILE, 2, 1, 2, LayerChange.GROWN)
    image = replace(GROWN, spec=ImageSpec(HOSTILE, HOSTILE, ""), layers=(layer,), notices=(HOSTILE,))
    return replace(
        CLEAN,
        findings=(finding,),
        suppressed=((finding, Suppression("comment", HOSTILE)),),
        fixed=(finding,),
        images=(replace(image, broken_budgets=(HOSTILE,)), replace(DOES_NOT_BUILD, reason=HOSTILE, platform=HOSTILE)),
        notices=(Notice(HOSTILE, HOSTILE, 1),),
        texts={HOSTILE: text},
        timings={HOSTILE: 1.0},
    )


def test_hostile_text_is_only_text() -> None:
    page = Page(to_html(hostile_review(), CONTEXT))
    assert page.tags.isdisjoint({"script", "img", "iframe", "link", "object", "base", "form"})
    assert not any(name.startswith("on") for name in page.attributes)
    assert page.text.count("<script>alert(1)</script>") >= 10
    assert all(link.startswith(("https://github.com/", "")) for link in page.links)
    assert not re.search("[\u202e\x00\x1b]", page.text)


@pytest.mark.parametrize("review", [REVIEW, CLEAN])
def test_asks_nobody_for_anything(review: Review) -> None:
    html = to_html(review, CONTEXT)
    page = Page(html)
    assert page.attributes.isdisjoint(LOADING)
    assert "default-src 'none'" in html and "url(" not in html and "@import" not in html
    assert all(re.fullmatch(r"width:\d{1,3}\.\d\d%", style) for style in page.styles)


def test_a_notice_says_its_line() -> None:
    review = replace(CLEAN, notices=(Notice("there is no such rule", ".github/reviewbot.yml", 7),))
    assert ".github/reviewbot.yml:7: There is no such rule." in Page(to_html(review)).text
