"""What the page about the configuration shows is right, for reviewbot and for an editor that has the schema."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from reviewbot.change.folder import EmptyTree
from reviewbot.run.choices import settings_from
from reviewbot.settings import Settings
from reviewbot.source.text import Text

DOCS = Path(__file__).parents[1] / "docs"
SCHEMA = json.loads((DOCS / "settings.schema.json").read_text())
BLOCKS = re.findall(r"^```ya?ml\n(.*?)^```$", (DOCS / "configuration.md").read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", BLOCKS)
def test_shown_settings_are_understood_here_and_by_editors(text: str) -> None:
    content: Any = YAML(typ="safe", pure=True).load(text)
    jsonschema.validate(content, SCHEMA, cls=jsonschema.Draft202012Validator)
    assert settings_from(EmptyTree(), {}, Text("reviewbot.yml", text)) != Settings()


@pytest.mark.parametrize("text", ["fail_on: error", "fail-on: eror", "max-comments: many", "files: {dockerfil: [x]}"])
def test_an_editor_marks_what_reviewbot_refuses(text: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(YAML(typ="safe", pure=True).load(text), SCHEMA, cls=jsonschema.Draft202012Validator)


def test_every_setting_is_shown() -> None:
    page = (DOCS / "configuration.md").read_text()
    names = SCHEMA["$defs"]["Settings"]["properties"]
    assert [name for name in names if name not in page] == []
