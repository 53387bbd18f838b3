"""The action's inputs, as a workflow writes them, and the settings that come of them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from ruamel.yaml import YAML

from reviewbot.action.inputs import is_on, read_formats, read_inputs, read_mode
from reviewbot.action.runtime import Runtime
from reviewbot.change.folder import EmptyTree
from reviewbot.github.event import Event
from reviewbot.run.choices import settings_from
from reviewbot.settings import Settings, SettingsProblem

INPUTS = YAML(typ="safe", pure=True).load((Path(__file__).parents[2] / "action.yml").read_text())["inputs"]
NOT_SETTINGS = {"github-token", "audit-issue", "formats", "mode", "image", "measured"}
GIVEN: dict[str, tuple[str, Any]] = {
    "fail-on": ("warning", "warning"),
    "scope": ("all", "all"),
    "rules": ("recommended,\n-slim-base-image", ("recommended", "-slim-base-image")),
    "build": ("False", False),
    "registry": ("false", False),
    "max-size": ("500MB", "500MB"),
    "max-increase": ("5%", "5%"),
    "max-layer": ("100MB", "100MB"),
    "over-budget": ("warn", "warn"),
    "rebuild-cost": ("src/app.py", "src/app.py"),
    "fail-on-cve": ("high", "high"),
    "max-comments": ("7", 7),
    "network": ("none", "none"),
    "platform": ("linux/arm64", "linux/arm64"),
    "baseline": ("sizes.json", "sizes.json"),
    "context": ("workspace", "workspace"),
    "builder": ("ci", "ci"),
    "cache-from": ("type=gha,scope=a\ntype=registry,ref=x", ("type=gha,scope=a", "type=registry,ref=x")),
    "cache-to": ("type=gha,mode=max", ("type=gha,mode=max",)),
    "build-timeout": ("60", 60),
    "drafts": ("false", False),
    "check-name": ("Docker", "Docker"),
    "file-comments": ("true", True),
    "request-changes": ("true", True),
}


def runtime(**inputs: str) -> Runtime:
    """A run whose workflow gives these inputs; the runner sets all others as well, to nothing."""
    environ = {f"INPUT_{name.upper()}": "" for name in INPUTS}
    environ |= {f"INPUT_{name.upper()}": value for name, value in inputs.items()}
    event = Event("push", None, "acme/web", "", "", "", "", None, 1, None, None)
    return Runtime(environ, event, io.StringIO())


def settings(**inputs: str) -> Settings:
    return settings_from(EmptyTree(), read_inputs(runtime(**inputs)))


def test_without_inputs_all_settings_have_their_defaults() -> None:
    assert settings() == Settings()


@pytest.mark.parametrize("name", [name for name in INPUTS if name not in NOT_SETTINGS])
def test_an_input_is_the_setting_of_its_name(name: str) -> None:
    written, meant = GIVEN[name]
    assert structs.asdict(settings(**{name: written}))[name.replace("-", "_")] == meant


def test_a_check_run_can_be_done_without() -> None:
    assert settings(**{"check-name": "none"}).check_name == ""


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"max-comments": "many"}, "`max-comments` is a number, not 'many'"),
        ({"build": "perhaps"}, "`build` is true or false, not 'perhaps'"),
        ({"over-budget": "shout"}, "over-budget"),
    ],
)
def test_an_input_that_is_not_understood(inputs: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsProblem) as problem:
        settings(**inputs)
    assert said in str(problem.value)


def test_words_that_are_no_setting() -> None:
    assert read_formats(runtime(formats="html, sarif,html")) == ["json", "html", "sarif"]
    assert not is_on(runtime(), "audit-issue")
    with pytest.raises(SettingsProblem, match="`formats` names 'pdf'"):
        read_formats(runtime(formats="pdf"))
    with pytest.raises(SettingsProblem, match="`mode` is review, plan, measure, not 'all'"):
        read_mode(runtime(mode="all"))
