from __future__ import annotations

from msgspec.structs import replace
from report.samples import GROWN, REVIEW

from reviewbot.image.layers.package_changes import compare_versions, package_changes
from reviewbot.image.model.config import ImageConfig
from reviewbot.image.model.contents import ImageContents, Share, Waste
from reviewbot.image.model.packages import Package
from reviewbot.image.model.step import BASE_IMAGE, Step
from reviewbot.image.model.vulnerabilities import CveSeverity, Vulnerability, VulnerabilityChanges
from reviewbot.report.contents_json import contents_of, package_changes_of
from reviewbot.report.contents_section import contents_sections, contents_words
from reviewbot.report.context import ReportContext
from reviewbot.report.page_images import image_section
from reviewbot.report.stored_images import stored
from reviewbot.report.vulnerability_section import vulnerability_words

RUN = Step("RUN apt-get install gcc", 2)
OLD = (Package("curl", "7.88.1-10", "deb", 500_000, "curl"), Package("gone", "1", "deb", 9_000, "gone"))
NEW = (
    Package("curl", "7.88.1-9", "deb", 400_000, "curl", RUN),
    Package("gcc-12`|@x", "12.2.0-14", "deb", 52_000_000, "gcc-12", RUN),
)
IMAGE = replace(
    GROWN,
    package_changes=package_changes(OLD, NEW),
    contents=ImageContents(
        written=100_000_000,
        visible=60_000_000,
        waste=(Waste(40_000_000, 2, True, RUN, Step("RUN rm", 3), ("tmp/x`",)),),
        shares=(Share("usr/lib/gcc", 52_000_000, 300, RUN),),
        packages=NEW,
    ),
)


def test_packages_are_told_with_versions_and_bytes() -> None:
    text = contents_sections([IMAGE], ReportContext())
    assert "1 added, 1 removed, 1 downgraded, +51.9 MB" in text
    assert "| `curl` | `7.88.1-10` | `7.88.1-9` (downgraded) | -100.0 kB |" in text
    assert "<code>gcc&#45;12&#96;&#124;&#64;x</code>" in text


def test_waste_and_where_bytes_lie_are_told_with_lines() -> None:
    text = contents_sections([IMAGE], ReportContext())
    assert "| `/usr/lib/gcc` | 300 | 52.0 MB | `Dockerfile:2` |" in text
    assert "40.0 MB of" in text
    assert "efficiency 60.0%" in text
    assert "`Dockerfile:3`, deleted" in text


def test_a_line_in_a_table_is_linked_where_it_is_published() -> None:
    text = contents_sections([IMAGE], ReportContext(repository_url="https://github.com/acme/web", head_sha="a" * 40))
    address = f"https://github.com/acme/web/blob/{'a' * 40}/Dockerfile#L2"
    assert f"| `/usr/lib/gcc` | 300 | 52.0 MB | [`Dockerfile:2`]({address}) |" in text


def test_what_is_kept_of_an_image_is_the_same_whatever_time_it_took() -> None:
    slow = replace(IMAGE, build_seconds=9.0, timings={"build head": 9.0}, rebuild=None)
    quick = replace(slow, build_seconds=1.0, timings={"build head": 1.0})
    assert stored(replace(REVIEW, images=(slow,))) == stored(replace(REVIEW, images=(quick,)))


def test_a_terminal_gets_one_line() -> None:
    assert contents_words(IMAGE).startswith("packages 1 added, 1 removed, 1 downgraded, +51.9 MB · ")
    assert contents_words(IMAGE).endswith("40.0 MB shipped and never seen")
    assert contents_words(replace(GROWN, contents=None, size=None)) == ""


def test_an_image_that_was_not_read_has_no_part() -> None:
    assert contents_sections([GROWN], ReportContext()) == ""
    assert contents_of(GROWN) is None


def test_json_has_the_same() -> None:
    contents = contents_of(IMAGE)
    assert contents is not None
    assert (contents.wasted, contents.efficiency) == (40_000_000, 0.6)
    assert [(c.name, c.change.value, c.before, c.after, c.line) for c in package_changes_of(IMAGE)] == [
        ("gcc-12`|@x", "added", None, "12.2.0-14", 2),
        ("curl", "downgraded", "7.88.1-10", "7.88.1-9", 2),
        ("gone", "removed", "1", None, None),
    ]


def test_versions_in_the_order_of_dpkg() -> None:
    ordered = ["1.0~rc1", "1.0", "1.0-1", "1.0-1+b2", "1.0-1+deb12u3", "1.0-10", "1.0a", "1.0.1", "1.10", "2", "1:0.5"]
    for n, one in enumerate(ordered):
        for m, other in enumerate(ordered):
            assert (compare_versions(one, other) > 0) == (n > m), (one, other)
            assert (compare_versions(one, other) < 0) == (n < m), (one, other)


FLAWS = replace(
    GROWN,
    before=ImageConfig(),
    vulnerabilities=VulnerabilityChanges(
        "trivy",
        introduced=(
            Vulnerability("CVE-2023-38545", "curl", "7.88.1-10", "7.88.1-10+deb12u4", CveSeverity.CRITICAL, RUN),
            Vulnerability("CVE-2023-38545", "libcurl4", "7.88.1-10", "7.88.1-10+deb12u4", CveSeverity.CRITICAL, RUN),
            Vulnerability("CVE-2024-1|`<b>", "zlib1g", "1.2", "", CveSeverity.LOW, BASE_IMAGE),
        ),
        fixed=(Vulnerability("CVE-2020-1", "bash", "5.1", "5.2", CveSeverity.HIGH),),
    ),
)


def test_vulnerabilities_are_told_in_a_table_by_severity_with_their_lines() -> None:
    text = contents_sections([FLAWS], ReportContext())
    assert "2 vulnerabilities introduced (1 critical, 1 low), 1 fixed, says trivy" in text
    assert "| `CVE-2023-38545` | `curl 7.88.1-10` | critical | `7.88.1-10+deb12u4` | `Dockerfile:2` |" in text
    assert "| `zlib1g 1.2` | low |  | the base image |" in text
    assert "| `CVE-2020-1` (gone) | `bash 5.1` | high | `5.2` |  |" in text
    assert "CVE&#45;2024&#45;1&#124;&#96;&#60;b&#62;" in text


def test_where_nothing_is_compared_nothing_is_introduced() -> None:
    assert vulnerability_words(replace(FLAWS, before=None)).startswith("2 vulnerabilities (1 critical, 1 low)")


def test_the_page_has_the_same_table() -> None:
    page = image_section([FLAWS], ReportContext())
    assert "<th>vulnerability</th><th>package</th><th>severity</th><th>fixed in</th><th>brought by</th>" in page
    assert "<td><code>libcurl4</code> 7.88.1-10</td><td>critical</td><td>7.88.1-10+deb12u4</td>" in page
    assert "<td><code>Dockerfile:2</code></td>" in page
    assert "<b>" not in page.partition("CVE-2024-1")[2][:40]


def test_of_a_huge_number_the_first_are_told() -> None:
    many = [Vulnerability(f"CVE-2024-{n}", "curl", "1", "", CveSeverity.LOW, RUN) for n in range(1_000)]
    report = replace(GROWN, vulnerabilities=VulnerabilityChanges("grype", introduced=tuple(many)))
    assert "| and 960 more |" in contents_sections([report], ReportContext())
    assert "and 500 more" in image_section([report], ReportContext())
