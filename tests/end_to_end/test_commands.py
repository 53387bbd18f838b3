"""Commands that people write in comments: who may, what they do, and what is no command at all."""

from __future__ import annotations

import pytest
from end_to_end import sample
from end_to_end.fake_github import FULL, LEAST, READ_ONLY
from end_to_end.fake_github.state import Comment, Thread
from end_to_end.job import Done
from end_to_end.scene import NUMBER, TROUBLE, Scene
from msgspec.structs import replace
from report.samples import GROWN

from reviewbot.github.marker import summary_marker, with_marker, without_marker
from reviewbot.outcome import Review, Verdict
from reviewbot.report.stored_images import stored

WRITER = "maintainer"


@pytest.fixture
def reviewed(scene: Scene) -> Scene:
    """A pull request that was reviewed, and somebody who may write."""
    for role in ("admin", "maintain", "write", "triage", "read"):
        scene.fake.add_person(f"{role}-person", role)
    scene.fake.add_person(WRITER, "write")
    scene.open(TROUBLE)
    scene.review(FULL)
    scene.fake.requests.clear()
    return scene


def say(scene: Scene, body: str, thread: Thread | None = None, login: str = WRITER, **about: str) -> Done:
    comment = scene.fake.user_replies(thread, body, login) if thread else scene.fake.user_comments(NUMBER, body, login)
    return scene.answer(comment, **about)


def reply(scene: Scene) -> str:
    """The one answer in the conversation."""
    (body,) = [c.body for c in scene.fake.issue_comments(NUMBER) if "reviewbot:reply" in c.body]
    return body


def reactions(scene: Scene, comment: Comment | None = None) -> list[str]:
    pull = scene.fake.pull_request(NUMBER)
    comments = [*pull.comments, *(comment for thread in pull.threads for comment in thread.comments)]
    return [content for each in comments for _, content in each.reactions]


# Who may


@pytest.mark.parametrize("role", ["admin", "maintain", "write"])
def test_who_may_write_is_answered_once(reviewed: Scene, role: str) -> None:
    comment = reviewed.fake.user_comments(NUMBER, "/reviewbot help", f"{role}-person")
    for _ in range(2):
        assert reviewed.answer(comment).status == 0

    assert "/reviewbot ignore RULE" in reply(reviewed)
    assert reactions(reviewed) == ["EYES", "THUMBS_UP"]


@pytest.mark.parametrize("login", ["triage-person", "read-person", "stranger"])
def test_who_may_not_write_changes_nothing(reviewed: Scene, login: str) -> None:
    done = say(reviewed, "/reviewbot ignore non-root-user because", login=login)

    assert done.status == 0 and login in done.log
    assert reactions(reviewed) == ["CONFUSED"]
    assert len(reviewed.fake.issue_comments(NUMBER)) == 2
    assert "non-root-user" in reviewed.rules


@pytest.mark.parametrize(
    "body",
    [
        "> /reviewbot ignore non-root-user",
        "> a quotation\n/reviewbot ignore non-root-user",
        "```\n/reviewbot ignore non-root-user\n```",
        "~~~~\n~~~\n/reviewbot ignore non-root-user\n~~~~",
        "    /reviewbot ignore non-root-user",
        "<!-- \n/reviewbot ignore non-root-user\n-->",
        "<!-- never closed\n/reviewbot ignore non-root-user",
        "<pre>\n/reviewbot ignore non-root-user\n</pre>",
        "please `/reviewbot ignore non-root-user`",
        "I would say /reviewbot ignore non-root-user",
        "/reviewbots ignore non-root-user",
        "- /reviewbot ignore non-root-user",
    ],
)
def test_what_is_quoted_code_or_hidden_is_no_command(reviewed: Scene, body: str) -> None:
    say(reviewed, body)

    assert reviewed.writes == []


def test_a_bot_commands_nothing(reviewed: Scene) -> None:
    reviewed.fake.add_person("helper[bot]", "admin")
    say(reviewed, "/reviewbot ignore non-root-user", login="helper[bot]")

    assert reviewed.writes == []


def test_an_edited_comment_is_no_command(reviewed: Scene) -> None:
    comment = reviewed.fake.user_comments(NUMBER, "/reviewbot recheck", WRITER)
    reviewed.answer(comment, action="edited")

    assert reviewed.writes == []


def test_a_closed_pull_request_takes_no_command(reviewed: Scene) -> None:
    reviewed.fake.close(NUMBER)
    say(reviewed, "/reviewbot recheck")

    assert reviewed.writes == []


# Ignoring


def test_ignoring_in_a_thread_is_about_its_finding(reviewed: Scene) -> None:
    thread = reviewed.thread("json-form-command")
    say(reviewed, "/reviewbot ignore DL3025 the shell is *wanted* @octocat\n\nThanks!", thread)

    assert "json-form-command" not in reviewed.rules and "non-root-user" in reviewed.rules
    assert "the shell is *wanted* @octocat (maintainer)" in reviewed.summary and "by a command" in reviewed.summary
    said = reviewed.thread("non-root-user").comments[-1].body
    assert "is ignored here" in said and "@octocat" not in said and "does not pass, with 5 findings" in said
    assert reviewed.fake.check_runs(reviewed.application.head)[-1].output["title"].startswith("5 problems")


def test_what_is_ignored_stays_so_on_the_next_push(reviewed: Scene) -> None:
    say(reviewed, "/reviewbot ignore non-root-user the platform sees to it")
    reviewed.push({"README.md": "# Another push\n"})
    done = reviewed.review(FULL)

    assert "non-root-user" not in reviewed.rules
    assert "the platform sees to it" in reviewed.summary
    suppressed = {f["rule"]: f["suppressed"] for f in done.report["findings"] if f["suppressed"]}
    assert suppressed == {"non-root-user": {"by": "command", "reason": "the platform sees to it (maintainer)"}}
    reviewed.fake.requests.clear()
    reviewed.review(FULL)
    assert reviewed.writes == []


def test_ignoring_all_that_fails_lets_the_review_pass(reviewed: Scene) -> None:
    for rule in ("compose-secret", "compose-image-pinned", "pin-base-image"):
        say(reviewed, f"/reviewbot ignore {rule}")
    runs = reviewed.fake.check_runs(reviewed.application.head)

    assert runs[-1].conclusion == "success"
    assert reviewed.review(FULL).status == 0


def test_what_is_ignored_counts_in_a_merge_queue_and_for_who_may_only_read(reviewed: Scene) -> None:
    head = reviewed.application.head
    payload = reviewed.fake.merge_group_event(NUMBER, reviewed.application.base, head)
    assert reviewed.review(event="merge_group", payload=payload).status == 1
    for rule in ("compose-secret", "compose-image-pinned", "pin-base-image"):
        say(reviewed, f"/reviewbot ignore {rule}")

    assert reviewed.review(event="merge_group", payload=payload).status == 0
    assert reviewed.review(READ_ONLY, actor="dependabot[bot]").status == 0


def test_taking_it_back(reviewed: Scene) -> None:
    say(reviewed, "/reviewbot ignore non-root-user")
    say(reviewed, "/reviewbot unignore non-root-user")

    assert "non-root-user" in reviewed.rules
    assert "Ignored by choice" not in reviewed.summary


def test_an_unknown_rule_is_told_with_the_nearest(reviewed: Scene) -> None:
    say(reviewed, "/reviewbot ignore non-root-usr")

    assert "did you mean" in reply(reviewed) and "non-root-user" in reply(reviewed)
    assert "non-root-user" in reviewed.rules


def test_a_reason_can_forge_nothing(reviewed: Scene) -> None:
    say(reviewed, "/reviewbot ignore non-root-user `` ` <!-- reviewbot:summary text=0 state= --> closes #1")

    assert reviewed.summary.count("<!--") == 1
    reviewed.review(FULL)
    assert "non-root-user" not in reviewed.rules


# The others


def test_explaining_shows_the_rules_page(reviewed: Scene) -> None:
    say(reviewed, "/reviewbot explain DL3002")

    assert "non-root-user" in reply(reviewed)
    assert len(reviewed.fake.pull_request(NUMBER).reviews) == 1


def test_a_recheck_reviews_the_present_head(reviewed: Scene) -> None:
    head = reviewed.push({"Dockerfile": sample.DOCKERFILE})
    say(reviewed, "/reviewbot recheck")

    assert "non-root-user" not in reviewed.rules and "compose-secret" in reviewed.rules
    assert head in reply(reviewed)
    assert reviewed.fake.check_runs(head)[-1].conclusion == "failure"


def test_an_unknown_command_gets_help_once(reviewed: Scene) -> None:
    say(reviewed, "/reviewbot dance")
    say(reviewed, "/reviewbot sing")

    assert "no `dance`" in reply(reviewed) and "/reviewbot help" in reply(reviewed)


def test_fixing_commits_all_suggestions_at_once(reviewed: Scene) -> None:
    before = reviewed.application.head
    say(reviewed, "/reviewbot ignore non-root-user")
    done = say(reviewed, "/reviewbot fix", permissions=FULL)
    head = reviewed.fake.pull_request(NUMBER).head
    text = reviewed.application.text(head, "Dockerfile")

    assert done.status == 0 and head != before
    assert 'CMD ["sh", "/srv/serve.sh"]' in text and "USER" not in text
    message = reviewed.application.message(head)
    assert message.startswith("Apply ") and "json-form-command in Dockerfile" in message and WRITER in message
    fixed = [c.body for c in reviewed.fake.issue_comments(NUMBER) if head in c.body and "reviewbot:reply" in c.body]
    assert len(fixed) == 1
    reviewed.review(FULL)
    assert "json-form-command" not in reviewed.rules


def built_in_vain(scene: Scene, rule: str, why: str) -> None:
    """The summary remembers a run that had an engine: with this rule's fix the image did not build."""
    head = scene.fake.pull_request(NUMBER).head
    (subject,) = {f["subject"] for f in scene.review(FULL).report["findings"] if f["rule"] == rule}
    review = Review(Verdict.FAIL, None, head, images=(GROWN,), withdrawn={(rule, subject, 0): why})
    (comment,) = [c for c in scene.fake.issue_comments(NUMBER) if "reviewbot:summary " in c.body]
    marker = summary_marker(comment.body)
    assert marker is not None
    told = replace(marker, state=replace(marker.state, images=stored(review)))
    scene.fake.edit_as_author(comment, with_marker(without_marker(comment.body), told))


def test_a_fix_that_broke_the_build_is_not_committed(reviewed: Scene) -> None:
    built_in_vain(reviewed, "json-form-command", "the image does not build with it")
    say(reviewed, "/reviewbot fix", permissions=FULL)
    text = reviewed.application.text(reviewed.fake.pull_request(NUMBER).head, "Dockerfile")

    assert "USER" in text and 'CMD ["sh"' not in text


def test_a_fix_that_broke_the_build_is_not_offered_again(reviewed: Scene) -> None:
    built_in_vain(reviewed, "json-form-command", "the image does not build with it")
    say(reviewed, "/reviewbot recheck", permissions=FULL)
    say(reviewed, "/reviewbot recheck", permissions=FULL)
    bodies = "".join(thread.comments[0].body for thread in reviewed.threads)

    assert "The usual fix was tried: the image does not build with it." in bodies
    assert 'CMD ["sh"' not in bodies


def test_fixing_needs_the_permission_and_says_so(reviewed: Scene) -> None:
    before = reviewed.fake.pull_request(NUMBER).head
    say(reviewed, "/reviewbot fix", permissions=LEAST)

    assert reviewed.fake.pull_request(NUMBER).head == before
    assert "contents: write" in reply(reviewed)


def test_only_what_was_reviewed_is_fixed(reviewed: Scene) -> None:
    head = reviewed.push({"README.md": "# Something else\n"})
    say(reviewed, "/reviewbot fix", permissions=FULL)

    assert reviewed.fake.pull_request(NUMBER).head == head
    assert "/reviewbot recheck" in reply(reviewed)


def test_a_forks_branch_is_not_written_to(scene: Scene) -> None:
    scene.fake.add_person(WRITER, "write")
    scene.open(TROUBLE, fork=True, author="stranger")
    say(scene, "/reviewbot fix", permissions=FULL)

    assert "fork" in reply(scene)
    assert scene.fake.pull_request(NUMBER).head == scene.application.head


def test_a_lost_answer_makes_no_second_reply(reviewed: Scene, patient: None) -> None:
    reviewed.fake.faults.reset(after_effect=True, method="POST", path="/issues/7/comments$")
    say(reviewed, "/reviewbot help")

    assert reply(reviewed)


def test_a_token_without_permission_is_told(reviewed: Scene) -> None:
    done = say(reviewed, "/reviewbot recheck", permissions={"contents": "read"})

    assert done.status == 2
    assert "pull-requests: write" in done.annotations[0].message
