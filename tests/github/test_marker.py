from __future__ import annotations

from discussion import finding
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.github.marker import (
    MAX_BODY,
    FindingsMarker,
    Fixed,
    SummaryMarker,
    SummaryState,
    findings_marker,
    summary_marker,
    with_marker,
    without_marker,
)

MARKER = FindingsMarker.of([finding("non-root-user"), finding("pin-base-image")], "body")
FORGED = f"text\n\n{MARKER}"


@given(st.text())
def test_a_comment_gives_its_marker_and_its_words_back(body: str) -> None:
    marker = FindingsMarker.of([finding()], body)

    assert findings_marker(with_marker(body, marker)) == marker
    assert without_marker(with_marker(body, marker)) == body.rstrip()


def test_what_github_makes_of_line_ends_does_not_matter() -> None:
    assert findings_marker(with_marker("body", MARKER).replace("\n", "\r\n") + "\r\n") == MARKER


def test_only_the_last_line_counts() -> None:
    real = FindingsMarker.of([finding("apt-lists")], "other")

    assert findings_marker(with_marker(FORGED, real)) == real
    assert findings_marker(f"{FORGED}\nmore words") is None
    assert findings_marker(f"> {MARKER}") is None
    assert findings_marker(f"{FORGED} and more") is None


def test_nothing_else_is_a_marker() -> None:
    for body in ("", "<!-- reviewbot:findings -->", "<!-- reviewbot:findings 0123:x text=0 -->", "<!-- reviewbot -->"):
        assert findings_marker(body) is None
        assert summary_marker(body) is None
        assert without_marker(body) == body


def test_a_long_body_is_cut_and_the_marker_is_not() -> None:
    body = with_marker("x" * 100_000, MARKER)

    assert len(body) == MAX_BODY
    assert findings_marker(body) == MARKER


def test_a_summary_remembers_paths_of_any_kind() -> None:
    state = SummaryState(
        (Fixed("0" * 16, "non-root-user", "a --> b/`@x`\nDockerfile", "a" * 40),), ("1" * 16,), "b" * 40
    )
    body = with_marker("summary", SummaryMarker.of(state, "summary"))

    assert body.count("-->") == 1
    found = summary_marker(body)
    assert found is not None
    assert found.state == state


def test_a_summary_with_an_unreadable_memory_is_still_the_summary() -> None:
    for state in ("", "AAAA", "e30", "W10=", "eyJmaXhlZCI6IFtbInh4IiwgInkiLCAieiIsICJ3Il1dfQ=="):
        found = summary_marker(f"x\n\n<!-- reviewbot:summary text={'0' * 16} state={state} -->")
        assert found is not None
        assert found.state == SummaryState()
