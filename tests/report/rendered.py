"""Markdown as GitHub would show it: what links, loads and notifies, and what is only text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from markdown_it import MarkdownIt

OURS = {
    *("p", "strong", "em", "code", "pre", "ul", "li", "details", "summary", "sub", "a", "br", "h1", "h2", "h3"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ACTIVE = re.compile(r"@\w|(?<!&)#\d|\bGH-\d|://|\bwww\.", re.IGNORECASE)


class Page(HTMLParser):
    """``tags`` in order, ``links``, the ``text`` outside code and links, the ``code`` inside."""

    def __init__(self, markdown: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self.code = ""
        self.comments: list[str] = []
        self._open: list[str] = []
        self.html = MarkdownIt("gfm-like").render(markdown)
        self.feed(self.html)
        self.close()

    @property
    def unclosed(self) -> list[str]:
        return self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag == "a":
            self.links += [value or "" for name, value in attrs if name == "href"]
        if tag != "br":
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open[-1] == tag, f"</{tag}> within {self._open}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if {"code", "pre"} & set(self._open):
            self.code += data
        elif "a" not in self._open:
            self.text += f"\0{data}"

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def assert_inert(markdown: str, *, links_to: tuple[str, ...]) -> Page:
    """Fails where text of a change does more than being read."""
    page = Page(markdown)
    assert set(page.tags) <= OURS
    assert page.attributes <= {"href", "class", "style"}
    assert not page.unclosed
    assert not page.comments
    assert "<!--" not in markdown
    assert all(link.startswith(links_to) for link in page.links), page.links
    assert not ACTIVE.search(page.text), ACTIVE.search(page.text)
    return page
