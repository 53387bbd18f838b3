"""Sample applications before and after typical changes, measured as a review does, against docker and tar by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from image.by_hand import built, measured_by_hand

from reviewbot.image.engine import Connection
from reviewbot.image.measure import Measured
from reviewbot.image.model import ImageStatus
from reviewbot.review import judge_change
from reviewbot.rules.catalogue import all_rules
from reviewbot.run import with_images

pytestmark = pytest.mark.engine

DEBIAN = "FROM debian:bookworm-slim\n"
IMAGE_RULES = [rule for rule in all_rules() if ".rules.image." in rule.module and rule.name != "image-growth"]


def big(name: str, size: int = 2_000_000) -> str:
    return f"head -c {size} /dev/zero > {name}"


@dataclass(frozen=True)
class Sample:
    """A change: files before and after, and the rules of images that it breaks, with their lines."""

    name: str
    before: dict[str, str | bytes]
    after: dict[str, str | bytes]
    found: list[tuple[str, int]] = field(default_factory=list)
    difference: int | None = None


def only(dockerfile: str, **files: str | bytes) -> dict[str, str | bytes]:
    return {"Dockerfile": dockerfile, **files}


SERVE = "#!/bin/sh\nexec sleep 1000\n"
APP = f'{DEBIAN}WORKDIR /app\nCOPY --chmod=755 serve /app/serve\nCMD ["/app/serve"]\n'
TOKEN = "ghp_" + "a1B2c3D4e5F6" * 3

SAMPLES = [
    Sample(
        "a package is added",
        only(APP, serve=SERVE),
        only(APP.replace("CMD", f"RUN mkdir -p /opt/tool && {big('/opt/tool/x')}\nCMD"), serve=SERVE),
        difference=2_000_000,
    ),
    Sample(
        "another base",
        only(APP, serve=SERVE),
        only(APP.replace("bookworm", "trixie"), serve=SERVE),
    ),
    Sample(
        "a file copied, then removed",
        only(APP, serve=SERVE),
        only(
            APP.replace("CMD", "COPY installer /tmp/\nRUN rm /tmp/installer\nCMD"),
            serve=SERVE,
            installer="x" * 3_000_000,
        ),
        [("wasted-bytes", 5)],
        3_000_000,
    ),
    Sample(
        "a stage is introduced",
        only(f'{DEBIAN}RUN {big("/build")} && {big("/out", 50_000)}\nCMD ["sh"]\n'),
        only(
            f"{DEBIAN} AS build\n".replace("\n AS", " AS")
            + f'RUN {big("/build")} && {big("/out", 50_000)}\n{DEBIAN}COPY --from=build /out /out\nCMD ["sh"]\n'
        ),
        difference=-2_000_000,
    ),
    Sample(
        "another order",
        only(f"{DEBIAN}COPY src /src\nRUN {big('/deps')}\n", src="code"),
        only(f"{DEBIAN}RUN {big('/deps')}\nCOPY src /src\n", src="code"),
        difference=0,
    ),
    Sample(
        "a chown of everything",
        only(f"{DEBIAN}RUN mkdir /data && {big('/data/x', 6_000_000)}\n"),
        only(f"{DEBIAN}RUN mkdir /data && {big('/data/x', 6_000_000)}\nRUN chown -R nobody /data\n"),
        [("wasted-bytes", 3)],
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
    head, base_facts = with_images(change.head, change.base, measured)
    found = judge_change(change.read.change, base_facts, head, change.settings, IMAGE_RULES)[2]
    assert [(finding.rule, finding.location.line) for finding in found] == sample.found
    assert not any(TOKEN in f"{finding}" for finding in found)
