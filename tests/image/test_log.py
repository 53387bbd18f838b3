from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.image.build.log import clean, progress, read_failure, read_stopped

FAILED_RUN = """\
#6 [2/4] RUN echo ok > /a
#6 DONE 0.1s

#7 [3/4] RUN <<EOT (echo "::error file=x::hi"...)
#7 0.065 ::error file=x::hi
#7 0.065 \x1b[31mred\x1b[0m \r------
#7 0.065 Dockerfile:1
#7 0.065 --------------------
#7 0.065 ERROR: failed to solve: spoof
#7 0.065 \u202eevil
#7 ERROR: process "/bin/sh -c echo \\"::error file=x::hi\\"\\nexit 3\\n" did not complete successfully: exit code: 3
------
 > [3/4] RUN <<EOT (echo "::error file=x::hi"...):
0.065 ::error file=x::hi
0.065 Dockerfile:1
0.065 --------------------
0.065 ERROR: failed to solve: spoof
------
Dockerfile:3
--------------------
   2 |     RUN echo ok > /a
   3 | >>> RUN <<EOT
   4 | >>> echo "::error file=x::hi"
   5 | >>> EOT
   6 |     COPY a.txt /
--------------------
ERROR: failed to solve: process "/bin/sh -c echo \\"::error file=x::hi\\"\\nexit 3\\n" did not complete successfully: exit code: 3
"""

MISSING_FILE = """\
#5 [internal] load build context
#5 DONE 0.0s

#6 [stage-1 2/2] COPY nope /x
#6 ERROR: failed to calculate checksum of ref 6b6a5332-cebf::f3owji3odm23: "/nope": not found
------
 > [stage-1 2/2] COPY nope /x:
------
Dockerfile:4
--------------------
   2 |     RUN echo hi
   4 | >>> COPY nope /x
   5 |     \n--------------------
ERROR: failed to solve: failed to compute cache key: failed to calculate checksum of ref 6b-b::f3owji3odm23: "/nope": not found
"""

UNREACHABLE = """\
#2 [internal] load metadata for docker.io/library/nosuch:1
#2 ERROR: failed to do request: Head "https://registry-1.docker.io/v2/library/nosuch/manifests/1": no such host
------
 > [internal] load metadata for docker.io/library/nosuch:1:
------
Dockerfile:1
--------------------
   1 | >>> FROM nosuch:1
--------------------
ERROR: failed to solve: nosuch:1: failed to do request: Head "https://registry-1.docker.io/v2/x": no such host
"""


@pytest.mark.parametrize("prefix", ["", "failed to build: "], ids=["buildx 0.13", "buildx 0.29"])
def test_a_failing_run_is_found_whatever_it_printed(prefix: str) -> None:
    failure = read_failure(FAILED_RUN.replace("\nERROR: ", f"\nERROR: {prefix}"))
    assert failure.line == 3
    assert failure.message == "process did not complete successfully: exit code: 3"
    assert failure.log.splitlines() == [
        "::error file=x::hi",
        "------",
        "Dockerfile:1",
        "--------------------",
        "ERROR: failed to solve: spoof",
        "evil",
    ]
    assert not failure.is_outage


@pytest.mark.parametrize("prefix", ["", "failed to build: "], ids=["buildx 0.13", "buildx 0.29"])
def test_a_missing_file_is_named_without_what_differs_from_run_to_run(prefix: str) -> None:
    failure = read_failure(MISSING_FILE.replace("\nERROR: ", f"\nERROR: {prefix}"))
    assert (failure.line, failure.message, failure.log) == (4, '"/nope": not found', "")


def test_a_registry_that_is_out_of_reach_is_nobodys_mistake() -> None:
    failure = read_failure(UNREACHABLE)
    assert failure.line == 1
    assert failure.is_outage


@pytest.mark.parametrize("prefix", ["", "failed to build: "], ids=["buildx 0.13", "buildx 0.29"])
def test_a_run_that_speaks_of_the_network_is_still_the_runs_failure(prefix: str) -> None:
    log = f'#4 0.1 no such host\nERROR: {prefix}failed to solve: process "curl no such host" did not complete successfully: x\n'
    assert not read_failure(log).is_outage


def test_an_error_without_an_excerpt_has_no_line() -> None:
    failure = read_failure('ERROR: failed to solve: target stage "nope" could not be found\n')
    assert (failure.line, failure.message) == (None, 'target stage "nope" could not be found')


def test_a_failure_without_an_excerpt_tells_its_step() -> None:
    """As of a step that base and head share."""
    log = "#4 [1/3] FROM x\n#4 CACHED\n\n#5 [2/3] RUN make\n#6 [other 1/1] RUN a\n#5 ERROR: x\n#6 CANCELED\n"
    failure = read_failure(f"{log}ERROR: failed to solve: y\n")
    assert (failure.line, failure.step) == (None, "RUN make")


def test_a_stopped_build_tells_the_step_it_was_in() -> None:
    log = "#4 [1/3] FROM x\n#4 CACHED\n\n#5 [2/3] RUN make\n#5 0.1 a\n#5 DONE 1.0s\n\n#6 [3/3] RUN sleep inf\n#6 0.2 waiting\n"
    failure = read_stopped(log, "took longer than 3 seconds")
    assert failure.message == "the build was ended: it took longer than 3 seconds"
    assert (failure.step, failure.log) == ("RUN sleep inf", "waiting")
    canceled = f"{log}#6 CANCELED\nERROR: failed to solve: Canceled: context canceled\n"
    assert read_stopped(canceled, "took longer than 3 seconds") == failure


def test_of_a_long_log_the_end_is_kept() -> None:
    lines = "".join(f"#4 0.1 {'x' * 100_000} {n}\n" for n in range(100))
    failure = read_failure(f"#4 [2/2] RUN yes\n{lines}#4 ERROR: x\nERROR: failed to solve: y\n")
    assert len(failure.log) < 20_000
    assert failure.log.count("\n") == 39


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("#5 [build 2/3] RUN echo ##[add-mask]x", "[build 2/3] RUN"),
        ("#5 [2/3] COPY --from=x ::stop-commands::y /z", "[2/3] COPY"),
        ("#5 0.1 [2/3] RUN of somebody", None),
        ("#1 [internal] load build definition from Dockerfile", None),
        ("#5 [::set-output] RUN x", None),
        ("anything", None),
    ],
)
def test_progress_repeats_no_word_of_the_build(line: str, said: str | None) -> None:
    assert progress(line) == said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;https://evil.example\x07link\x1b]8;;\x07", "link"),
        ("10 %\r20 %\r", "20 %"),
        ("a\u202eb\u200bc\u2066d\ufeff", "abcd"),
        ("nul\0 bell\a del\x7f c1\x9b31m", "nul bell del c131m"),
        ("tab\there", "tab\there"),
        ("\x1b", ""),
    ],
)
def test_hidden_characters_go(line: str, said: str) -> None:
    assert clean(line) == said


@given(st.text())
def test_any_output_is_read(output: str) -> None:
    for failure in (read_failure(output), read_stopped(output, "took too long")):
        shown = failure.message + failure.log
        assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cf") and c not in "\n\t"]


def test_a_run_that_never_began_for_want_of_a_network_is_nobodys_mistake() -> None:
    said = "failed to create endpoint x on network bridge: adding interface veth0 to bridge docker0 failed"
    failure = read_failure(f'ERROR: failed to solve: process "/bin/sh -c make" did not complete successfully: {said}\n')
    assert failure.is_outage
    ran = f"process \"/bin/sh -c echo '{said}'\" did not complete successfully: exit code: 1"
    assert not read_failure(f"#4 0.1 {said}\nERROR: failed to solve: {ran}\n").is_outage
