"""Sample applications before and after typical changes, measured as a review does, against docker and tar by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from image.by_hand import built, measured_by_hand

from reviewbot.image.docker.engine import Connection
from reviewbot.image.measure import Measured
from reviewbot.image.model.report import ImageStatus
from reviewbot.image.model.size import LayerChange, Pairing
from reviewbot.image.standing import report_on
from reviewbot.review import judge_change
from reviewbot.rules.catalogue import all_rules
from reviewbot.run.learnt import with_images
from reviewbot.settings import Settings

pytestmark = pytest.mark.engine

DEBIAN = "FROM debian:bookworm-slim\n"
IMAGE_RULES = [rule for rule in all_rules() if ".rules.image." in rule.module]
SAME, ADDED, REMOVED = LayerChange.SAME, LayerChange.ADDED, LayerChange.REMOVED
GROWN, SHRUNK, DRIFT = LayerChange.GROWN, LayerChange.SHRUNK, LayerChange.DRIFT


def big(name: str, size: int = 2_000_000) -> str:
    return f"head -c {size} /dev/zero > {name}"


@dataclass(frozen=True)
class Sample:
    """A change: files before and after, the rules of images that it breaks with their lines, and the layers that are not
    as they were: line, difference in bytes, what became of it, and how it was found in the base."""

    name: str
    before: dict[str, str | bytes]
    after: dict[str, str | bytes]
    found: list[tuple[str, int]] = field(default_factory=list)
    difference: int | None = None
    layers: list[tuple[int, int, LayerChange, Pairing]] | None = None
    made_by: dict[int, int] = field(default_factory=dict)


def only(dockerfile: str, **files: str | bytes) -> dict[str, str | bytes]:
    return {"Dockerfile": dockerfile, **files}


SERVE = "#!/bin/sh\nexec sleep 1000\n"
APP = f'{DEBIAN}WORKDIR /app\nCOPY --chmod=755 serve /app/serve\nCMD ["/app/serve"]\n'
TOKEN = "ghp_" + "a1B2c3D4e5F6" * 3

PACKAGE = """\
RUN mkdir -p /p/DEBIAN /p/opt && head -c 2000000 /dev/urandom > /p/opt/tool && \\
    printf 'Package: tool\\nVersion: 1.2\\nArchitecture: all\\nMaintainer: x\\nInstalled-Size: 1954\\nDescription: x\\n' \\
    > /p/DEBIAN/control && dpkg-deb --build /p /p.deb && dpkg --install /p.deb && rm -rf /p /p.deb /var/log/dpkg.log
"""
ONE, TWO = big("/one", 1_500_000), big("/two", 2_500_000)
CHAIN = f"""\
FROM debian:bookworm-slim AS tools
RUN {big("/made", 1_200_000)}
FROM debian:bookworm-slim AS middle
COPY --from=tools /made /handed/made
{DEBIAN}COPY --from=middle /handed/made /opt/made
CMD ["sleep", "1"]
"""

SAMPLES = [
    Sample(
        "a package is added",
        only(APP, serve=SERVE),
        only(APP.replace("CMD", f"{PACKAGE}CMD"), serve=SERVE),
        [("image-growth", 4)],
    ),
    Sample(
        "another base",
        only(APP, serve=SERVE),
        only(APP.replace("bookworm", "trixie"), serve=SERVE),
        [("image-growth", 1)],
        layers=[],
    ),
    Sample(
        "a step is divided in two",
        only(f'{DEBIAN}RUN {ONE} && {TWO}\nCMD ["sleep", "1"]\n'),
        only(f'{DEBIAN}RUN {ONE}\nRUN {TWO}\nCMD ["sleep", "1"]\n'),
        difference=0,
        layers=[(2, 0, SAME, Pairing.SPLIT), (3, 0, SAME, Pairing.SPLIT)],
    ),
    Sample(
        "two steps become one that cleans up",
        only(f"{DEBIAN}RUN {ONE}\nRUN {TWO}\nCOPY note /\n", note="1"),
        only(f"{DEBIAN}RUN {ONE} && {TWO}\nCOPY note /\n", note="1"),
        difference=0,
        layers=[(2, 0, SAME, Pairing.MERGED)],
    ),
    Sample(
        "the rights of a large file change in a step of their own",
        only(f'{DEBIAN}COPY data /srv/data\nCMD ["sleep", "1"]\n', data=b"x" * 6_000_000),
        only(f'{DEBIAN}COPY data /srv/data\nRUN chmod 600 /srv/data\nCMD ["sleep", "1"]\n', data=b"x" * 6_000_000),
        [("image-growth", 3), ("wasted-bytes", 3)],
        6_000_000,
        [(3, 6_000_000, ADDED, Pairing.NONE)],
    ),
    Sample(
        "another stage makes more of what is handed on",
        only(CHAIN),
        only(CHAIN.replace("1200000", "4200000")),
        [("image-growth", 6)],
        3_000_000,
        [(6, 3_000_000, GROWN, Pairing.SAME)],
        {6: 2},
    ),
    Sample(
        "a step is gone",
        only(f"{DEBIAN}RUN {TWO}\nRUN {ONE}\n"),
        only(f"{DEBIAN}RUN {ONE}\n"),
        difference=-2_500_000,
        layers=[(2, -2_500_000, REMOVED, Pairing.NONE)],
    ),
    Sample(
        "a file copied, then removed",
        only(APP, serve=SERVE),
        only(
            APP.replace("CMD", "COPY installer /tmp/\nRUN rm /tmp/installer\nCMD"),
            serve=SERVE,
            installer="x" * 3_000_000,
        ),
        [("image-growth", 4), ("wasted-bytes", 5)],
        3_000_000,
        [(4, 3_000_000, ADDED, Pairing.NONE), (5, 0, ADDED, Pairing.NONE)],
    ),
    Sample(
        "a stage is introduced",
        only(f'{DEBIAN}RUN {big("/build")} && {big("/out", 50_000)}\nCMD ["sh"]\n'),
        only(
            f"{DEBIAN} AS build\n".replace("\n AS", " AS")
            + f'RUN {big("/build")} && {big("/out", 50_000)}\n{DEBIAN}COPY --from=build /out /out\nCMD ["sh"]\n'
        ),
        difference=-2_000_000,
        made_by={4: 2},
    ),
    Sample(
        "another order",
        only(f"{DEBIAN}COPY src /src\nRUN {big('/deps')}\n", src="code"),
        only(f"{DEBIAN}RUN {big('/deps')}\nCOPY src /src\n", src="code"),
        difference=0,
        layers=[(2, 0, SAME, Pairing.MOVED)],
    ),
    Sample(
        "a chown of everything",
        only(f"{DEBIAN}RUN mkdir /data && {big('/data/x', 6_000_000)}\n"),
        only(f"{DEBIAN}RUN mkdir /data && {big('/data/x', 6_000_000)}\nRUN chown -R nobody /data\n"),
        [("image-growth", 3), ("wasted-bytes", 3)],
        6_000_000,
    ),
    Sample(
        "a secret, deleted by a later layer",
        only(APP, serve=SERVE),
        only(
            APP.replace("CMD", "COPY token /root/token\nRUN cat /root/token >/dev/null\nRUN rm /root/token\nCMD"),
            serve=SERVE,
            token=TOKEN,
        ),
        [("secret-in-layer", 4)],
        40,
    ),
    Sample(
        "a setuid program and an account without a password",
        only(APP, serve=SERVE),
        only(
            APP.replace(
                "CMD", "RUN cp /bin/true /app/root && chmod 4755 /app/root\nRUN useradd app && passwd -d app\nCMD"
            ),
            serve=SERVE,
        ),
        [("setuid-file", 4), ("empty-password", 5)],
    ),
    Sample(
        "a health check with a tool that is not there",
        only(APP, serve=SERVE),
        only(APP.replace("CMD", "HEALTHCHECK CMD curl -f http://localhost/ || exit 1\nCMD"), serve=SERVE),
        [("healthcheck-program-missing", 4)],
        0,
    ),
    Sample(
        "an entrypoint that may not be executed, and modes for everybody",
        only(APP, serve=SERVE),
        only(
            APP.replace(" --chmod=755", "").replace("CMD", "RUN umask 0 && touch /app/data\nCMD"),
            serve=SERVE,
        ),
        [("writable-by-all", 4), ("program-cannot-start", 5)],
        0,
    ),
    Sample(
        "nothing but words",
        only(APP, serve=SERVE),
        only(f"# a comment\n{APP}ENV A=b\n", serve=SERVE),
        difference=0,
    ),
]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_change_weighs_what_docker_says_and_is_told_on_its_line(
    sample: Sample, changed: Callable[..., Any], connection: Connection, tmp_path: Path
) -> None:
    change = changed(sample.before, sample.after)
    measured: Measured = change.measure()
    (report,) = measured.reports
    assert report.status is ImageStatus.MEASURED
    assert report.notices == ()
    with built(connection, tmp_path / "before", sample.before) as image:
        before = measured_by_hand(connection, image)
    with built(connection, tmp_path / "after", sample.after) as image:
        after = measured_by_hand(connection, image)
    size = report.size
    assert (size.before, size.after) == (before.size, after.size)
    assert size.base_image_after == after.history[0]
    assert size.base_image_after + sum(layer.after or 0 for layer in report.layers) == after.size
    assert size.base_image_before + sum(layer.before or 0 for layer in report.layers) == before.size
    assert [layer.after for layer in report.layers if layer.after] == [n for n in after.history[1:] if n]
    if sample.difference is not None:
        assert size.difference == sample.difference
    if report.contents is not None:
        assert (report.contents.written, report.contents.visible) == (after.written, after.visible)
        assert report.contents.wasted == after.written - after.visible
        (base,) = measured.base_reports
        assert (base.contents.written, base.contents.visible) == (before.written, before.visible)
    if sample.layers is not None:
        told = [(x.line, x.difference, x.change, x.pairing) for x in report.layers]
        assert [x for x in told if x[2:] != (SAME, Pairing.SAME)] == sample.layers
    assert {x.line: x.made_by for x in report.layers if x.made_by} == sample.made_by
    head, base_facts = with_images(change.head, change.base, measured)
    found = judge_change(change.read.change, base_facts, head, change.settings, IMAGE_RULES)[2]
    assert sorted((finding.location.path, finding.rule, finding.location.line) for finding in found) == sorted(
        ("Dockerfile", rule, line) for rule, line in sample.found
    )
    assert not any(TOKEN in f"{finding}" for finding in found)


ODD = f"""\
{DEBIAN}RUN mkdir -p /o/d/sub && echo a > /o/d/sub/x && echo bb > /o/d/y && head -c 100000 /dev/urandom > /o/h1 && \\
    ln /o/h1 /o/h2 && ln /o/h1 /o/h3 && truncate -s 3M /o/sparse && printf x >> /o/sparse
RUN n=$(head -c 250 /dev/zero | tr '\\0' n); mkdir -p /o/$n/$n && echo deep > /o/$n/$n/$n && \\
    printf hello > "$(printf '/o/\\377\\376bad\\n name')" && touch '/o/`x` $(id)' && mknod /o/fifo p && ln -s loop /o/loop
RUN rm -rf /o/d && mkdir /o/d && echo new > /o/d/z && rm /o/h2 && echo c > /o/h3 && ln -s /nowhere /o/dangling
RUN rm /o/sparse /o/h1 && cp -a /bin /o/linked && chmod 6755 /o/d/z
"""


def test_odd_files_are_counted_as_tar_counts_them(connection: Connection, tmp_path: Path) -> None:
    """Links, folders made anew, sparse files, long names and such that are no text."""
    with built(connection, tmp_path, {"Dockerfile": ODD}) as image:
        counted = measured_by_hand(connection, image)
        report = report_on(connection, image, None, Settings(scanner="none"))
    assert report.contents is not None and report.size is not None
    assert (report.contents.written, report.contents.visible) == (counted.written, counted.visible)
    assert report.size.after == counted.size == sum(layer.after or 0 for layer in report.layers)
    assert report.contents.incomplete == ()
    assert "o/d/z" in [file.path for file in report.contents.setuid]
