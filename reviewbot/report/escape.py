"""Hostile text made inert: for GitHub's Markdown and HTML, for terminals, for workflow commands and logs.

Everything that comes from a change (file contents, names, build logs) passes through here on its way out. Two
things hold for all Markdown made here: GitHub finds nothing in it to notify, link, load or close, and the raw text
holds no ``<!--``, so that nobody can forge the hidden markers by which reviewbot knows its own comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape as html_escape

from reviewbot.markdown import code as quoted
from reviewbot.markdown import visible

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
_BACKTICKS = re.compile(r"`+")
_BLOCK_START = re.compile(r"[-+*](?=\s|$)|#(?=#{0,5}(?:\s|$))|([-*_])(?=(?:\s*\1)+\s*$)|=(?==*\s*$)")
_LIST_NUMBER = re.compile(r"(\d{1,9})([.)])(?=\s|$)")
_ENTITIES = {ord(c): f"&#{ord(c)};" for c in "\\[]~$`|"} | {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}
_PUNCTUATION = re.compile(r"(?![\w\s])[\x00-\x7f]|_")
_ACTIVE = re.compile(r"@(?=\w)|#(?=\d)|GH-(?=\d)|:(?=//)|www(?=\.)", re.IGNORECASE)
"""Where a mention, a reference to an issue or an address may begin, also right after emphasis (``__GH-1__``)."""
_BREAK = "&#8203;"
"""A zero-width space: GitHub looks for mentions, references and addresses after it has decoded the entities."""


def line(text: str, limit: int = 500) -> str:
    """One line of a file or log for a code block: no control sequences, nothing hidden (tabs stay), cut when long."""
    stripped = _ANSI.sub("", text[: 8 * limit])
    shown = "\t".join(visible(part) for part in stripped.split("\t"))
    return _unmarked(shown if len(shown) <= limit else f"{shown[:limit]}…")


def fence(lines: list[str], info: str = "") -> str:
    """A fenced code block of lines that went through :func:`line`; its fence is longer than any run inside."""
    longest = max((len(run) for text in lines for run in _BACKTICKS.findall(text)), default=0)
    marks = "`" * max(3, longest + 1)
    return "\n".join((f"{marks}{info}", *lines, marks))


def code(text: str, limit: int = 120) -> str:
    """An inline code span of any text."""
    return _unmarked(quoted(text, limit))


def inline(markdown: str, limit: int = 1000) -> str:
    """A finished message of a rule as one safe paragraph: its code spans and emphasis stay, all else is only text."""
    text = _first_characters(markdown, limit)
    made = "".join(_unmarked(part) if is_code else _inert(part) for part, is_code in _segments(text))
    if _BLOCK_START.match(made):
        made = f"&#{ord(made[0])};{made[1:]}"
    number = _LIST_NUMBER.match(made)
    return f"{number[1]}&#{ord(number[2])};{made[number.end() :]}" if number else made


def cell(markdown: str, limit: int = 500) -> str:
    """The same within a table, where a pipe would end the cell even in a code span."""
    text = _first_characters(markdown, limit)
    return "".join(
        _html_code(part) if is_code and ("|" in part or "\\" in part) else _unmarked(part) if is_code else _inert(part)
        for part, is_code in _segments(text)
    )


def summary_line(markdown: str, limit: int = 300) -> str:
    """The same within ``<summary>``, where GitHub reads HTML and no Markdown."""
    text = _first_characters(markdown, limit)
    return "".join(_html_code(part) if is_code else _inert(part) for part, is_code in _segments(text))


def folded(summary: str, content: str) -> str:
    """A collapsed block; ``summary`` is Markdown of one line, ``content`` finished Markdown."""
    return f"<details><summary>{summary_line(summary)}</summary>\n\n{content}\n\n</details>"


def link(label: str, address: str) -> str:
    """A link of ours; ``label`` is finished inline Markdown."""
    return f"[{label}]({address.replace('(', '%28').replace(')', '%29').replace(' ', '%20')})"


def _first_characters(markdown: str, limit: int) -> str:
    text = visible(" ".join(_ANSI.sub("", markdown[: 8 * limit]).split()))
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _segments(text: str) -> Iterator[tuple[str, bool]]:
    """The text in parts, each with whether it is a code span, by CommonMark's rule: runs of equal length pair up."""
    runs = list(_BACKTICKS.finditer(text))
    ends: dict[int, list[int]] = {}
    for number, run in enumerate(runs):
        ends.setdefault(len(run[0]), []).append(number)
    position = number = 0
    while number < len(runs):
        run = runs[number]
        same = ends[len(run[0])]
        while same and same[0] <= number:
            same.pop(0)
        if not same:
            number += 1
            continue
        closing = runs[same[0]]
        yield text[position : run.start()], False
        yield text[run.start() : closing.end()], True
        position, number = closing.end(), same[0] + 1
    yield text[position:], False


def _inert(text: str) -> str:
    """Plain text whose emphasis alone is left as Markdown."""
    parts: list[str] = []
    position = 0
    for match in _ACTIVE.finditer(text):
        parts += (text[position : match.end()].translate(_ENTITIES), _BREAK)
        position = match.end()
    return "".join((*parts, text[position:].translate(_ENTITIES)))


def _html_code(span: str) -> str:
    """A code span as an HTML element, every mark of its text an entity."""
    return f"<code>{_PUNCTUATION.sub(lambda m: f'&#{ord(m[0])};', _code_content(span))}</code>"


def _code_content(span: str) -> str:
    content = span.strip("`")
    return content[1:-1] if content.strip() and content.startswith(" ") and content.endswith(" ") else content


def _unmarked(text: str) -> str:
    return text.replace("<!--", "<\\u0021--")


def html(text: str, limit: int = 4000) -> str:
    """One line of any text for a page of ours: nothing hidden, nothing a tag."""
    shown = "\t".join(visible(part) for part in _ANSI.sub("", text[: 8 * limit]).split("\t"))
    return html_escape(shown if len(shown) <= limit else f"{shown[:limit]}…")


def html_inline(markdown: str, limit: int = 4000) -> str:
    """A finished message of a rule for a page of ours: its code spans as elements, all else only text."""
    text = _first_characters(markdown, limit)
    return "".join(
        f"<code>{html_escape(_code_content(part))}</code>" if is_code else html_escape(part.replace("**", ""))
        for part, is_code in _segments(text)
    )


def terminal(text: str) -> str:
    """Text for a terminal or a job's log: no control sequences, nothing hidden, no workflow command."""
    shown = visible(_ANSI.sub("", text))
    return re.sub(r"(^|\s)::", r"\1\\u003a:", shown).replace("##[", "##\\u005b")


def plain(text: str, limit: int = 4000) -> str:
    """One line for a place that shows text and nothing else."""
    return _first_characters(text, limit)


def log(text: str) -> str:
    """Lines of any output for a job's log, none of which the runner takes for a command."""
    return "\n".join(terminal(each) for each in re.split(r"\r\n|\r|\n", text))


def command_data(text: str) -> str:
    """The message of a workflow command; line breaks survive."""
    shown = "\n".join(visible(each) for each in _ANSI.sub("", text).splitlines())
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def command_property(text: str) -> str:
    """A property's value of a workflow command; every character of a file's name counts."""
    sound = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    escaped = sound.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return escaped.replace(":", "%3A").replace(",", "%2C")
