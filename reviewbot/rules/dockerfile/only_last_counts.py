"""CMD, ENTRYPOINT and HEALTHCHECK written more than once."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile, Instruction


@rule(
    "only-last-counts",
    title="Write CMD, ENTRYPOINT and HEALTHCHECK once in a stage",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    aliases=(
        "DL4003",
        "DL4004",
        "DL3012",
        "MultipleInstructionsDisallowed",
        "DS-0007",
        "DS-0016",
        "DS-0023",
        "6938958b-3f1a-451c-909b-baeee14bdc97",
        "41c195f4-fc31-4a5c-8a1b-90605538d49f",
        "multiple-cmd-instructions",
        "multiple-entrypoint-instructions",
    ),
    fixable=True,
)
def only_last_counts(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """Of several `CMD`, `ENTRYPOINT` or `HEALTHCHECK` in a stage the last one counts; what the others say never happens. A
    reader who finds the first one believes it.

    Fine in different stages: one replaces what it inherits.

    Bad:
        FROM debian:12.5-slim
        CMD ["migrate"]  # <- finding
        EXPOSE 80
        CMD ["serve"]
    Good:
        FROM debian:12.5-slim
        EXPOSE 80
        CMD ["serve"]
    Bad:
        FROM debian:12.5-slim
        # Looks at the port
        HEALTHCHECK --interval=30s CMD ["probe", "80"]  # <- finding
        HEALTHCHECK CMD ["probe"]
        ENTRYPOINT ["a"]  # <- finding
        ENTRYPOINT ["b"]
    Good:
        FROM debian:12.5-slim
        # Looks at the port
        HEALTHCHECK CMD ["probe"]
        ENTRYPOINT ["b"]
    Also good (one a stage):
        FROM debian:12.5-slim AS base
        ENTRYPOINT ["a"]
        CMD ["x"]
        FROM base
        CMD ["y"]
        ONBUILD CMD ["z"]
    """
    for stage in dockerfile.stages:
        for keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK"):
            *without_effect, last = stage.all(keyword) or (None,)
            for instruction in without_effect:
                if instruction is not None and last is not None:
                    yield Problem(
                        at=instruction.span,
                        message=f"This `{keyword}` has no effect: the one in line {last.line} replaces it",
                        subject=f"{stage.label} {keyword} {instruction.argument_text}",
                        why=f"{code(instruction.argument_text)} is never run.",
                        edits=[_drop(dockerfile, instruction)],
                    )


def _drop(dockerfile: Dockerfile, instruction: Instruction) -> Edit:
    return Edit(dockerfile.path, dockerfile.text.lines_span(instruction.line, instruction.end_line), "")
