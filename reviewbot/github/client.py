"""One way to GitHub for all calls: counted, repeated where that is safe, patient within a budget."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import requests
from msgspec import Struct, field

from reviewbot import __version__
from reviewbot.github.event import Event
from reviewbot.github.problem import GitHubProblem

if TYPE_CHECKING:
    from github import Github
    from github.Commit import Commit
    from github.GithubException import GithubException
    from github.Repository import Repository

T = TypeVar("T")

_ATTEMPTS = 4
_CALL_TIMEOUT = 30
_UNSAID_WAIT = 60.0
"""Seconds to wait for a secondary limit that names no time: what GitHub's documentation asks for."""
_MOST_TOLD = 10_000
"""Bytes of an answer that says why a file is not given."""
_LIMITED = re.compile(r"rate limit|abuse detection|submitted too quickly", re.IGNORECASE)


class Refused(Exception):
    """GitHub understood the call and said no: trying again is of no use."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"GitHub answered {status}: {message}")
        self.status = status
        self.message = message

    @property
    def lacks_permission(self) -> bool:
        return self.status == 403 and "not accessible by" in self.message


class Unclear(Exception):
    """GitHub did not answer, or answered nonsense: nobody knows whether the call took effect."""


class OutOfPatience(Exception):
    """GitHub asks to wait for longer than this run may."""


class Patience(Struct):
    """The seconds a run may spend on waiting for GitHub, and how it waits."""

    budget: float = 300.0
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time
    """Seconds since 1970: rate limits name the end of the wait so."""
    jitter: Callable[[], float] = field(default=random.random)
    """A number in [0, 1), so that many runs do not come back in the same moment."""

    def wait(self, seconds: float) -> None:
        """Sleep; raises OutOfPatience, without sleeping, where the budget does not hold that long."""
        if seconds > self.budget:
            raise OutOfPatience(f"GitHub asks to wait {seconds:.0f} s, this run has {self.budget:.0f} s left for it")
        self.budget -= seconds
        self.sleep(seconds)


class Client:
    """Calls to one repository of one GitHub.

    ``requests`` counts what was sent, repeats included. Every call raises Refused, Unclear or OutOfPatience.
    """

    def __init__(self, event: Event, patience: Patience | None = None) -> None:
        if event.token is None:
            raise GitHubProblem("there is no token to call GitHub with: give `github-token: ${{ github.token }}`")
        self._event = event
        self._token = event.token
        self._patience = patience or Patience()
        self.requests = 0

    @cached_property
    def _github(self) -> Github:
        from github import Auth, Github  # here, since the import takes longer than a whole review of a small change

        return Github(
            auth=Auth.Token(self._token),
            base_url=self._event.api_url,
            user_agent=f"reviewbot/{__version__}",
            timeout=_CALL_TIMEOUT,
            retry=None,  # this class repeats: PyGithub would repeat creating calls as well
            seconds_between_requests=None,
            seconds_between_writes=None,
            lazy=True,  # an object is a handle to call methods of, not worth a request of its own
        )

    @property
    def repository_name(self) -> str:
        return self._event.repository

    @cached_property
    def repository(self) -> Repository:
        """A handle of the repository; it was not fetched."""
        return self._github.get_repo(self._event.repository)

    def commit(self, sha: str) -> Commit:
        """A handle of a commit, to name it in calls."""
        from github.Commit import Commit

        return Commit(self._github.requester, attributes={"sha": sha}, completed=True)

    def rest(self, path: str, parameters: Mapping[str, str] | None = None) -> Any:
        """Read from the REST interface: ``path`` is below the repository's. Gives the decoded answer."""
        return self.call(lambda: self.rest_once("GET", path, parameters=parameters), repeatable=True)

    def rest_once(
        self, method: str, path: str, body: Any = None, *, parameters: Mapping[str, str] | None = None
    ) -> Any:
        """Send one request, as the function to hand to ``call``."""
        url = f"/repos/{self._event.repository}{path}"
        given = dict(parameters) if parameters else None
        return self._github.requester.requestJsonAndCheck(method, url, given, input=body)[1]

    def download(self, path: str, most_bytes: int) -> bytes:
        """A file that GitHub answers with, or that it redirects to, of at most so many bytes.

        The token goes to GitHub alone. Raises Refused for a larger one too.
        """

        def fetch() -> bytes:
            url = f"{self._event.api_url}/repos/{self._event.repository}{path}"
            headers = {"Authorization": f"Bearer {self._token}", "User-Agent": f"reviewbot/{__version__}"}
            answer = requests.get(url, headers=headers, timeout=_CALL_TIMEOUT, allow_redirects=False)
            if answer.is_redirect:
                place = answer.headers["location"]
                answer = requests.get(place, timeout=_CALL_TIMEOUT, stream=True, allow_redirects=False)
            with answer:
                if answer.status_code >= 400:
                    raise self._exception(answer)
                data = b""
                for part in answer.iter_content(65_536):
                    data += part
                    if len(data) > most_bytes:
                        raise Refused(200, f"the file has more than {most_bytes // 1_000_000} MB")
            return data

        return self.call(fetch, repeatable=True)

    def _exception(self, answer: requests.Response) -> GithubException:
        """What PyGithub makes of its own calls' answers, whose headers have small letters, for one of ours."""
        told = next(answer.iter_content(_MOST_TOLD), b"")
        try:
            data = json.loads(told)
        except ValueError:
            data = {}
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return self._github.requester.createException(answer.status_code, headers, data)

    def graphql(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The answer to a query or to mutations that may be repeated: ``data`` and, where parts failed, ``errors``."""
        requester = self._github.requester

        def send() -> dict[str, Any]:
            body = {"query": query, "variables": variables}
            headers, answer = requester.requestJsonAndCheck("POST", self._event.graphql_url, input=body)
            errors = answer.get("errors") or []
            kinds = {error.get("type") for error in errors}
            if "RATE_LIMITED" in kinds:
                raise requester.createException(429, headers, {"message": "API rate limit exceeded"})
            if not isinstance(answer.get("data"), dict):
                if not errors or any(str(error.get("message")).startswith("Something went wrong") for error in errors):
                    raise ValueError("an answer without data")
                status = 403 if "FORBIDDEN" in kinds else 404 if "NOT_FOUND" in kinds else 400
                raise requester.createException(status, headers, {"message": "GraphQL", "errors": errors})
            return dict(answer)

        return self.call(send, repeatable=True)

    def call(self, send: Callable[[], T], *, repeatable: bool) -> T:
        """Send one request; ``repeatable`` where doing it twice is as good as once.

        A request that a rate limit turned away was not carried out, so it is sent again in any case.
        """
        from github.GithubException import GithubException

        failures = 0
        while True:
            self.requests += 1
            try:
                return send()
            except GithubException as problem:
                wait = self._wait_asked_for(problem)
                if wait is not None:
                    self._patience.wait(wait)
                    continue
                if problem.status < 500:
                    raise Refused(problem.status, _message(problem)) from None
                reason = f"GitHub answered {problem.status}"
            except (requests.RequestException, ValueError, AttributeError, RuntimeError) as problem:
                # Besides lost connections: PyGithub's errors for half a JSON text, another shape, a redirection.
                reason = f"GitHub's answer could not be read: {type(problem).__name__}"
            failures += 1
            if not repeatable or failures == _ATTEMPTS:
                raise Unclear(reason)
            self.pause(failures)

    def pause(self, failures: int) -> None:
        """Wait before the next attempt: longer with each failure, and never in step with other runs."""
        self._patience.wait(2.0 ** (failures - 1) * (0.5 + self._patience.jitter()))

    def _wait_asked_for(self, problem: GithubException) -> float | None:
        """Seconds, where GitHub turned a call away for its limits; None for any other answer."""
        if problem.status not in (403, 429):
            return None
        headers = problem.headers or {}
        after = headers.get("retry-after", "")
        if after.isdigit():
            return float(after) + self._patience.jitter()
        reset = headers.get("x-ratelimit-reset", "")
        if headers.get("x-ratelimit-remaining") == "0" and reset.isdigit():
            return max(0.0, float(reset) - self._patience.now()) + 1 + self._patience.jitter()
        if problem.status == 429 or _LIMITED.search(_message(problem)):
            return _UNSAID_WAIT + self._patience.jitter()
        return None


def _message(problem: GithubException) -> str:
    """GitHub's words, those about single fields included, on one line and of bounded length."""
    data = problem.data if isinstance(problem.data, dict) else {}
    errors = data.get("errors") if isinstance(data.get("errors"), list) else []
    parts = [data.get("message") or "no message"]
    parts += [error.get("message") or error.get("code") if isinstance(error, dict) else error for error in errors or ()]
    return " ".join("; ".join(map(str, parts)).split())[:500]
