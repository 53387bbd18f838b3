"""What people ask of reviewbot in comments: only those who may write to the repository, and each command once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from reviewbot.action.answering import HELP, Answer, explain, unknown_rule_answer
from reviewbot.action.checking import check
from reviewbot.action.examining import Case, opened
from reviewbot.action.fixing import fix
from reviewbot.action.runtime import Runtime
from reviewbot.action.speaking import discuss
from reviewbot.finding import Notice
from reviewbot.github import payload
from reviewbot.github.client import Client, OutOfPatience, Refused, Unclear
from reviewbot.github.command import Command, command_in
from reviewbot.github.event import Comment, PullRequest, pull_request_of
from reviewbot.github.marker import IgnoredFinding, SummaryState, with_reply_marker
from reviewbot.github.mutations import mutate, react
from reviewbot.github.problem import GitHubProblem
from reviewbot.github.publish import Published, Result
from reviewbot.github.reviewing import create_once
from reviewbot.github.sticky import known_state
from reviewbot.github.threads import Discussion, Thread, read_discussion
from reviewbot.outcome import Review, Verdict
from reviewbot.report.escape import code, inline
from reviewbot.report.stored_images import Remembered, StoredProblem, restored
from reviewbot.report.wording import count
from reviewbot.rules.catalogue import rules_named
from reviewbot.run.gathered import Gathered

_MOST_IGNORED = 100
_WRITERS = frozenset({"admin", "maintain", "write"})


def obey(runtime: Runtime) -> int:
    """Carry out the command of a new comment, if it has one. Raises GitHubProblem where GitHub does not answer."""
    comment = runtime.event.comment
    command = command_in(comment.body) if comment is not None else None
    if comment is None or command is None or comment.is_by_bot:
        runtime.say("The comment holds no command for reviewbot.")
        return 0
    if runtime.client is None:
        raise GitHubProblem("there is no token to answer with: give `github-token: ${{ github.token }}`")
    try:
        return _Dialogue(runtime, runtime.client, comment, command).run()
    except (Refused, Unclear, OutOfPatience) as problem:
        needed = "; the job needs `contents: read` and `pull-requests: write`" if isinstance(problem, Refused) else ""
        raise GitHubProblem(f"the command was not carried out: {problem}{needed}") from None


@dataclass
class _Dialogue:
    runtime: Runtime
    client: Client
    comment: Comment
    command: Command
    found: Discussion = field(init=False)
    pull: PullRequest = field(init=False)

    def run(self) -> int:
        if not self._may_command():
            self.runtime.notice(f"{self.comment.author} may not write to this repository: the command is left alone.")
            mutate(self.client, [react(self.comment.node_id, "CONFUSED")])
            return 0
        answer = self.client.rest(f"/pulls/{self.comment.pull_number}")
        try:
            self.pull = pull_request_of(msgspec.convert(answer, payload.PullRequest), self.runtime.event.repository)
        except msgspec.ValidationError as problem:
            raise Unclear(f"GitHub's answer has another shape than documented: {problem}") from None
        self.found = read_discussion(self.client, self.pull.number)
        if self.found.state != "OPEN" or self._names & self.found.answered:
            self.runtime.say("The command was answered before, or the pull request is closed.")
            return 0
        mutate(self.client, [react(self.comment.node_id, "EYES")])
        said = self._carry_out()
        mutate(self.client, [react(self.comment.node_id, "THUMBS_UP" if said.is_done else "CONFUSED")])
        if said.text:
            self._reply(said)
        return 0

    @property
    def _names(self) -> frozenset[str]:
        return frozenset({str(self.comment.id), f"help{self.comment.id}"})

    def _may_command(self) -> bool:
        """Asked of GitHub, and of nothing that the event says of its author."""
        try:
            answer = self.client.rest(f"/collaborators/{self.comment.author}/permission")
        except Refused as problem:
            if problem.status == 404:
                return False
            raise
        return isinstance(answer, dict) and answer.get("permission") in _WRITERS

    def _carry_out(self) -> Answer:
        match self.command.name:
            case "help":
                return Answer(HELP)
            case "explain":
                return explain(self.command)
            case "recheck":
                return self._recheck()
            case "ignore" | "unignore":
                return self._decide()
            case "fix":
                return self._fix()
        if any(name.startswith("help") for name in self.found.answered):
            return Answer("", is_done=False)  # help was given here before
        return Answer(f"I know no {code(self.command.name, 40)}.\n\n{HELP}", is_done=False, is_help=True)

    def _recheck(self) -> Answer:
        review, published = self._review(lambda state: state)
        return self._outcome(f"Looked at {self.pull.head_sha} again", review, published)

    def _decide(self) -> Answer:
        """Ignore, in a thread that finding and in the conversation all of a rule; or take that back."""
        names = [rule.name for rule in rules_named(self.command.rule)] if self.command.rule else []
        thread = self._thread()
        if self.command.rule and not names:
            return unknown_rule_answer(self.command.rule)
        if thread is None and not names:
            return Answer(
                "Which rule? Write it after the command, as in `/reviewbot ignore non-root-user a reason`.", False
            )
        about = (
            dict.fromkeys(names, "")
            if thread is None
            else {rule: fingerprint for fingerprint, rule in thread.marker.rules.items() if rule in names or not names}
        )
        if not about:
            return Answer(f"This thread is about no {code(self.command.rule, 60)}.", is_done=False)
        told = ", ".join(code(rule) for rule in about)
        if self.command.name == "unignore":
            review, published = self._review(lambda state: _remembering(state, about, thread))
            return self._outcome(f"{told} counts again", review, published)
        decisions = self._decisions(about, thread)
        review, published = self._review(lambda state: _deciding(state, decisions))
        reason = f": {inline(self.command.reason)}" if self.command.reason else ""
        where = "in this pull request" if thread is None else "here"
        return self._outcome(f"🔕 {told} is ignored {where}{reason}", review, published)

    def _decisions(self, about: dict[str, str], thread: Thread | None) -> list[IgnoredFinding]:
        rules = thread.marker.rules.items() if thread is not None else [("", rule) for rule in about]
        by = self.comment.author
        return [IgnoredFinding(each, rule, by, self.command.reason) for each, rule in rules if rule in about]

    def _fix(self) -> Answer:
        state = known_state(self.found.summaries)
        if self.pull.is_fork:
            return Answer(
                "The branch is in a fork, where I may not write: `reviewbot fix` does it locally.", is_done=False
            )
        if state.head is not None and state.head != self.pull.head_sha:
            return Answer(
                f"The review is about {state.head}, and the branch is at {self.pull.head_sha} by now: "
                "wait for its review, or ask with `/reviewbot recheck`.",
                is_done=False,
            )
        with opened(self.runtime, self.pull.base_sha, self.pull.head_sha) as case:
            closed = {each for thread in self.found.threads if thread.is_closed_by_person for each in thread.ids}
            gathered = self._gathered(case, state)
            return fix(self.runtime, self.client, self.pull, gathered, state, closed, self.comment.author)

    def _review(self, amend: Callable[[SummaryState], SummaryState]) -> tuple[Review, Published]:
        """Judge the present head again."""
        state = known_state(self.found.summaries)
        with opened(self.runtime, self.pull.base_sha, self.pull.head_sha) as case:
            gathered = self._gathered(case, state)
            with check(self.runtime, case.settings, self.pull.head_sha) as checked:
                review, published = discuss(self.runtime, self.pull, gathered.review(), case.settings, amend)
                context = self.runtime.context(self.pull.base_sha, self.pull.head_sha)
                checked.conclude(review, context, published.standing)
        return review, published

    def _gathered(self, case: Case, state: SummaryState) -> Gathered:
        """What is known of the present head without building anything: what a run that did was told still holds."""
        told, notices = _remembered(state, self.pull.head_sha)
        return replace(case.noting(notices).gather(told.images), known=told.findings, withdrawn=told.withdrawn)

    def _outcome(self, done: str, review: Review, published: Published) -> Answer:
        if published.result is not Result.PUBLISHED:
            why = " ".join(notice.message for notice in published.notices)
            return Answer(f"That could not be done: {inline(why)}", is_done=False)
        left = count(len(review.findings), "finding")
        verdict = "does not pass" if review.verdict is Verdict.FAIL else "passes"
        return Answer(f"{done}. The review {verdict}, with {left}.")

    def _thread(self) -> Thread | None:
        """The thread of ours that the comment answers in."""
        if self.comment.thread_id is None:
            return None
        first = self.client.rest(f"/pulls/comments/{self.comment.thread_id}")
        return next((t for t in self.found.threads if t.comment_id == first.get("node_id")), None)

    def _reply(self, said: Answer) -> None:
        name = f"help{self.comment.id}" if said.is_help or self.command.name == "help" else str(self.comment.id)
        body = {"body": with_reply_marker(said.text, name)}
        number = self.comment.pull_number
        path = f"/issues/{number}/comments"
        if self.comment.thread_id is not None:
            path = f"/pulls/{number}/comments/{self.comment.thread_id}/replies"

        def send() -> int | None:
            answer = self.client.rest_once("POST", path, body)
            return answer.get("id") if isinstance(answer, dict) else None

        create_once(self.client, send, lambda: name in read_discussion(self.client, self.pull.number).answered)


def _deciding(state: SummaryState, decisions: list[IgnoredFinding]) -> SummaryState:
    new = {(each.id, each.rule) for each in decisions}
    kept = [each for each in state.ignored if (each.id, each.rule) not in new]
    return msgspec.structs.replace(state, ignored=(*kept, *decisions)[-_MOST_IGNORED:])


def _remembering(state: SummaryState, about: dict[str, str], thread: Thread | None) -> SummaryState:
    """Without the decisions about these rules: in a thread those about its findings, and about all of the rule."""
    kept = tuple(
        each
        for each in state.ignored
        if each.rule not in about or (thread is not None and each.id and each.id not in thread.ids)
    )
    return msgspec.structs.replace(state, ignored=kept)


def _remembered(state: SummaryState, head_sha: str) -> tuple[Remembered, list[Notice]]:
    """What an earlier run that built this head was told, and why nothing is known."""
    if state.images is None or state.head != head_sha:
        return Remembered(), []
    try:
        return restored(state.images, head_sha), []
    except StoredProblem as problem:
        return Remembered(), [Notice(f"What was measured before cannot be read: {problem}.")]
