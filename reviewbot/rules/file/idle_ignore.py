"""Ignore comments that do nothing."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.ignores import IdleIgnore, Idleness
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.text import Span, Text


@rule(
    "idle-ignore",
    title="Ignore comments that silence something, and say why",
    category=Category.CORRECTNESS,
    severity=Severity.INFO,
    fixable=True,
)
def idle_ignore(idle: IdleIgnore, facts: Facts) -> Iterator[Problem]:
    """An ignore comment keeps one finding on purpose. One that silences nothing hides the next real finding at that place;
    one without a reason, or for a rule that does not exist, does not count at all, although its author believes so.

    Comments for other tools are left alone: those tools may still run.

    Bad:
        FROM debian:12.5-slim
        # reviewbot: ignore=json-form-command the shell is wanted here  # <- finding
        CMD ["serve"]
    Good:
        FROM debian:12.5-slim
        CMD ["serve"]
    Bad (no reason):
        FROM debian:12.5-slim
        # reviewbot: ignore=json-form-command  # <- finding
        CMD serve
    Bad (no such rule):
        FROM debian:12.5-slim
        # reviewbot: ignore=json-from-command the shell is wanted here  # <- finding
        CMD serve
    Bad (one of its names):
        FROM debian:12.5-slim
        # reviewbot: ignore=json-form-command,no-sudo the shell is wanted here  # <- finding
        CMD serve
    Bad (a slip):
        FROM debian:12.5-slim
        # reviewbot: ignore json-form-command the shell is wanted here  # <- finding
        CMD serve
    Also good:
        FROM debian:12.5-slim
        # reviewbot: ignore=json-form-command the shell is wanted here
        CMD serve
    Also good (a comment for another tool):
        FROM debian:12.5-slim
        # hadolint ignore=DL3025
        CMD ["serve"]
    """
    comment = idle.comment
    names = ", ".join(code(name) for name in idle.names)
    text = facts.text(idle.path)
    is_all = frozenset(idle.names) == comment.names
    match idle.idleness:
        case Idleness.NO_REASON:
            message = f"This comment does not count: it gives no reason to ignore {names}"
            advice = "Say behind the rule's name why the finding is wanted."
        case Idleness.UNKNOWN:
            message = f"This comment does not count: there is no rule {names}"
            advice = "`reviewbot rules` lists the names; peers' numbers such as `DL3008` are understood too."
        case Idleness.NOTHING_TO_SILENCE:
            message = f"This comment silences nothing: {names} has nothing to say here"
            advice = "Delete the comment." if is_all else f"Take {names} out of the comment."
        case Idleness.NOT_UNDERSTOOD:
            message = "This comment does not count: it names no rule in the way that is understood"
            advice = (
                "Write it as `# reviewbot: ignore=rule reason`, with the rule's name and why the finding is wanted."
            )
    edits = [Edit(idle.path, _comment_lines(text, comment.span), "")] if text else []
    yield Problem(
        at=comment.span,
        message=message,
        subject=" ".join(idle.names),
        advice=advice,
        why="The next finding at this place would be kept without anybody's decision."
        if idle.idleness is Idleness.NOTHING_TO_SILENCE
        else "The finding that it is meant for is reported all the same.",
        edits=edits if idle.idleness is Idleness.NOTHING_TO_SILENCE and is_all else [],
    )


def _comment_lines(text: Text, comment: Span) -> Span:
    """The comment's whole line, or the comment with the blanks before it where something else stands on the line."""
    line = text.lines_span(*text.lines_of(comment))
    before = text[Span(line.start, comment.start)]
    if not before.strip(" \t\ufeff"):
        return Span(comment.start if "\ufeff" in before else line.start, line.end)
    return Span(comment.start - (len(before) - len(before.rstrip(" \t"))), comment.end)
