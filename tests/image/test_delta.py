from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reviewbot.image.model.size import LayerChange, LayerDelta
from reviewbot.image.size.attribute import Attribution, Layer
from reviewbot.image.size.delta import compare

BASE = 50_000_000
SAME, ADDED, REMOVED = LayerChange.SAME, LayerChange.ADDED, LayerChange.REMOVED
GROWN, SHRUNK, DRIFT = LayerChange.GROWN, LayerChange.SHRUNK, LayerChange.DRIFT


def image(
    *layers: tuple[str, int] | Layer, base: int = BASE, base_layers: tuple[str, ...] = ("sha256:b",)
) -> Attribution:
    own = [layer if isinstance(layer, Layer) else made(*layer, line=n) for n, layer in enumerate(layers, 2)]
    return Attribution(base, base_layers, tuple(own))


def made(text: str, size: int, line: int = 1, settings: tuple[str, ...] = (), elsewhere: bool | None = None) -> Layer:
    keyword = text.split()[0]
    reads = keyword in ("COPY", "ADD") if elsewhere is None else elsewhere
    return Layer(text, keyword, line, size, text, settings, f"{text} {size}", reads)


def told(layers: tuple[LayerDelta, ...]) -> list[tuple[str, int | None, int | None, LayerChange]]:
    return [(layer.instruction, layer.before, layer.after, layer.change) for layer in layers]


def test_an_added_and_a_removed_layer() -> None:
    before = image(("RUN a", 1), ("RUN gone for good", 20), ("COPY . .", 3))
    after = image(("RUN a", 1), ("COPY . .", 3), ("RUN something new", 40))
    layers, size = compare(before, after)
    assert told(layers) == [
        ("RUN a", 1, 1, SAME),
        ("RUN gone for good", 20, None, REMOVED),
        ("COPY . .", 3, 3, SAME),
        ("RUN something new", None, 40, ADDED),
    ]
    assert (size.before, size.after, size.difference) == (BASE + 24, BASE + 44, 20)
    assert [layer.line for layer in layers] == [2, 3, 3, 4]


def test_an_edited_instruction_is_one_that_grew() -> None:
    before = image(("RUN apt-get update && apt-get install -y curl", 9_000_000), ("RUN make", 5))
    after = image(("RUN apt-get update && apt-get install -y curl gcc", 99_000_000), ("RUN make", 5))
    layers, _ = compare(before, after)
    assert [layer.change for layer in layers] == [GROWN, SAME]
    assert layers[0].difference == 90_000_000


def test_edited_instructions_pair_with_what_they_are_most_like() -> None:
    before = image(("RUN apt-get install -y curl wget", 10), ("RUN pip install flask", 20))
    after = image(("RUN useradd app", 1), ("RUN apt-get install -y curl", 8), ("RUN pip install flask gunicorn", 30))
    layers, _ = compare(before, after)
    assert told(layers) == [
        ("RUN useradd app", None, 1, ADDED),
        ("RUN apt-get install -y curl", 10, 8, SHRUNK),
        ("RUN pip install flask gunicorn", 20, 30, GROWN),
    ]


def test_another_keyword_is_another_instruction() -> None:
    layers, _ = compare(image(("ADD a /a", 1)), image(("COPY a /a", 1)))
    assert [layer.change for layer in layers] == [REMOVED, ADDED]


def test_a_moved_instruction_is_neither_added_nor_removed() -> None:
    before = image(("COPY . .", 5), ("RUN install", 7))
    layers, _ = compare(before, image(("RUN install", 7), ("COPY . .", 5)))
    assert sorted(told(layers)) == [("COPY . .", 5, 5, SAME), ("RUN install", 7, 7, SAME)]


def test_the_base_image_is_told_apart_from_the_instructions() -> None:
    layers, size = compare(image(("RUN a", 1)), image(("RUN a", 1), base=BASE + 7_000_000, base_layers=("sha256:c",)))
    assert told(layers) == [("RUN a", 1, 1, SAME)]
    assert (size.base_image_before, size.base_image_after) == (BASE, BASE + 7_000_000)


def test_other_bytes_from_the_same_inputs_are_drift() -> None:
    layers, _ = compare(image(("RUN apt-get update", 19_000_000)), image(("RUN apt-get update", 21_000_000)))
    assert [layer.change for layer in layers] == [DRIFT]


def test_a_few_bytes_more_of_the_same_instruction_are_drift_whatever_came_before() -> None:
    before = image(("COPY a /a", 1), ("RUN apt-get install x", 9_000_000))
    layers, _ = compare(before, image(("COPY a /a", 900), ("RUN apt-get install x", 9_000_032)))
    assert [layer.change for layer in layers] == [GROWN, DRIFT]


def test_a_run_that_reads_what_changed_before_it_has_grown() -> None:
    before = image(("COPY package-lock.json .", 1_000), ("RUN npm ci", 30_000_000))
    layers, _ = compare(before, image(("COPY package-lock.json .", 1_400), ("RUN npm ci", 45_000_000)))
    assert [layer.change for layer in layers] == [GROWN, GROWN]


def test_a_run_after_files_of_the_same_length_has_grown() -> None:
    one, other = made("COPY lock .", 1_000, 2), made("COPY lock .", 1_000, 2)
    other = replace(other, diff_id="sha256:other")
    layers, _ = compare(image(one, ("RUN npm ci", 30_000_000)), image(other, ("RUN npm ci", 45_000_000)))
    assert [layer.change for layer in layers] == [SAME, GROWN]


def test_a_run_under_another_environment_has_grown() -> None:
    one, other = (
        made("RUN make", size, settings=(f"ENV MODE={mode}", "RUN make")) for size, mode in ((1, "a"), (9**8, "b"))
    )
    layers, _ = compare(image(one), image(other))
    assert [layer.change for layer in layers] == [GROWN]


def test_a_run_that_names_the_variable_that_changed_has_grown() -> None:
    for variable, change in (("$N", GROWN), ("${N}", GROWN), ("$M", DRIFT)):
        text = f"RUN head -c {variable}"
        one, other = (made(text, n, settings=(f"ARG N={n}", text)) for n in (10, 20))
        assert [layer.change for layer in compare(image(one), image(other))[0]] == [change]


def test_what_another_stage_made_is_never_drift() -> None:
    layers, _ = compare(
        image(("COPY --from=build /app /app", 10**6)), image(("COPY --from=build /app /app", 2 * 10**6))
    )
    assert [layer.change for layer in layers] == [GROWN]


def test_without_a_base_all_is_added() -> None:
    layers, size = compare(None, image(("RUN a", 1), ("RUN b", 2)))
    assert told(layers) == [("RUN a", None, 1, ADDED), ("RUN b", None, 2, ADDED)]
    assert (size.before, size.base_image_before, size.difference) == (None, None, None)


def test_a_very_long_instruction_is_shortened() -> None:
    layers, _ = compare(None, image(("RUN " + "x" * 1_000_000, 1)))
    assert len(layers[0].instruction) == 1_000


LAYERS = st.lists(
    st.tuples(
        st.sampled_from(["RUN a b", "RUN a c", "RUN d", "COPY . .", "COPY x y", "WORKDIR /x"]), st.integers(0, 10**9)
    ),
    max_size=12,
)


@given(LAYERS, LAYERS)
def test_no_byte_and_no_layer_is_lost(old: list[tuple[str, int]], new: list[tuple[str, int]]) -> None:
    before, after = image(*old), image(*new)
    layers, size = compare(before, after)
    kept = [layer for layer in layers if layer.change is not REMOVED]
    assert [layer.line for layer in kept] == [layer.line for layer in after.layers]
    assert size.base_image_after + sum(layer.after or 0 for layer in layers) == size.after
    assert BASE + sum(layer.before or 0 for layer in layers) == size.before


@given(LAYERS)
def test_an_image_does_not_differ_from_itself(own: list[tuple[str, int]]) -> None:
    layers, size = compare(image(*own), image(*own))
    assert all(layer.change is SAME for layer in layers)
    assert size.difference == 0
