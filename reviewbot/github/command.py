"""Commands that people write: one on a line of its own, in their own words, and nowhere that Markdown only quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

_COMMAND = re.compile(r" {0,3}/reviewbot(?:[ \t]+(?P<name>\S+))?(?:[ \t]+(?P<rest>.*?))?[ \t]*")
_FENCE = re.compile(r" {0,3}(?P<marks>`{3,}|~{3,})(?P<info>.*)")
_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_MOST = 65_536
_LONGEST_REASON = 300


class Command(Struct, frozen=True):
    """``name`` is the first word after ``/reviewbot`` (``help`` where there is none), ``words`` all that follows."""

    name: str
    words: str = ""

    @property
    def rule(self) -> str:
        return self.words.partition(" ")[0]

    @property
    def reason(self) -> str:
        return " ".join(self.words.partition(" ")[2].split())[:_LONGEST_REASON]


def command_in(body: str) -> Command | None:
    """The first command of a comment: not one in a quotation, in code or in what is hidden."""
    text = _HIDDEN.sub("", body[:_MOST].replace("\r\n", "\n").replace("\r", "\n"))
    for line in _spoken(text):
        match = _COMMAND.fullmatch(line)
        if match:
            return Command((match["name"] or "help").lower(), " ".join((match["rest"] or "").split()))
    return None


def _spoken(text: str) -> Iterator[str]:
    """The lines that are neither quoted nor code. A line below a quotation belongs to it until a blank one."""
    fence: str | None = None
    is_quoted = is_in_html = False
    for line in text.split("\n"):
        match = _FENCE.fullmatch(line)
        if fence is not None:
            if match and match["marks"].startswith(fence) and not match["info"].strip():
                fence = None
            continue
        if match and not ("`" in match["marks"] and "`" in match["info"]):
            fence = match["marks"]
            continue
        if not line.strip():
            is_quoted = False
            continue
        stripped = line.lstrip(" ")
        if stripped.startswith(">"):
            is_quoted = True
        lowered = line.lower()
        if re.search(r"<(?:pre|code|script|style|textarea)\b", lowered):
            is_in_html = True
        if not (is_quoted or is_in_html or line.startswith(("    ", "\t"))):
            yield line
        if re.search(r"</(?:pre|code|script|style|textarea)>", lowered):
            is_in_html = False
