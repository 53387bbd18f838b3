"""How many requests a review takes, by the number of findings: against the tests' GitHub, over HTTP.

Run it from the repository's root: ``python bench/request_counts.py``.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from end_to_end import sample
from end_to_end.fake_github import FakeGitHub
from end_to_end.sample import Sample
from end_to_end.scene import NUMBER, Scene

MOST = 8
FINDINGS = (1, 20, 500)


def change(findings: int) -> sample.Files:
    """A change that brings in at least so many findings."""
    if findings == 1:
        return sample.SHELL_FORM
    services = "".join(f"  s{number}:\n    image: busybox\n" for number in range(findings))
    return {"compose.yaml": sample.COMPOSE + services}


def measure(findings: int) -> tuple[int, dict[str, int], int]:
    """The findings there are, the requests of each run, and the writes of a run that has nothing new to say."""
    requests: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        application = Sample(Path(folder) / "application")
        with FakeGitHub(application.folder) as fake:
            scene = Scene(application, fake, Path(folder))

            def run(name: str) -> int:
                fake.requests.clear()
                done = scene.review()
                requests[name] = len(fake.requests)
                return int(done.outputs["findings"])

            scene.open(change(findings))
            found = run("first run")
            run("the same again")
            quiet = len(scene.writes)
            scene.push({"README.md": "# Another push\n"})
            run("a push beside it")
            application.restore(application.base)
            fake.push(NUMBER, application.head)
            run("all fixed")
    return found, requests, quiet


def main() -> int:
    print(f"{'findings':>8}  {'first run':>10}  {'the same again':>14}  {'a push beside it':>16}  {'all fixed':>10}")
    is_within = True
    for findings in FINDINGS:
        found, requests, quiet = measure(findings)
        print(f"{found:>8}  " + "  ".join(f"{requests[name]:>{max(10, len(name))}}" for name in requests))
        is_within &= max(requests.values()) <= MOST and quiet == 0 and found >= findings
    print(f"at most {MOST} each, and none that writes where nothing is new: {'yes' if is_within else 'NO'}")
    return 0 if is_within else 1


if __name__ == "__main__":
    sys.exit(main())
