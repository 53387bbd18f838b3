"""What ShellCheck says about taste."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.rules.shell_remarks import NUMBERS, shell_problems
from reviewbot.source.dockerfile import Dockerfile


@rule(
    "shellcheck-remarks",
    title="Write scripts as ShellCheck likes them",
    category=Category.CORRECTNESS,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
    aliases=(NUMBERS,),
    fixable=True,
    depends_on_facts=True,
)
def shellcheck_remarks(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """ShellCheck's remarks of the levels `info` and `style`, and those warnings that in a `RUN` are mostly about taste:
    `$(…)` without quotes where the splitting is wanted, `export x="$(…)"`, `find | xargs`.

    Fine to leave alone: a `RUN` works on an image whose files are known. It is for those who want every script of their
    repository to pass ShellCheck. The rule `shellcheck` has what matters more.

    Bad:
        FROM debian:12.5-slim
        RUN arch=`uname -m` && echo "$arch"  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN arch=$(uname -m) && echo "$arch"
    Bad:
        FROM debian:12.5-slim
        ARG dir
        RUN rm $dir/x  # <- finding
    Also good (what ENV holds has no blanks):
        FROM debian:12.5-slim
        ENV DIR=/srv
        RUN rm $DIR/x
    """
    yield from shell_problems(dockerfile, facts, taste=True)
