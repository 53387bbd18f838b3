"""Text that is fitted to a screen."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from wcwidth import clip, width, wrap

from reviewbot.report.width import cells, cut, folded

WORDS = st.text(alphabet="abc -.☕é漢", max_size=60).map(lambda text: " ".join(text.split()))


@given(WORDS, st.integers(8, 40), st.sampled_from(["  ", "note ", "\x1b[2mnote\x1b[0m "]))
def test_lines_fit_and_keep_every_word(text: str, columns: int, lead: str) -> None:
    lines = folded(text, columns, lead, "  ")

    assert all(width(line) <= columns for line in lines)
    assert "".join("".join(lines).removeprefix(lead).split()) == "".join(text.split())
    assert all(line.startswith(lead if n == 0 else "  ") for n, line in enumerate(lines))


@example("aaaaaaaaaaa aaaaaaa", 8)
@given(st.text(alphabet="ab ", max_size=60).map(lambda text: " ".join(text.split())), st.integers(8, 40))
def test_plain_text_is_folded_as_any_other(text: str, columns: int) -> None:
    expected = wrap(text, columns, initial_indent="> ", subsequent_indent="  ", break_on_hyphens=False) if text else []

    assert folded(text, columns, "> ", "  ") == expected


@given(WORDS, st.integers(0, 40))
def test_what_is_cut_fits(text: str, columns: int) -> None:
    assert cut(text, columns) == clip(text, 0, columns)
    assert sum(map(cells, cut(text, columns))) <= columns
