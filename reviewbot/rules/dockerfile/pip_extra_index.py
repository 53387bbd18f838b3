"""A second package index for pip."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.downloads import host_of
from reviewbot.source.package_managers import PIP

_OPTION = "--extra-index-url"
_VARIABLE = "PIP_EXTRA_INDEX_URL"
_PUBLIC = ("download.pytorch.org", "pypi.nvidia.com", "pypi.org", "www.piwheels.org", "wheels.vllm.ai", "data.pyg.org")
"""Indexes of public projects: whoever takes packages of theirs trusts them, and no private name can be taken over."""


@rule(
    "pip-extra-index",
    title="Ask one package index",
    category=Category.SECURITY,
    severity=Severity.WARNING,
    set=RuleSet.STRICT,
    aliases=("dockerfile-pip-extra-index-url",),
)
def pip_extra_index(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """With `--extra-index-url` pip asks both indexes for every package and takes the highest version, whichever has it.
    Whoever registers the name of a private package on the public index, with a high version, is installed in its place
    (dependency confusion), and runs code in the build.

    Fine for indexes of public projects (PyTorch, NVIDIA): those are not reported. Where private packages come from,
    let one index serve both: `--index-url` of a proxy that puts your own names first.

    Bad:
        FROM python:3.12.2-slim
        RUN pip install --extra-index-url https://pypi.example.org/simple our-tool==1.2  # <- finding
        ENV PIP_EXTRA_INDEX_URL=https://pypi.example.org/simple  # <- finding
    Also good:
        FROM python:3.12.2-slim
        RUN pip install --index-url https://pypi.example.org/simple our-tool==1.2
        RUN pip install --extra-index-url https://download.pytorch.org/whl/cpu torch==2.3.0
        ARG PIP_EXTRA_INDEX_URL
    """
    for stage in dockerfile.stages:
        for instruction in stage.with_triggers("RUN", "ENV", "ARG"):
            written = [(a.span, a.value) for a in instruction.assignments if a.name == _VARIABLE and a.value]
            for call in instruction.package_commands:
                if call.manager is PIP:
                    written += [(o.words[0].span, o.value) for o in call.options.named(_OPTION) if o.value]
            for span, value in written:
                host = host_of(dockerfile.expand(value, instruction) or value)
                if host in _PUBLIC or not host:
                    continue
                yield Problem(
                    at=span,
                    message=f"pip takes packages from {code(host)} and from the public index, whichever has the higher version",
                    subject=f"{stage.label} {host}",
                    why="Somebody else can publish a package under the name of one of yours, and the build installs it.",
                    advice="Use `--index-url` with an index that serves both and puts your own names first.",
                )
