from __future__ import annotations

import pytest
from discussion import HEAD, LATER, Discussion, comment, finding, wishes, words

from reviewbot.github.marker import findings_marker
from reviewbot.github.plan import Plan, Reason, plan
from reviewbot.outcome import Comment

ROOT = finding("non-root-user", "final", line=3)
PIN = finding("pin-base-image", "debian", line=1)
CACHE = finding("apt-lists", "apt-get install", line=5)


def pushed(discussion: Discussion, *comments: Comment, **options: object) -> Plan:
    made = plan(wishes(*comments, **options), discussion.threads)
    discussion.apply(made)
    return made


def test_new_findings_are_posted_with_a_marker_that_names_them() -> None:
    made = pushed(Discussion(), comment(ROOT, CACHE), comment(PIN))

    assert [post.comment for post in made.posts] == [comment(ROOT, CACHE), comment(PIN)]
    marker = findings_marker(made.posts[0].body)
    assert marker is not None
    assert marker.rules == {ROOT.fingerprint: "non-root-user", CACHE.fingerprint: "apt-lists"}
    assert made.posts[0].body.startswith(words(comment(ROOT, CACHE)))


def test_the_same_review_again_changes_nothing() -> None:
    discussion = Discussion()
    pushed(discussion, comment(ROOT), comment(PIN))

    assert pushed(discussion, comment(ROOT), comment(PIN)).is_empty


def test_a_finding_on_another_line_keeps_its_thread() -> None:
    discussion = Discussion()
    pushed(discussion, comment(ROOT))

    assert pushed(discussion, comment(finding("non-root-user", "final", line=42)), head_sha=LATER).is_empty


def test_another_text_edits_the_comment_in_place() -> None:
    discussion = Discussion()
    pushed(discussion, comment(ROOT))
    made = pushed(discussion, comment(ROOT, CACHE))

    assert [edit.thread.id for edit in made.edits] == ["T000001"]
    assert not made.posts
    assert not made.retirements
    assert words(comment(ROOT, CACHE)) in discussion.threads[0].body


def test_a_finding_that_is_gone_retires_its_thread_and_names_the_commit() -> None:
    discussion = Discussion()
    pushed(discussion, comment(ROOT), comment(PIN))
    made = pushed(discussion, comment(PIN), head_sha=LATER)

    [retirement] = made.retirements
    assert retirement.reason is Reason.FIXED
    assert f"✅ Fixed in {LATER}" in (retirement.body or "")
    assert [(fixed.rule, fixed.sha) for fixed in made.fixed] == [("non-root-user", LATER)]
    assert pushed(discussion, comment(PIN), head_sha=LATER).is_empty


def test_a_finding_that_is_suppressed_is_not_called_fixed() -> None:
    discussion = Discussion()
    pushed(discussion, comment(ROOT))
    made = pushed(discussion, suppressed=frozenset({ROOT.fingerprint}))

    assert made.retirements[0].reason is Reason.SUPPRESSED
    assert "Fixed" not in (made.retirements[0].body or "")
    assert not made.fixed


def test_the_absence_of_a_finding_whose_rule_was_not_asked_proves_nothing() -> None:
    discussion = Discussion()
    pushed(discussion, comment(ROOT))

    assert pushed(discussion, unjudged=frozenset({"non-root-user"})).is_empty


def test_the_absence_of_a_finding_in_a_file_that_cannot_be_read_proves_nothing() -> None:
    discussion = Discussion()
    pushed(discussion, comment(ROOT))

    assert pushed(discussion, unread=frozenset({ROOT.location.path})).is_empty
    assert pushed(discussion, unread=frozenset({"another/Dockerfile"})).retirements


def test_what_a_person_resolved_stays_closed_whatever_comes() -> None:
    discussion = Discussion()
    pushed(discussion, comment(ROOT))
    discussion.change(discussion.threads[0], is_resolved=True, is_answered=True)

    assert pushed(discussion, comment(ROOT)).is_empty, "still there"
    assert pushed(discussion, head_sha=LATER).is_empty, "gone"
    assert pushed(discussion, comment(ROOT)).is_empty, "back"


def test_a_closed_finding_is_left_out_of_a_comment_about_more() -> None:
    discussion = Discussion()
    pushed(discussion, comment(ROOT))
    discussion.change(discussion.threads[0], is_resolved=True)
    made = pushed(discussion, comment(ROOT, CACHE))

    assert [post.comment.findings for post in made.posts] == [(CACHE,)]


def test_a_fixed_finding_that_comes_back_opens_its_thread_again() -> None:
    discussion = Discussion()
    pushed(discussion, comment(ROOT))
    pushed(discussion, head_sha=LATER)
    made = pushed(discussion, comment(ROOT))

    assert (len(made.posts), [each.thread.id for each in made.reopenings]) == (0, ["T000001"])
    [thread] = discussion.open
    assert "Fixed" not in thread.body
    assert pushed(discussion, comment(ROOT)).is_empty


def test_a_thread_that_is_not_to_be_opened_again_has_a_new_one_after_it() -> None:
    discussion = Discussion()
    pushed(discussion, comment(ROOT))
    pushed(discussion, head_sha=LATER)
    discussion.can_resolve = False
    pushed(discussion, comment(ROOT))

    assert [thread.id for thread in discussion.open] == ["T000002"]
    assert pushed(discussion, comment(ROOT)).is_empty


@pytest.mark.parametrize("is_answered", [False, True])
def test_a_finding_whose_line_changed_goes_on_where_it_is_now(is_answered: bool) -> None:
    discussion = Discussion()
    pushed(discussion, comment(ROOT))
    discussion.change(discussion.threads[0], is_outdated=True, is_answered=is_answered)
    made = pushed(discussion, comment(finding("non-root-user", "final", line=9)), head_sha=LATER)

    assert [post.comment.line for post in made.posts] == [9]
    assert [(each.thread.id, each.reason) for each in made.retirements] == [("T000001", Reason.OUTDATED)]
    assert not made.fixed
    assert [thread.id for thread in discussion.open] == ["T000002"]
    assert len(discussion.threads) == 1 + is_answered
    assert pushed(discussion, comment(finding("non-root-user", "final", line=9))).is_empty


def test_what_a_newer_comment_does_not_go_on_with_is_not_written_back_into_the_old_one() -> None:
    discussion = Discussion(can_resolve=False)
    pushed(discussion, comment(ROOT, CACHE))
    discussion.change(discussion.threads[0], is_outdated=True, is_answered=True)
    now = (comment(ROOT), comment(CACHE, is_placeable=False))
    pushed(discussion, *now, head_sha=LATER)

    assert pushed(discussion, *now, head_sha=LATER).is_empty
    assert [thread.ids for thread in discussion.open] == [{ROOT.fingerprint}]


def test_a_comment_that_is_outdated_where_it_was_posted_is_not_posted_there_again() -> None:
    discussion = Discussion()
    pushed(discussion, comment(ROOT))
    discussion.change(discussion.threads[0], is_outdated=True, posted_on=HEAD)

    assert pushed(discussion, comment(ROOT), head_sha=HEAD).is_empty
    assert pushed(discussion, comment(ROOT), head_sha=LATER).posts


def test_a_finding_whose_line_left_the_diff_keeps_its_thread() -> None:
    discussion = Discussion()
    pushed(discussion, comment(ROOT))
    discussion.change(discussion.threads[0], is_outdated=True)

    assert pushed(discussion, comment(ROOT, is_placeable=False)).is_empty


def test_comments_on_files_are_made_on_request_only() -> None:
    outside = comment(ROOT, is_placeable=False)

    assert not plan(wishes(outside), []).posts
    [post] = plan(wishes(outside, files=frozenset({"Dockerfile"})), []).posts
    assert post.on_file
    assert not plan(wishes(outside, files=frozenset({"other/Dockerfile"})), []).posts


def test_an_answered_comment_that_could_only_be_marked_is_edited_back() -> None:
    discussion = Discussion(can_resolve=False)
    pushed(discussion, comment(ROOT))
    discussion.change(discussion.threads[0], is_answered=True)
    pushed(discussion, head_sha=LATER)
    assert "Fixed" in discussion.threads[0].body
    assert pushed(discussion, head_sha=LATER).is_empty
    made = pushed(discussion, comment(ROOT))

    assert not made.posts
    assert "Fixed" not in discussion.threads[0].body


def test_a_mark_of_a_run_that_was_ended_before_it_closed_the_thread_is_followed_up() -> None:
    discussion = Discussion(can_resolve=False)
    pushed(discussion, comment(ROOT))
    [half_done] = plan(wishes(head_sha=LATER), discussion.threads).retirements
    discussion.change(half_done.thread, body=half_done.body)
    made = pushed(discussion, head_sha=LATER)

    assert [each.body for each in made.retirements] == [None]
    assert not discussion.threads
    assert not made.fixed, "told already"


@pytest.mark.parametrize("answered", [0, 1])
def test_of_two_threads_about_one_finding_the_older_stays_unless_people_talk_in_the_other(answered: int) -> None:
    discussion = Discussion()
    made = plan(wishes(comment(ROOT)), [])
    discussion.apply(made)
    discussion.apply(made)
    oldest, younger = discussion.threads
    discussion.change([oldest, younger][answered], is_answered=True)
    [retirement] = pushed(discussion, comment(ROOT)).retirements

    assert retirement.reason is Reason.DUPLICATE
    assert retirement.thread.id == [younger, oldest][answered].id
    assert len(discussion.open) == 1
    assert pushed(discussion, comment(ROOT)).is_empty


def test_the_limit_holds_for_all_open_comments_and_takes_none_away() -> None:
    many = [comment(finding("pin-base-image", f"stage {number}")) for number in range(5)]
    discussion = Discussion()
    pushed(discussion, *many[2:], limit=3)

    assert pushed(discussion, *many, limit=3).is_empty
    made = pushed(discussion, *many[:4], limit=3)
    assert len(made.posts) == 1
    assert made.posts[0].comment == many[0], "the most important one takes the place that became free"


def test_what_has_no_place_on_the_diff_is_not_posted_but_keeps_an_earlier_thread() -> None:
    discussion = Discussion()
    assert not pushed(discussion, comment(ROOT, is_placeable=False)).posts
    pushed(discussion, comment(ROOT))

    assert pushed(discussion, comment(ROOT, is_placeable=False)).is_empty


def test_what_github_refused_on_this_head_is_not_tried_again() -> None:
    assert not plan(wishes(comment(ROOT)), [], refused={ROOT.fingerprint}).posts


def test_a_comment_that_splits_keeps_one_thread_and_posts_the_other_half() -> None:
    discussion = Discussion()
    pushed(discussion, comment(ROOT, CACHE))
    made = pushed(discussion, comment(CACHE), comment(ROOT), head_sha=HEAD)

    assert (len(made.edits), len(made.posts), len(made.retirements)) == (1, 1, 0)
    assert pushed(discussion, comment(CACHE), comment(ROOT)).is_empty


def test_comments_that_merge_leave_one_thread() -> None:
    discussion = Discussion()
    pushed(discussion, comment(ROOT), comment(CACHE))
    made = pushed(discussion, comment(ROOT, CACHE))

    assert (len(made.edits), len(made.posts)) == (1, 0)
    assert [each.reason for each in made.retirements] == [Reason.DUPLICATE]
    assert pushed(discussion, comment(ROOT, CACHE)).is_empty
