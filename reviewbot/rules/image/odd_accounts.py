"""Users and groups that no image should have."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.image.model.contents import AccountFact
from reviewbot.image.model.report import ImageReport
from reviewbot.markdown import code
from reviewbot.rules.built_step import by_instruction
from reviewbot.rules.rule import Category, Problem, rule


@rule(
    "empty-password",
    title="No account without a password",
    category=Category.SECURITY,
    severity=Severity.ERROR,
    aliases=("DKL-LI-0001",),
)
def empty_password(report: ImageReport, facts: Facts) -> Iterator[Problem]:
    """The built image has an account whose password is empty: every process in the container can become that user with
    `su`, without being asked. Lock it (`passwd -l`), or make it without one (`useradd` locks it by itself).

    Bad:
        --- Dockerfile
        FROM debian:12.5-slim
        RUN useradd app && passwd -d app  # <- finding
        --- measured Dockerfile
        contents:
          accounts: [{kind: empty-password, name: app, detail: "", step: {instruction: RUN, line: 2}}]
    Also good (locked):
        --- Dockerfile
        FROM debian:12.5-slim
        RUN useradd app
        --- measured Dockerfile
        contents: {accounts: []}
    """
    contents = report.contents
    found = [fact for fact in (contents.accounts if contents else ()) if fact.kind == "empty-password"]
    for instruction, accounts in by_instruction(found, report, facts):
        for account in accounts:
            yield Problem(
                at=instruction.span,
                message=f"The account {code(account.name)} has an empty password",
                subject=account.name,
                why="Every process in the container can become this user without being asked.",
                advice=f"Lock it: `passwd -l` {code(account.name)} (or `usermod -L`) in the same instruction.",
                evidence=f"`/etc/shadow` of the built image has no password for {code(account.name)}",
            )


@rule(
    "duplicate-account",
    title="One number for each user and group",
    category=Category.SECURITY,
    severity=Severity.WARNING,
    aliases=("DKL-LI-0002",),
)
def duplicate_account(report: ImageReport, facts: Facts) -> Iterator[Problem]:
    """The built image has two users or groups of one name or one number. The kernel knows only numbers: two users with one
    number are the same user, with all the rights of both, and a second user with number 0 is root.

    Bad:
        --- Dockerfile
        FROM debian:12.5-slim
        RUN useradd --non-unique --uid 0 admin  # <- finding
        --- measured Dockerfile
        contents:
          accounts: [{kind: duplicate-uid, name: "root, admin", detail: "0", step: {instruction: RUN, line: 2}}]
    Also good (the base image has them):
        --- Dockerfile
        FROM alpine:3.20
        RUN true
        --- measured Dockerfile
        contents:
          accounts: [{kind: duplicate-uid, name: "root, toor", detail: "0", step: {instruction: the base image, line: null}}]
    """
    contents = report.contents
    found = [fact for fact in (contents.accounts if contents else ()) if fact.kind.startswith("duplicate-")]
    for instruction, accounts in by_instruction(found, report, facts):
        for account in accounts:
            yield Problem(
                at=instruction.span,
                message=_message(account),
                subject=f"{account.kind} {account.name}",
                why="The kernel tells users and groups apart by number alone.",
                advice="Give each a name and a number of its own.",
                evidence=f"`/etc/{'passwd' if 'u' in account.kind[10:12] else 'group'}` of the built image lists them",
                severity=Severity.ERROR if account.kind == "duplicate-uid" and account.detail == "0" else None,
            )


def _message(account: AccountFact) -> str:
    what = "users" if account.kind in ("duplicate-uid", "duplicate-user") else "groups"
    if account.detail:
        return f"The {what} {code(account.name)} share the number {code(account.detail)}"
    return f"Two {what} are called {code(account.name)}"
