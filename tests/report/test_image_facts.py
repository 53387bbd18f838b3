"""What is told at the terminal of images that nobody judges."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from reviewbot.image.model.contents import (
    AccountFact,
    FileFact,
    ImageContents,
    LaunchFault,
    LaunchProblem,
    Leftover,
    SecretFile,
    Share,
    Waste,
)
from reviewbot.image.model.packages import Package, PackageChange, PackageMove
from reviewbot.image.model.report import ImageReport, ImageStatus
from reviewbot.image.model.size import ImageSize
from reviewbot.image.model.spec import ImageSpec
from reviewbot.image.model.step import Step
from reviewbot.image.model.vulnerabilities import CveSeverity, Vulnerability, VulnerabilityChanges
from reviewbot.outcome import Review, Verdict
from reviewbot.report.image_facts import image_facts
from reviewbot.report.terminal import terminal_report

STEP = Step("RUN make " + "x" * 100, None)
CONTENTS = ImageContents(
    launch=(LaunchProblem("CMD", "/serve", LaunchFault.PLATFORM, "arm64"),),
    secrets=(SecretFile("root/.ssh/id_rsa", "a private key", True, Step("COPY id_rsa /root/.ssh/", None)),),
    accounts=(AccountFact("empty-password", "app", "", STEP), AccountFact("duplicate-uid", "root, toor", "0", STEP)),
    setuid=tuple(FileFact(f"bin/{n}", 1, 0o4755, STEP) for n in range(7)),
    world_writable=(FileFact("d/" + "e" * 200, 1, 0o666, STEP),),
    waste=(Waste(3_000_000, 1, True, STEP, Step("RUN rm /x", None), ("x",)), Waste(10, 1, True, STEP, STEP)),
    leftovers=(Leftover("apt-lists", "var/lib/apt/lists", 19_000_000, 4, STEP),),
    shares=(Share("usr", 70_000_000, 9, STEP), Share("etc", 10, 1, STEP)),
    packages=(Package("libc6", "2.36", "deb", 13_000_000, "glibc"),),
)
IMAGE = ImageReport(
    ImageSpec("app:1", "", ""),
    ImageStatus.MEASURED,
    "linux/amd64",
    size=ImageSize(None, 100, None, 0),
    contents=CONTENTS,
)


def test_all_that_is_odd_is_told_and_what_is_small_is_not() -> None:
    assert list(image_facts(IMAGE)) == [
        ("start", "CMD: /serve is built for arm64"),
        (
            "secret",
            "a private key in /root/.ssh/id_rsa, deleted by a later layer, brought by COPY id_rsa /root/.ssh/",
        ),
        ("account", "app has no password"),
        ("account", "root, toor share the user number 0"),
        ("setuid", "/bin/0, /bin/1, /bin/2, /bin/3, /bin/4 and 2 more"),
        ("writable", f"by everybody: /…{'e' * 80}"),
        ("unseen", f"3.0 MB such as /x of RUN make {'x' * 50}… deleted by RUN rm /x"),
        ("leftover", "19.0 MB of apt's package lists in /var/lib/apt/lists"),
        ("largest", "70.0 MB in /usr"),
        ("packages", "1, the largest libc6 13.0 MB"),
    ]


def test_of_a_comparison_only_the_packages_are_told() -> None:
    before, after = (Package("libc6", version, "deb", 13_000_000, "glibc") for version in ("2.36", "2.41"))
    change = PackageChange("libc6", "deb", PackageMove.UPGRADED, before, replace(after, size=14_000_000))
    compared = replace(IMAGE, size=ImageSize(90, 100, 0, 0), package_changes=(change,))
    assert list(image_facts(compared)) == [("upgraded", "libc6 2.36 → 2.41 +1.0 MB")]


@pytest.mark.parametrize(
    "image", [replace(IMAGE, spec=ImageSpec("app", "Dockerfile", "")), replace(IMAGE, contents=None)]
)
def test_of_a_dockerfile_the_findings_tell(image: ImageReport) -> None:
    assert list(image_facts(image)) == []


def test_the_terminal_shows_nothing_that_moves_its_cursor() -> None:
    hostile = replace(CONTENTS, setuid=(FileFact("a\x1b[2Jb\n::error::c\udcff", 1, 0o4755, STEP),))
    shown = terminal_report(Review(Verdict.PASS, None, None, images=(replace(IMAGE, contents=hostile),)))
    assert "setuid" in shown
    assert not set("\x1b\udcff") & set(shown)
    assert not any(line.lstrip().startswith("::") for line in shown.splitlines())


def test_the_worst_vulnerabilities_are_told_with_what_mends_them() -> None:
    flaws = [Vulnerability(f"CVE-2024-{n}", "zlib1g", "1.2", "", CveSeverity.LOW) for n in range(20)]
    worst = Vulnerability("CVE-2023-38545", "curl", "7.88.1-10", "7.88.1-10+deb12u4", CveSeverity.CRITICAL)
    report = replace(IMAGE, vulnerabilities=VulnerabilityChanges("trivy", introduced=(worst, *flaws)), contents=None)
    told = list(image_facts(report))
    assert told[0] == ("critical", "CVE-2023-38545 in curl 7.88.1-10, fixed in 7.88.1-10+deb12u4")
    assert told[-1] == ("", "and 11 more")
    assert len(told) == 11
