"""Two builds at the same time: when that is right, and how they end together."""

from __future__ import annotations

import threading
import time

import pytest

from reviewbot.image.build.side_by_side import may_share_time, side_by_side
from reviewbot.source.text import Text


def text(*lines: str) -> Text:
    return Text("Dockerfile", "FROM debian\n" + "".join(f"{line}\n" for line in lines))


@pytest.mark.parametrize(
    ("lines", "shares"),
    [
        (["RUN make"], True),
        (["RUN --mount=type=bind,target=/x make"], True),
        (["RUN --mount=type=cache,target=/root/.cache make"], False),
        (["RUN --mount=type=bind,target=/x --mount=target=/c,type=cache make"], False),
        (["RUN --mount=type=ca\\", "che,target=/c make"], False),
        (["RUN --mount=$HOW make"], False),
        (["ONBUILD RUN --mount=type=cache,target=/c make"], False),
        (["RUN <<EOF", "never ended"], False),
    ],
)
def test_versions_that_write_into_a_cache_are_built_one_after_the_other(lines: list[str], shares: bool) -> None:
    assert may_share_time(text(), text(*lines)) is shares
    assert may_share_time(text(*lines), None) is shares


def test_both_run_at_the_same_time() -> None:
    meeting = threading.Barrier(2, timeout=10)
    assert side_by_side(lambda: (meeting.wait(), 1)[1], lambda: (meeting.wait(), 2)[1], threading.Event()) == (1, 2)


def test_an_end_that_was_asked_for_ends_both() -> None:
    given_up, ended = threading.Event(), threading.Event()

    def first() -> None:
        assert given_up.wait(10)
        time.sleep(0.05)
        ended.set()

    def second() -> None:
        raise SystemExit(143)

    with pytest.raises(SystemExit):
        side_by_side(first, second, given_up)
    assert ended.is_set()


def test_a_problem_of_the_other_one_is_raised() -> None:
    def first() -> None:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        side_by_side(first, lambda: 2, threading.Event())
