"""What was run and read of well-known images, held to what is suggested for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reviewbot.rules.known_images import FAMILIES, family_of
from reviewbot.source.compose import parse_compose
from reviewbot.source.text import Text

RECORD = json.loads((Path(__file__).parents[3] / "bench" / "probes.json").read_text(encoding="utf-8"))
RUNS = [(name, run) for name, about in RECORD.items() for run in about.get("run", ())]


def test_every_family_was_run_or_looked_up():
    assert {family.name for family in FAMILIES} == RECORD.keys()
    assert all(about.get("run") or about.get("read") or about.get("seen") for about in RECORD.values())
    assert len({name for name, _ in RUNS}) >= 20


@pytest.mark.parametrize(("name", "run"), RUNS, ids=[" ".join((run["image"], *run["service"])) for _, run in RUNS])
def test_what_was_run_is_what_is_suggested(name, run):
    lines = [f"    {line}" for line in (f"image: {run['image']}", *run["service"])]
    (service,) = parse_compose(Text("compose.yaml", "\n".join(["services:", "  it:", *lines, ""]))).services
    family = family_of(service.image_reference)
    assert family.name == name
    probe = family.probe(service, service.image_reference)
    assert [word.replace("$$", "$") for word in probe] == run["test"]
