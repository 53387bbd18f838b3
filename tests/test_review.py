"""The core as a whole: what of a change is spoken of, and what it comes to."""

from __future__ import annotations

import pytest
from core import BAD, FILES, UGLY, change_between, facts_of, measured, replacing, reviewed, wanting
from hypothesis import given
from msgspec.structs import replace

from reviewbot.finding import Notice, Severity, Side
from reviewbot.image.model.size import ImageSize
from reviewbot.outcome import Review, Verdict
from reviewbot.review import review
from reviewbot.rules.catalogue import rules_named
from reviewbot.settings import Settings

GRAVE = replacing("grave", r"\bgrave\b", "light", Severity.ERROR)
NOTE = replacing("note", r"\bnote\b", "word", Severity.INFO)
RULES = [BAD, GRAVE, NOTE]


def rules_of(outcome: Review) -> list[tuple[str, str, int]]:
    return [(f.location.path, f.rule, f.location.line) for f in outcome.findings]


def test_only_what_the_change_brings_in_is_spoken_of() -> None:
    base = {"Dockerfile": "FROM a\nRUN bad\n", "other/Dockerfile": "FROM a\nRUN grave\n"}
    head = {**base, "Dockerfile": "FROM a\nRUN bad\nRUN note\n"}

    assert rules_of(reviewed(base, head, RULES)) == [("Dockerfile", "note", 3)]
    assert reviewed(base, head, RULES).files == ("Dockerfile",)
    assert rules_of(reviewed(base, head, RULES, scope="file")) == [("Dockerfile", "bad", 2), ("Dockerfile", "note", 3)]
    assert len(reviewed(base, head, RULES, scope="all").findings) == 3
    assert reviewed(base, head, RULES, scope="all").files == ("Dockerfile", "other/Dockerfile")


def test_paths_narrow_what_is_spoken_of() -> None:
    head = {"a/Dockerfile": "FROM a\nRUN bad\n", "ab/Dockerfile": "FROM a\nRUN bad\n"}
    for within in (["a"], ["a/"], ["a/Dockerfile"]):
        narrowed = reviewed({}, head, RULES, within=within)
        assert (rules_of(narrowed), narrowed.files) == ([("a/Dockerfile", "bad", 2)], ("a/Dockerfile",))
    assert len(reviewed({}, head, RULES, within=["."]).findings) == 2


@pytest.mark.parametrize(
    ("word", "fails_on"),
    [("grave", {"error", "warning", "info"}), ("bad", {"warning", "info"}), ("note", {"info"}), ("fine", set())],
)
def test_the_verdict_follows_the_gravest_finding(word: str, fails_on: set[str]) -> None:
    for fail_on in ("error", "warning", "info", "never"):
        outcome = reviewed({}, {"Dockerfile": f"FROM a\nRUN {word}\n"}, RULES, fail_on=fail_on)
        assert outcome.verdict is (Verdict.FAIL if fail_on in fails_on else Verdict.PASS)


@pytest.mark.parametrize(("fail_on", "verdict"), [("error", Verdict.FAIL), ("never", Verdict.PASS)])
def test_a_broken_budget_fails(fail_on: str, verdict: Verdict) -> None:
    files = {"Dockerfile": "FROM a\n"}
    report = measured(ImageSize(1, 2, 1, 1), "It is too large.")
    head = replace(facts_of(files), reports=(report,))
    outcome = review(change_between(files, files), facts_of(files), head, Settings(fail_on=fail_on), [])  # type: ignore[arg-type]

    assert (outcome.verdict, outcome.images) == (verdict, (report,))


def test_what_the_change_mends_is_told() -> None:
    base = {"Dockerfile": "FROM a\nRUN bad\nRUN bad\nRUN ugly\n", "gone/Dockerfile": "FROM a\nRUN bad\n"}
    head = {"Dockerfile": "FROM a\nRUN bad\nRUN ugly\n"}
    outcome = reviewed(base, head, [BAD, UGLY])

    assert [(f.rule, f.location.path) for f in outcome.fixed] == [("bad", "Dockerfile")]


def test_a_file_that_breaks_is_unread_and_mends_nothing() -> None:
    base, head = {"Dockerfile": "FROM a\nRUN bad\n"}, {"Dockerfile": "FROM a\nRNU good\n"}
    outcome = reviewed(base, head, [BAD, *rules_named("unreadable-file")])

    assert (outcome.fixed, outcome.unread) == ((), ("Dockerfile",))
    assert rules_of(outcome) == [("Dockerfile", "unreadable-file", 2)]


def test_a_file_that_was_broken_before_is_not_the_change_s_doing() -> None:
    base, head = {"Dockerfile": "RNU a\n"}, {"Dockerfile": "RNU a\nRUN b\n"}
    outcome = reviewed(base, head, rules_named("unreadable-file"))

    assert (outcome.findings, outcome.unread) == ((), ("Dockerfile",))


def test_what_a_comment_keeps_is_told_apart() -> None:
    bad = replace(BAD, name="json-form-command")
    comment = "# reviewbot: ignore=json-form-command it has to be\n"
    outcome = reviewed({}, {"Dockerfile": f"FROM a\n{comment}RUN bad\nRUN bad\n"}, [bad])

    assert rules_of(outcome) == [("Dockerfile", "json-form-command", 4)]
    ((kept, suppression),) = outcome.suppressed
    assert (kept.location.line, suppression.by, suppression.reason) == (3, "comment", "it has to be")


def test_what_the_base_kept_already_is_not_told_again() -> None:
    bad = replace(BAD, name="json-form-command")
    base = {"Dockerfile": "FROM a\n# reviewbot: ignore=json-form-command it has to be\nRUN bad\n"}

    assert reviewed(base, {"Dockerfile": f"{base['Dockerfile']}RUN good\n"}, [bad]).suppressed == ()


SECRET = "ENV AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIK7MDENGbPxRfiCYzT4bq9Xv2Lw0\n"
KEEP = "# reviewbot: ignore=secret-in-dockerfile only for tests\n"


def test_a_change_cannot_silence_the_secret_it_brings_in() -> None:
    rules = rules_named("secret-in-dockerfile")
    base = {"Dockerfile": "FROM a\n"}
    outcome = reviewed(base, {"Dockerfile": f"FROM a\n{KEEP}{SECRET}"}, rules)

    assert [f.rule for f in outcome.findings] == ["secret-in-dockerfile"]
    assert outcome.suppressed == ()


def test_a_secret_that_the_base_has_agreed_to_stays_silent() -> None:
    rules = rules_named("secret-in-dockerfile")
    base = {"Dockerfile": f"FROM a\n{KEEP}{SECRET}"}
    outcome = reviewed(base, {"Dockerfile": f"FROM a\nRUN one\n{KEEP}{SECRET}"}, rules)

    assert outcome.findings == ()
    moved = reviewed(base, {"api/Dockerfile": base["Dockerfile"]}, rules, renamed={"api/Dockerfile": "Dockerfile"})
    assert moved.findings == ()


DOCKERFILE = 'FROM debian:12.5-slim\nWORKDIR /srv\nCOPY . .\nUSER app\nCMD ["serve"]\n'
COMPOSE = "services:\n  web:\n    build: .\n    {more}\n"


def test_a_dockerfile_that_did_not_change_is_not_told_of_other_files_of_its_context() -> None:
    """The Compose file did change, so its Dockerfile is judged anew; what is found there is not its doing."""
    rules = rules_named("dockerignore-incomplete")
    before = {"Dockerfile": DOCKERFILE, ".dockerignore": ".git\n", "compose.yaml": COMPOSE.format(more="init: true")}
    after = {**before, "compose.yaml": COMPOSE.format(more="init: false"), "infra/main.tf": "terraform {}\n"}

    assert reviewed(before, after, rules).findings == ()
    told = reviewed(before, {**after, "Dockerfile": f"# why\n{DOCKERFILE}"}, rules).findings
    assert [finding.location.path for finding in told] == ["Dockerfile"]


def test_a_dockerfile_that_did_not_change_is_told_of_what_its_compose_file_lost() -> None:
    root = DOCKERFILE.replace("USER app\n", "")
    before = {"Dockerfile": root, "compose.yaml": COMPOSE.format(more="user: app")}
    after = {**before, "compose.yaml": COMPOSE.format(more="init: true")}
    outcome = reviewed(before, after, rules_named("non-root-user"))

    places = [(f.location.path, f.location.side, f.location.line) for f in outcome.findings]
    assert places == [("compose.yaml", Side.LEFT, 4)]


def test_a_finding_on_a_removed_line_keeps_its_place_in_the_suggestions() -> None:
    """Where the fix is told is where the finding is shown."""
    user = wanting("user", "^USER ")
    base = {"Dockerfile": "FROM a\nUSER app\nCMD x\n"}
    outcome = reviewed(base, {"Dockerfile": "FROM a\nCMD x\n"}, [user])

    assert [(f.location.side, f.location.line) for f in outcome.findings] == [(Side.LEFT, 2)]
    assert {f for comment in outcome.comments for f in comment.findings} == set(outcome.findings)


def test_notices_and_texts_are_handed_on() -> None:
    base, head = {"Dockerfile": "FROM a\n"}, {"Dockerfile": "FROM b\n", "compose.yaml": "services: {}\n"}
    change = change_between(base, head)
    notices = (Notice("something"),)
    outcome = review(change, facts_of(base), facts_of(head), Settings(), [], notices=notices, timings={"read": 1.0})

    assert (outcome.base, outcome.head, outcome.notices, outcome.timings) == (
        change.base,
        change.head,
        notices,
        {"read": 1.0},
    )
    assert {path: text.content for path, text in outcome.texts.items()} == head
    assert {path: text.content for path, text in outcome.base_texts.items()} == base
    assert outcome.hunks.keys() == {"Dockerfile", "compose.yaml"}


@given(FILES, FILES)
def test_the_same_values_give_the_same_review(base: str, head: str) -> None:
    made = [reviewed({"Dockerfile": base}, {"Dockerfile": head}, [BAD, UGLY]) for _ in range(2)]

    assert made[0] == made[1]
    assert reviewed({"Dockerfile": head}, {"Dockerfile": head}, [BAD, UGLY]).findings == ()
    assert all(f.location.line <= head.count("\n") for f in made[0].findings)
