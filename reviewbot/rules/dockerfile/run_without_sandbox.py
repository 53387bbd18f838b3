"""RUN with the rights of the machine that builds."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile

_WHAT = {
    (
        "security",
        "insecure",
    ): "the step runs with every capability and the machine's devices: what it downloads and runs "
    "can take over the builder",
    ("network", "host"): "the step reaches what listens on the machine's loopback address: services of other jobs, and "
    "the cloud's metadata with its credentials",
}


@rule(
    "run-without-sandbox",
    title="Build without the rights of the machine",
    category=Category.SECURITY,
    severity=Severity.WARNING,
    aliases=("run-security-insecure",),
)
def run_without_sandbox(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """`RUN --security=insecure` runs a step with every right on the machine that builds, `--network=host` in its network.
    Whoever gets code into that step, by a package or a download, has the builder with it: its credentials, its cache,
    and what else it builds. Builders refuse both until somebody grants the entitlement, so the file also does not build
    everywhere.

    Fine for tests that need nested containers, on a builder that does nothing else: say so in an ignore comment.

    Bad:
        # syntax=docker/dockerfile:1-labs
        FROM debian:12.5-slim
        RUN --security=insecure ./tests.sh  # <- finding
        RUN --network=host curl -fsSL http://localhost:3128/  # <- finding
    Also good:
        FROM debian:12.5-slim
        RUN --security=sandbox --network=none ./tests.sh
        RUN --network=default ./tests.sh
    """
    for stage in dockerfile.stages:
        for instruction in stage.with_triggers("RUN"):
            for flag in instruction.flags:
                what = _WHAT.get((flag.name, flag.value or ""))
                if what is None:
                    continue
                yield Problem(
                    at=flag.span,
                    message=f"{code(f'--{flag.name}={flag.value}')} takes this step out of its sandbox",
                    subject=f"{stage.label} {flag.name}",
                    why=f"With it {what}.",
                    advice="Drop the flag; what a step needs from outside can be given by `--mount`, or be done by the job "
                    "that builds.",
                )
