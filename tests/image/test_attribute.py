"""Histories that a real engine wrote, laid over the Dockerfiles they were written for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace

from reviewbot.image.model.config import HistoryEntry, ImageConfig, ImageInfo
from reviewbot.image.size.attribute import Attribution, BaseImage, attribute, from_history
from reviewbot.source.dockerfile import Dockerfile, parse_dockerfile
from reviewbot.source.text import Text

HISTORIES = Path(__file__).parent / "histories"


class Recorded(NamedTuple):
    dockerfile: Dockerfile
    image: ImageInfo
    history: tuple[HistoryEntry, ...]
    base: BaseImage | None

    def attributed(self, **changes: Any) -> Attribution:
        case = self._replace(**changes)
        return attribute(case.dockerfile.final_stage, case.image, case.history, case.base)


def recorded(name: str) -> Recorded:
    case = json.loads((HISTORIES / f"{name}.json").read_text())
    base = case["base"]
    return Recorded(
        parse_dockerfile(Text("Dockerfile", case["dockerfile"])),
        _image(case["image"]),
        _history(case["history"]),
        BaseImage(_image(base["image"]), _history(base["history"])) if base else None,
    )


def _image(image: dict[str, Any]) -> ImageInfo:
    layers, triggers = tuple(image["layers"]), tuple(image["triggers"])
    return ImageInfo("sha256:0", image["size"], layers, "linux/amd64", triggers, ImageConfig())


def _history(history: list[tuple[str, int]]) -> tuple[HistoryEntry, ...]:
    return tuple(HistoryEntry(text, size) for text, size in history)


def told(parts: Attribution) -> list[tuple[str, int | None, int]]:
    return [(layer.instruction, layer.line, layer.size) for layer in parts.layers]


def total(parts: Attribution) -> int:
    return parts.base_size + sum(layer.size for layer in parts.layers)


EVERY = [
    ("WORKDIR /src", 4, 0),
    ("RUN --mount=type=cache,target=/cache echo $WORD > /src/out", 5, 5),
    ("COPY --chmod=755 a.txt b.txt ./", 6, 4),
    ("RUN <<EOT", 15, 3),
    ("RUN <<A cat && echo two lines", 19, 0),
    ("COPY --link --from=files /o /p", 23, 5),
    ("COPY <<F1 <<F2 /d/", 24, 8),
    ("ADD a.txt /q/", 29, 2),
    ("WORKDIR sub", 40, 0),
]


@pytest.mark.parametrize("knows_base", [True, False])
def test_each_layer_goes_to_its_instruction_through_the_stages_it_is_from(knows_base: bool) -> None:
    case = recorded("every-instruction")
    parts = case.attributed(base=case.base if knows_base else None)
    assert parts.problem is None
    assert told(parts) == EVERY
    assert case.base is not None
    assert parts.base_size == case.base.info.size
    assert parts.base_layers == case.base.info.layers
    assert total(parts) == case.image.size
    assert [layer.diff_id for layer in parts.layers] == list(case.image.layers[1:])


@pytest.mark.parametrize(
    ("created_by", "shown"),
    [
        ("RUN /bin/sh -c make && make install # buildkit", "RUN make && make install"),
        ("/bin/sh -c apt-get update", "RUN apt-get update"),
        ("/bin/sh -c #(nop) ADD file:0b1c in / ", "ADD file:0b1c in /"),
        ("COPY a /b # buildkit", "COPY a /b"),
        ("RUN bash -c /bin/sh -c x", "RUN bash -c /bin/sh -c x"),
    ],
)
def test_a_history_is_told_as_people_wrote_it(created_by: str, shown: str) -> None:
    image = ImageInfo("sha256:0", 10, ("sha256:a",), "linux/amd64", (), ImageConfig())
    (layer,) = from_history(image, [HistoryEntry(created_by, 10)]).layers
    assert layer.instruction == shown


def test_builders_that_note_no_arg_are_understood() -> None:
    case = recorded("every-instruction")
    history = tuple(entry for entry in case.history if not entry.created_by.startswith("ARG"))
    assert told(case.attributed(history=history)) == EVERY


def test_builders_that_write_settings_otherwise_are_understood() -> None:
    case = recorded("every-instruction")
    history = tuple(
        replace(entry, created_by="EXPOSE [80/tcp 90/udp]") if entry.created_by.startswith("EXPOSE") else entry
        for entry in case.history
    )
    assert told(case.attributed(history=history)) == EVERY


def test_a_slash_behind_a_folder_is_understood() -> None:
    case = recorded("every-instruction")
    history = tuple(
        replace(entry, created_by=f"{entry.created_by}/") if entry.created_by.startswith("WORKDIR") else entry
        for entry in case.history
    )
    assert told(case.attributed(history=history)) == EVERY


def test_nothing_is_below_an_image_from_scratch() -> None:
    parts = recorded("from-scratch").attributed()
    assert told(parts) == [('COPY ["a.txt", "/dir/"]', 3, 2), ("COPY <<EOF /etc/motd", 4, 6), ("WORKDIR /dir", 7, 0)]
    assert (parts.base_size, parts.base_layers) == (0, ())


def test_what_triggers_add_stands_at_the_from_that_runs_them() -> None:
    case = recorded("onbuild-base")
    parts = case.attributed()
    assert told(parts) == [
        ("ONBUILD COPY a.txt /app/", 1, 2),
        ("ONBUILD RUN echo $MODE > /mode", 1, 5),
        ("RUN echo own > /own", 2, 4),
        ("ONBUILD RUN echo child > /child", 5, 6),
        ("RUN echo last > /last", 6, 5),
    ]
    assert total(parts) == case.image.size


def test_triggers_of_an_unknown_base_count_as_the_base() -> None:
    case = recorded("onbuild-base")
    parts = case.attributed(base=None)
    assert [line for _, line, _ in told(parts)] == [2, 5, 6]
    assert total(parts) == case.image.size


@pytest.mark.parametrize("knows_base", [True, False])
def test_a_history_that_does_not_fit_is_not_guessed_at(knows_base: bool) -> None:
    case = recorded("every-instruction")
    other = parse_dockerfile(Text("Dockerfile", case.dockerfile.text.content.replace("echo yo", "echo no")))
    parts = case.attributed(dockerfile=other, base=case.base if knows_base else None)
    assert parts.problem == "its history does not fit its instructions"
    assert {line for _, line, _ in told(parts)} == {None}
    assert total(parts) == case.image.size


def test_arguments_of_a_layer_without_a_line_are_not_repeated() -> None:
    case = recorded("every-instruction")
    other = parse_dockerfile(Text("Dockerfile", "FROM debian:bookworm-slim\nRUN true\n"))
    assert not any("five" in text for text, _, _ in told(case.attributed(dockerfile=other)))


def test_a_base_that_is_not_the_one_built_on_is_ignored() -> None:
    case = recorded("every-instruction")
    assert case.base is not None
    stale = BaseImage(case.base.info, (HistoryEntry("", 1),))
    assert told(case.attributed(base=stale)) == EVERY


def test_what_the_history_does_not_explain_is_a_part_of_its_own() -> None:
    case = recorded("from-scratch")
    parts = case.attributed(image=replace(case.image, size=case.image.size + 512))
    assert told(parts)[-1] == ("(metadata)", None, 512)
    assert total(parts) == case.image.size + 512
