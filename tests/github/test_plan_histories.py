"""Whatever pushes, people and runs at once do to a pull request, plans keep it in order."""

from __future__ import annotations

from discussion import Discussion, comment, finding, wishes
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from reviewbot.github.marker import findings_marker
from reviewbot.github.plan import plan
from reviewbot.outcome import Comment

_SUBJECTS = "abcdef"
_LIMIT = 3


@st.composite
def reviews(draw: st.DrawFn) -> list[Comment]:
    """Comments about some of the findings, one or more at a place, on any lines."""
    subjects = draw(st.permutations(_SUBJECTS))[: draw(st.integers(0, len(_SUBJECTS)))]
    comments: list[Comment] = []
    while subjects:
        size = draw(st.integers(1, len(subjects)))
        line = draw(st.integers(1, 9))
        findings = [finding("rule-one", subject, line) for subject in subjects[:size]]
        comments.append(comment(*findings, is_placeable=draw(st.booleans())))
        subjects = subjects[size:]
    return comments


class Histories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.discussion = Discussion()
        self.closed_by_people: set[str] = set()

    def _plan(self, comments: list[Comment]) -> None:
        before = {thread.id: thread for thread in self.discussion.threads}
        made = plan(wishes(*comments, limit=_LIMIT), self.discussion.threads)
        narrowed = {edit.thread.id for edit in made.edits}
        ended = {each.thread.id for each in made.retirements}
        standing = [thread for thread in self.discussion.open if thread.id not in narrowed | ended]
        for post in made.posts:
            assert self.closed_by_people.isdisjoint(post.ids), "nobody hears twice of what they closed"
            assert all(thread.ids.isdisjoint(post.ids) for thread in standing), "no second comment"
            marker = findings_marker(post.body)
            assert marker is not None
            assert marker.rules.keys() == post.ids
        for reopening in made.reopenings:
            assert self.closed_by_people.isdisjoint(reopening.post.ids)
            assert reopening.thread.is_resolved and reopening.thread.marker.is_retired
        for touched in [edit.thread for edit in made.edits] + [each.thread for each in made.retirements]:
            assert before[touched.id] == touched
            assert not touched.is_resolved, "what is closed is left alone"
        self.made = made

    @rule(comments=reviews(), can_resolve=st.booleans(), runs=st.integers(1, 2))
    def push(self, comments: list[Comment], can_resolve: bool, runs: int) -> None:
        self.discussion.can_resolve = can_resolve
        self._plan(comments)
        if runs == 2:  # a second run at the same moment saw the same and did the same
            self.discussion.apply(self.made)
            self.discussion.apply(self.made)
            self._plan(comments)
            assert not self.made.posts
        self.discussion.apply(self.made)

        again = plan(wishes(*comments, limit=_LIMIT), self.discussion.threads)
        assert again.is_empty, "the same review again changes nothing"
        shown = [fingerprint for thread in self.discussion.open for fingerprint in thread.ids]
        assert len(shown) == len(set(shown)), "one thread a finding"
        assert set(shown) <= again.wanted, "no thread about what is gone"
        room = _LIMIT - len(self.discussion.open)
        for each in comments:
            ids = {finding.fingerprint for finding in each.findings} - self.closed_by_people
            assert not (ids and each.is_placeable and room > 0) or ids <= set(shown), "nothing is kept back"

    @precondition(lambda self: self.discussion.threads)
    @rule(data=st.data())
    def people_answer(self, data: st.DataObject) -> None:
        self.discussion.change(data.draw(st.sampled_from(self.discussion.threads)), is_answered=True)

    @precondition(lambda self: self.discussion.threads)
    @rule(data=st.data())
    def lines_change(self, data: st.DataObject) -> None:
        self.discussion.change(data.draw(st.sampled_from(self.discussion.threads)), is_outdated=True)

    @precondition(lambda self: self.discussion.open)
    @rule(data=st.data())
    def people_resolve(self, data: st.DataObject) -> None:
        thread = data.draw(st.sampled_from(self.discussion.open))
        self.discussion.change(thread, is_resolved=True)
        self.closed_by_people |= thread.ids


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=60, stateful_step_count=12, deadline=None)
