from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import responses
from discussion import HEAD, LATER, comment, finding, words
from github_in_memory import (
    SERVER,
    Answer,
    Fault,
    GitHubInMemory,
    Killed,
    bad_gateway,
    killed_after,
    killed_before,
    limited,
    lost_after,
    lost_before,
)

from reviewbot.github.client import Client, Patience
from reviewbot.github.event import Event, PullRequest
from reviewbot.github.marker import findings_marker
from reviewbot.github.plan import Wishes
from reviewbot.github.publish import Published, Result, Speech, publish
from reviewbot.github.retiring import Closing
from reviewbot.github.sticky import Delivery
from reviewbot.outcome import Comment

ROOT = finding("non-root-user", "final", line=3)
PIN = finding("pin-base-image", "debian", line=1)
CACHE = finding("apt-lists", "apt-get install", line=5)


@pytest.fixture
def hub() -> Iterator[GitHubInMemory]:
    hub = GitHubInMemory(HEAD)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        hub.serve(mock)
        yield hub


def event(head_sha: str = HEAD, *, is_fork: bool = False) -> Event:
    pull = PullRequest(7, "0" * 40, head_sha, "acme/web", is_fork, is_draft=False, state="open", is_merged=False)
    urls = f"{SERVER}/api/v3", f"{SERVER}/api/graphql", SERVER
    return Event("pull_request", "opened", "acme/web", "octocat", *urls, 1, 1, pull, "ghs_token")


def summary_of(delivery: Delivery) -> str:
    lists = (sorted(delivery.posted), sorted(delivery.refused), *delivery.settled)
    return "\n".join(["### Summary", *map(str, lists)])


def run(*comments: Comment, head_sha: str = HEAD, budget: float = 300, **options: bool) -> Published:
    started_by = event(head_sha, is_fork=options.pop("is_fork", False))
    client = Client(started_by, Patience(budget, sleep=lambda _: None))
    assert started_by.pull is not None
    speech = Speech(Wishes(comments, words, head_sha), summary_of, **options)
    return publish(client, started_by, started_by.pull, lambda state: speech)


def said(published: Published) -> str:
    return " ".join(notice.message for notice in published.notices)


def open_threads(hub: GitHubInMemory) -> list[set[str]]:
    """The rules that each open thread's first comment is about."""
    markers = [findings_marker(t.comments[0].body) for t in hub.threads if not t.is_resolved]
    return [set(marker.rules.values()) for marker in markers if marker and not marker.is_retired]


def test_all_new_comments_come_in_one_review_and_four_requests(hub: GitHubInMemory) -> None:
    published = run(comment(ROOT), comment(PIN), comment(CACHE))

    assert published.result is Result.PUBLISHED
    assert hub.requests == ["read", "create_review", "create_comment", "read"]
    assert published.requests == 4
    assert hub.reviews == 1
    assert open_threads(hub) == [{"pin-base-image"}, {"non-root-user"}, {"apt-lists"}]
    assert len(published.posted) == 3
    assert published.summary == "created"
    assert ROOT.fingerprint in hub.conversation[0].body
    assert not published.notices


def test_a_run_with_nothing_new_to_say_reads_and_writes_nothing(hub: GitHubInMemory) -> None:
    run(comment(ROOT), comment(PIN))
    hub.requests.clear()
    published = run(comment(ROOT), comment(PIN))

    assert hub.requests == ["read"]
    assert (published.posted, published.edited, published.retired, published.summary) == ((), 0, (), None)


def test_a_comment_of_several_lines_is_posted_on_them(hub: GitHubInMemory) -> None:
    hub.lines_in_diff = {"Dockerfile": range(3, 6)}
    run(Comment("Dockerfile", comment(ROOT).side, 3, 5, (ROOT,)))

    assert len(hub.threads) == 1


@pytest.mark.parametrize(("can_resolve", "closing"), [(True, Closing.RESOLVED), (False, Closing.DELETED)])
def test_a_fixed_finding_closes_its_thread_with_what_the_token_may(
    hub: GitHubInMemory, can_resolve: bool, closing: Closing
) -> None:
    hub.can_resolve = can_resolve
    run(comment(ROOT), comment(PIN))
    hub.head = LATER
    published = run(comment(PIN), head_sha=LATER)

    assert open_threads(hub) == [{"pin-base-image"}]
    assert [each.closing for each in published.retired] == [closing]
    assert f"`non-root-user` in `Dockerfile`, gone since {LATER}" in hub.conversation[0].body
    assert published.summary == "edited"
    assert [thread.is_resolved for thread in hub.threads].count(True) == int(can_resolve)
    hub.requests.clear()
    run(comment(PIN), head_sha=LATER)
    assert hub.requests == ["read"], "the summary keeps the record"


def test_where_people_answered_and_the_token_may_not_resolve_the_comment_says_that_it_is_fixed(
    hub: GitHubInMemory,
) -> None:
    run(comment(ROOT))
    hub.say(hub.threads[0], "on it")
    published = run()

    assert [each.closing for each in published.retired] == [Closing.MARKED]
    assert hub.threads[0].comments[0].body.startswith(f"✅ Fixed in {HEAD}.")
    assert [each.author for each in hub.threads[0].comments] == ["github-actions", "alice"]
    hub.requests.clear()
    assert not run().retired
    assert hub.requests == ["read"]


def test_many_threads_close_in_one_request(hub: GitHubInMemory) -> None:
    hub.can_resolve = True
    run(*(comment(finding("pin-base-image", f"stage {number}", line=number)) for number in range(1, 20)))
    hub.requests.clear()
    published = run()

    assert len(published.retired) == 19
    assert hub.requests == ["read", "graphql"]


def test_what_a_person_closed_is_never_said_again(hub: GitHubInMemory) -> None:
    run(comment(ROOT))
    hub.threads[0].is_resolved = True
    hub.requests.clear()
    run(comment(ROOT))

    assert hub.requests == ["read"]


def test_a_forged_marker_of_somebody_else_counts_for_nothing(hub: GitHubInMemory) -> None:
    run(comment(ROOT))
    forged, summary = hub.threads[0], hub.conversation[0]
    forged.comments[0].author = summary.author = "mallory"
    forged.is_resolved = True
    run(comment(ROOT))

    assert len(open_threads(hub)) == 1
    assert len(hub.conversation) == 2
    run()
    assert forged in hub.threads
    assert summary in hub.conversation


@pytest.mark.parametrize("outside", [{4}, {1, 2}, {3, 9, 17}, set(range(1, 20))])
def test_a_refused_review_loses_only_the_comments_that_caused_it(hub: GitHubInMemory, outside: set[int]) -> None:
    hub.lines_in_diff = {"Dockerfile": set(range(1, 20)) - outside}
    comments = [comment(finding("pin-base-image", f"stage {number}", line=number)) for number in range(1, 20)]
    published = run(*comments)

    assert {each.line for each in published.refused} == outside
    assert {each.line for each in published.posted} == set(range(1, 20)) - outside
    assert published.result is Result.PUBLISHED
    assert all(each.fingerprint in hub.conversation[0].body for each in published.refused)
    hub.requests.clear()
    again = run(*comments)
    assert hub.requests == ["read"], "what was refused on this head is not tried again"
    assert not again.notices


def test_a_later_head_tries_again_what_was_refused(hub: GitHubInMemory) -> None:
    hub.lines_in_diff = {}
    run(comment(ROOT))
    hub.lines_in_diff = {"Dockerfile": range(1, 50)}
    hub.head = LATER
    run(comment(ROOT), head_sha=LATER)

    assert open_threads(hub) == [{"non-root-user"}]


def test_newer_commits_end_the_run_quietly(hub: GitHubInMemory) -> None:
    hub.head = LATER
    published = run(comment(ROOT))

    assert published.result is Result.SUPERSEDED
    assert not hub.writes
    assert LATER in said(published)


def test_a_head_that_moves_during_the_run_is_no_refusal(hub: GitHubInMemory) -> None:
    def force_pushed(carry_out: Callable[[], Answer]) -> Answer:
        hub.head = LATER
        return carry_out()

    hub.faults[2] = force_pushed
    published = run(comment(ROOT), comment(PIN))

    assert published.result is Result.SUPERSEDED
    assert hub.writes == ["create_review"]


@pytest.mark.parametrize("state", ["CLOSED", "MERGED"])
def test_a_pull_request_that_is_over_is_left_alone(hub: GitHubInMemory, state: str) -> None:
    hub.state = state
    published = run(comment(ROOT))

    assert published.result is Result.CLOSED
    assert state.lower() in said(published)
    assert not hub.writes


def test_a_missing_permission_is_named_with_the_line_to_add(hub: GitHubInMemory) -> None:
    hub.can_write = False
    published = run(comment(ROOT))

    assert published.result is Result.FALLBACK
    assert "`pull-requests: write`" in said(published)


def test_a_fork_falls_back_quietly(hub: GitHubInMemory) -> None:
    hub.can_write = False
    published = run(comment(ROOT), is_fork=True)

    assert published.result is Result.FALLBACK
    assert "permissions:" not in said(published)
    assert "annotations" in said(published)


def test_a_token_that_can_no_longer_write_is_noticed_on_an_edit(hub: GitHubInMemory) -> None:
    run(comment(ROOT))
    hub.can_write = False
    published = run(comment(ROOT, CACHE))

    assert published.result is Result.FALLBACK
    assert "`pull-requests: write`" in said(published)


def test_no_summary_is_made_where_none_is_wanted_and_one_that_stands_is_kept_up_to_date(hub: GitHubInMemory) -> None:
    assert run(creates_summary=False).summary is None
    assert not hub.conversation
    run(comment(ROOT))
    run(creates_summary=False)
    assert "gone since" in hub.conversation[0].body


@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("fault", [lost_before, lost_after, bad_gateway, limited])
def test_a_fault_in_any_request_ends_in_the_same_discussion(hub: GitHubInMemory, number: int, fault: Fault) -> None:
    hub.faults[number] = fault
    published = run(comment(ROOT), comment(PIN))

    assert published.result is Result.PUBLISHED
    assert open_threads(hub) == [{"pin-base-image"}, {"non-root-user"}]
    assert len(hub.conversation) == 1
    assert hub.reviews == 1


@pytest.mark.parametrize("can_resolve", [False, True])
@pytest.mark.parametrize("number", range(1, 8))
@pytest.mark.parametrize("end", [killed_before, killed_after])
def test_a_run_that_is_ended_anywhere_is_finished_by_the_next(
    hub: GitHubInMemory, number: int, end: Fault, can_resolve: bool
) -> None:
    hub.can_resolve = can_resolve
    run(comment(ROOT), comment(PIN))
    hub.head = LATER
    hub.faults[len(hub.requests) + number] = end
    try:
        run(comment(PIN), comment(CACHE), head_sha=LATER)
    except Killed:
        run(comment(PIN), comment(CACHE), head_sha=LATER)

    assert open_threads(hub) == [{"pin-base-image"}, {"apt-lists"}]
    assert [thread.is_resolved for thread in hub.threads].count(False) == 2
    assert hub.conversation[0].body.count("gone since") == 1
    hub.requests.clear()
    run(comment(PIN), comment(CACHE), head_sha=LATER)
    assert hub.requests == ["read"]


@pytest.mark.parametrize("number", [2, 3, 4])
def test_two_runs_at_once_leave_one_set_of_comments(hub: GitHubInMemory, number: int) -> None:
    def meanwhile(carry_out: Callable[[], Answer]) -> Answer:
        """The other run does all its work before this request arrives."""
        run(comment(ROOT), comment(PIN))
        return carry_out()

    hub.faults[number] = meanwhile
    run(comment(ROOT), comment(PIN))

    assert open_threads(hub) == [{"pin-base-image"}, {"non-root-user"}]
    assert len(hub.threads) == 2
    assert len(hub.conversation) == 1


def test_a_limit_beyond_the_budget_falls_back_and_says_so(hub: GitHubInMemory) -> None:
    hub.faults[2] = limited
    published = run(comment(ROOT), budget=30)

    assert published.result is Result.FALLBACK
    assert "wait" in said(published)


def test_github_out_of_order_falls_back_and_says_so(hub: GitHubInMemory) -> None:
    hub.faults = dict.fromkeys(range(1, 20), bad_gateway)
    published = run(comment(ROOT))

    assert published.result is Result.FALLBACK
    assert "502" in said(published)
