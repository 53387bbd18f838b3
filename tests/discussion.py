"""A pull request's discussion in memory, to which plans are applied as GitHub would."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec.structs import replace

from reviewbot.finding import Finding, Location, Severity, Side
from reviewbot.github.plan import Plan, Post, Reason, Wishes
from reviewbot.github.threads import Thread
from reviewbot.outcome import Comment

HEAD = "a" * 40
LATER = "b" * 40


def finding(rule: str = "non-root-user", subject: str = "final", line: int = 3, path: str = "Dockerfile") -> Finding:
    return Finding(rule, Severity.WARNING, Location(path, line, 1, line, 9), f"{rule} of {subject}", subject)


def comment(*findings: Finding, is_placeable: bool = True) -> Comment:
    place = findings[0].location
    return Comment(place.path, Side.RIGHT, place.line, place.line, findings, is_placeable=is_placeable)


def words(said: Comment) -> str:
    """A body in which the line does not occur."""
    return "\n".join(f"**{each.message}**" for each in said.findings)


def wishes(*comments: Comment, head_sha: str = HEAD, limit: int = 20, **others: frozenset[str]) -> Wishes:
    return Wishes(comments, words, head_sha, limit, **others)


@dataclass
class Discussion:
    """Reviewbot's threads; ``can_resolve`` tells whether its token may resolve them."""

    can_resolve: bool = True
    threads: list[Thread] = field(default_factory=list)
    made: int = 0

    def apply(self, plan: Plan) -> None:
        for post in plan.posts:
            self.post(post)
        for reopening in plan.reopenings:
            if self.can_resolve and reopening.thread in self.threads:
                self.change(reopening.thread, body=reopening.post.body, is_resolved=False)
            elif not self.can_resolve:
                self.post(reopening.post)
        for edit in plan.edits:
            self.change(edit.thread, body=edit.body)
        for retirement in plan.retirements:
            thread = retirement.thread
            is_answered = thread.is_answered
            if retirement.reason in (Reason.DUPLICATE, Reason.OUTDATED) and not is_answered:
                self.delete(thread)
            elif self.can_resolve or is_answered:
                self.change(thread, body=retirement.body or thread.body, is_resolved=self.can_resolve)
            else:
                self.delete(thread)

    def post(self, post: Post) -> None:
        self.made += 1
        number = f"{self.made:06}"
        self.threads.append(Thread(f"T{number}", post.comment.path, f"C{number}", post.body, number))

    def change(self, thread: Thread, **values: object) -> None:
        self.threads = [replace(each, **values) if each.id == thread.id else each for each in self.threads]

    def delete(self, thread: Thread) -> None:
        self.threads = [each for each in self.threads if each.id != thread.id]

    @property
    def open(self) -> list[Thread]:
        return [each for each in self.threads if not each.is_resolved and not each.marker.is_retired]
