"""Who made what a COPY takes from another stage."""

from __future__ import annotations

import re

from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage


def maker_of(dockerfile: Dockerfile, line: int) -> Instruction | None:
    """The instruction that made what the ``COPY --from`` on a line ships.

    The last RUN of that stage (or those it is FROM) that names what is copied, its folder or its file name; else the only
    RUN there is. Through a COPY that only hands it on. None when it cannot be told, and for anything else.
    """
    seen: set[int] = set()
    copy = dockerfile.instruction_at(line)
    while copy is not None and copy.keyword == "COPY" and copy.line not in seen:
        seen.add(copy.line)
        flag = copy.flag("from")
        stage = dockerfile.stage_named(flag.value) if flag is not None and flag.value else None
        if stage is None:
            return copy if len(seen) > 1 else None
        maker = _maker(stage, [word.value for word in copy.sources])
        if maker is None or maker.keyword == "RUN":
            return maker
        copy = maker
    return None


def _maker(stage: Stage, sources: list[str]) -> Instruction | None:
    steps = [i for each in stage.lineage for i in each.all("RUN", "COPY", "ADD")]
    names = {part for source in sources for part in _telling(source)}
    for step in reversed(steps):
        text = " ".join((step.argument_text, *(heredoc.content for heredoc in step.heredocs)))
        if any(re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text) for name in names):
            return step
    runs = [step for step in steps if step.keyword == "RUN"]
    return runs[0] if len(runs) == 1 else None


def _telling(source: str) -> list[str]:
    """A path, and its last part where that is a name of its own."""
    path = source.rstrip("/")
    name = path.rpartition("/")[2]
    return [part for part in (path, name if len(name) > 2 and not set("*?$[") & set(name) else "") if len(part) > 1]
