"""Where a rule's page and a file's lines are found on the web."""

from __future__ import annotations

from urllib.parse import quote

HOME_URL = "https://github.com/reviewbot/reviewbot"
DOCS_URL = f"{HOME_URL}/blob/main/docs/rules"
"""The folder of the rules' pages, one ``<rule>.md`` each."""


def rule_page(rule: str, docs_url: str = DOCS_URL) -> str:
    """The address of a rule's page."""
    return f"{docs_url.rstrip('/')}/{quote(rule, safe='')}.md"


def permalink(repository_url: str, commit: str, path: str, first: int, last: int | None = None) -> str:
    """The address of lines of a file as it is in one commit; ``repository_url`` is ``<server>/<owner>/<name>``."""
    where = quote(path.encode("utf-8", "surrogateescape"), safe="/")
    lines = f"L{first}" if last is None or last <= first else f"L{first}-L{last}"
    return f"{repository_url.rstrip('/')}/blob/{quote(commit, safe='')}/{where}#{lines}"
