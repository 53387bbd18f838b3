"""Steps told by what they do: split, merged, moved; and who made what a COPY ships."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.image.layers.makers import maker_of
from reviewbot.image.model.size import LayerChange, LayerDelta, Pairing
from reviewbot.image.size.attribute import Attribution, Layer
from reviewbot.image.size.budget import broken_layer_budgets
from reviewbot.image.size.delta import compare
from reviewbot.source.dockerfile import parse_dockerfile
from reviewbot.source.text import Text

SAME, ADDED, GROWN = LayerChange.SAME, LayerChange.ADDED, LayerChange.GROWN
NONE, MOVED, SPLIT, MERGED, EDITED = Pairing.NONE, Pairing.MOVED, Pairing.SPLIT, Pairing.MERGED, Pairing.EDITED


def image(*layers: tuple[str, int]) -> Attribution:
    made = [Layer(text, text.split()[0], n, size, text) for n, (text, size) in enumerate(layers, 2)]
    return Attribution(1_000, ("sha256:b",), tuple(made))


def told(before: Attribution, after: Attribution) -> list[tuple[str, int | None, int | None, LayerChange, Pairing]]:
    return [(x.instruction, x.before, x.after, x.change, x.pairing) for x in compare(before, after)[0]]


def test_a_step_that_was_split_is_no_growth() -> None:
    before = image(("RUN make a && make b && make c", 60), ("COPY . .", 5))
    after = image(("RUN make a && make b", 30), ("RUN make c", 32), ("COPY . .", 5))
    assert told(before, after) == [
        ("RUN make a && make b", 30, 30, SAME, SPLIT),
        ("RUN make c", 30, 32, GROWN, SPLIT),
        ("COPY . .", 5, 5, SAME, Pairing.SAME),
    ]


def test_steps_that_were_merged_are_one() -> None:
    before = image(("RUN make a", 30), ("RUN make b", 30), ("RUN other", 1))
    after = image(("RUN make a && make b", 41), ("RUN other", 1))
    assert told(before, after)[0] == ("RUN make a && make b", 60, 41, LayerChange.SHRUNK, MERGED)


def test_a_moved_and_an_edited_step() -> None:
    before = image(("COPY a /a", 3), ("RUN make it all", 50), ("RUN make the tools now", 7))
    after = image(("RUN make it all", 50), ("COPY a /a", 3), ("RUN make the tools here", 9))
    pairings = {instruction: pairing for instruction, *_, pairing in told(before, after)}
    assert MOVED in (pairings["COPY a /a"], pairings["RUN make it all"])
    assert pairings["RUN make the tools here"] is EDITED


def test_other_work_is_no_split() -> None:
    before, after = image(("RUN make a && make b", 60)), image(("RUN make a", 30), ("RUN make x", 30))
    assert [pairing for *_, pairing in told(before, after)] == [EDITED, NONE]


texts = st.lists(st.sampled_from("abcd"), min_size=1, max_size=4).map(lambda names: "RUN " + " && ".join(names))
images = st.lists(st.tuples(texts, st.integers(0, 99)), max_size=6).map(lambda layers: image(*layers))


@given(images, images)
def test_bytes_add_up_however_steps_are_paired(before: Attribution, after: Attribution) -> None:
    layers, size = compare(before, after)
    assert sum(layer.before or 0 for layer in layers) + 1_000 == size.before
    assert sum(layer.after or 0 for layer in layers) + 1_000 == size.after
    assert [layer.instruction for layer in layers if layer.after is not None] == [x.instruction for x in after.layers]


STAGES = """\
FROM golang:1.22 AS build
WORKDIR /src
RUN go mod download
RUN go build -o /out/serve .
RUN echo done > /log
FROM debian:12 AS hand
COPY --from=build /out/serve /serve
FROM debian:12
COPY --from=build /out/serve /bin/
COPY --from=hand /serve /bin/
COPY --from=build /nowhere /x
COPY --from=nginx:1 /etc/nginx /x
COPY . .
RUN true
"""


@pytest.mark.parametrize(("line", "maker"), [(9, 4), (10, 4), (11, None), (12, None), (13, None), (14, None)])
def test_who_made_what_a_copy_ships(line: int, maker: int | None) -> None:
    found = maker_of(parse_dockerfile(Text("Dockerfile", STAGES)), line)
    assert (found.line if found else None) == maker


def test_a_layer_has_a_budget_unless_the_base_has_it_too() -> None:
    layers = [
        LayerDelta("RUN a", 2, 5_000, 5_000, SAME),
        LayerDelta("RUN b", 3, None, 5_000, ADDED),
        LayerDelta("RUN c", 4, None, 2_000, ADDED),
    ]
    assert broken_layer_budgets(layers, None) == ()
    assert broken_layer_budgets(layers, "2kB") == (
        "The layer of line 3 is 5.0 kB, 3.0 kB over the limit of 2.0 kB for a layer.",
    )
