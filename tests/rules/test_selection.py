"""What the configuration says of rules: sets, single rules, severities, options, and other choices for some files."""

from __future__ import annotations

import msgspec
import pytest

from reviewbot.change.folder import EmptyTree
from reviewbot.configuration import Configuration
from reviewbot.facts import Facts
from reviewbot.rules.catalogue import rules_named
from reviewbot.rules.judge import judge
from reviewbot.rules.selection import choose
from reviewbot.settings import SettingsProblem
from reviewbot.source.kinds import Kind
from reviewbot.source.text import Text

SHELL_FORM = "FROM debian:12.5-slim\nUSER 1000\nCMD nginx -g 'daemon off;'\n"


def chosen(yaml: str):
    settings = Configuration(Text(".github/reviewbot.yml", yaml)).settings({})
    return choose(settings.rules, settings.overrides)


def names(yaml: str) -> set[str]:
    return {rule.name for rule in chosen(yaml)}


def found(yaml: str, path: str = "Dockerfile"):
    text = Text(path, SHELL_FORM)
    facts = Facts.gather(EmptyTree(), {path: Kind.DOCKERFILE}, [text])
    return [(f.rule, f.severity.word) for f in judge([path], facts, chosen(yaml)).active]


def test_by_default_the_recommended_rules_run():
    assert names("") == names("rules: [recommended]") == names("rules: {recommended: on}")
    assert "non-root-user" in names("")


def test_strict_holds_the_recommended_ones_and_all_holds_strict():
    assert names("rules: [recommended]") <= names("rules: [strict]") <= names("rules: [all]")


def test_cis_holds_what_the_benchmark_asks_for():
    assert {"non-root-user", "secret-in-dockerfile"} <= names("rules: [cis]")
    assert "json-form-command" not in names("rules: [cis]")


@pytest.mark.parametrize("yaml", ["rules: [-non-root-user]", "rules: {non-root-user: off}", "rules: {DL3002: false}"])
def test_a_rule_is_taken_out_by_its_name_or_a_peers_number(yaml):
    assert names("") - names(yaml) == {"non-root-user"}


@pytest.mark.parametrize("number", ["DS-0002", "ds002", "AVD-DS-0002"])
def test_trivys_numbers_mean_their_rule_in_each_spelling_it_has_had(number):
    assert [rule.name for rule in rules_named(number)] == ["non-root-user"]


def test_a_list_of_rules_is_all_that_runs_but_for_broken_files():
    assert names("rules: [dl3025]") == {"json-form-command", "unreadable-file"}
    assert names("rules: [dl3025, -unreadable-file]") == {"json-form-command"}


def test_a_severity_counts_over_the_rules_own():
    assert found("rules: [json-form-command]") == [("json-form-command", "warning")]
    assert found("rules: {json-form-command: error}") == [("json-form-command", "error")]
    assert found("rules: {json-form-command: {severity: info}}") == [("json-form-command", "info")]


OVERRIDES = """
rules: {json-form-command: warning}
overrides:
  - paths: ["legacy/"]
    rules: {all: off}
  - paths: ["legacy/api/*"]
    rules: {json-form-command: info}
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Dockerfile", [("json-form-command", "warning")]),
        ("legacy/web/Dockerfile", []),
        ("legacy/api/Dockerfile", [("json-form-command", "info")]),
    ],
)
def test_the_last_override_that_means_a_file_and_names_a_rule_counts(path, expected):
    assert found(OVERRIDES, path) == expected


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        (
            "fail-on: error\nrules:\n  non-rot-user: off\n",
            ".github/reviewbot.yml:3: there is no rule `non-rot-user`; did you",
        ),
        (
            "rules:\n  - recommended\n  - non-rot-user\n",
            ".github/reviewbot.yml:1: there is no rule `non-rot-user`; did you",
        ),
        (
            "overrides:\n- paths: [x]\n  rules:\n    nothing: off\n",
            ".github/reviewbot.yml:4: there is no rule `nothing`",
        ),
        ("rules:\n  recommended: {severity: error}\n", ".github/reviewbot.yml:2: `rules.recommended`: a set takes"),
        (
            "rules:\n  non-root-user:\n    severity: bad\n",
            ".github/reviewbot.yml:3: `rules.non-root-user.severity`: a severity",
        ),
        (
            "rules:\n  non-root-user:\n    colour: red\n",
            ".github/reviewbot.yml:3: the rule `non-root-user` has no option `colour`",
        ),
    ],
)
def test_a_choice_that_makes_no_sense_is_said_with_its_line(yaml, message):
    configuration = Configuration(Text(".github/reviewbot.yml", yaml))
    settings = configuration.settings({})
    with pytest.raises(SettingsProblem) as problem:
        choose(settings.rules, settings.overrides)
    assert str(configuration.located(problem.value)).startswith(message)


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("\nfail-one: error\n", ".github/reviewbot.yml:2: unknown setting `fail-one`; did you mean `fail-on`?"),
        ("max-comments: many\n", ".github/reviewbot.yml:1: `max-comments`: expected a whole number, got a text"),
        ("images:\n  - name: a\n  - target: 3\n", ".github/reviewbot.yml:3: `images.1.target`: expected a text"),
        ("- rules\n", ".github/reviewbot.yml:1: settings are written as `name: value`"),
        ("rules: [\n", ".github/reviewbot.yml:2: not valid YAML"),
        ("rules: {non-root-user: sometimes}\n", ".github/reviewbot.yml:1: `rules`: 'sometimes' is none of on, off,"),
    ],
)
def test_a_setting_that_makes_no_sense_is_said_with_its_line(yaml, message):
    with pytest.raises(SettingsProblem) as problem:
        Configuration(Text(".github/reviewbot.yml", yaml)).settings({})
    assert str(problem.value).startswith(message)


def test_aliases_cannot_blow_the_settings_up():
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)
    )
    with pytest.raises(SettingsProblem, match="more than"):
        Configuration(Text("x.yml", bomb)).settings({})


def test_options_reach_the_rule_and_are_checked():
    from collections.abc import Iterator

    from msgspec.structs import replace

    from reviewbot.finding import Severity
    from reviewbot.rules.rule import Category, Problem, rule
    from reviewbot.source.dockerfile import Dockerfile

    class Limit(msgspec.Struct, frozen=True):
        most: int = 3

    def check(dockerfile: Dockerfile, facts: Facts, options: Limit) -> Iterator[Problem]:
        if len(dockerfile.instructions) > options.most:
            yield Problem(dockerfile.instructions[0].span, f"more than {options.most}", "file")

    check.__annotations__ = {"dockerfile": Dockerfile, "facts": Facts, "options": Limit}
    declared = rule("few", title="Few", category=Category.SIZE, severity=Severity.INFO)(check).rule  # type: ignore[attr-defined]
    text = Text("Dockerfile", SHELL_FORM)
    facts = Facts.gather(EmptyTree(), {"Dockerfile": Kind.DOCKERFILE}, [text])
    assert not judge(["Dockerfile"], facts, [declared]).active
    (finding,) = judge(["Dockerfile"], facts, [replace(declared, chosen_options=Limit(most=2))]).active
    assert finding.message == "more than 2"
