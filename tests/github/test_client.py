from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import responses

from reviewbot.github.client import Client, OutOfPatience, Patience, Refused, Unclear
from reviewbot.github.event import Event
from reviewbot.github.mutations import Outcome, delete_review_comment, mutate, resolve_thread
from reviewbot.github.problem import GitHubProblem

SERVER = "https://ghes.example"
API = f"{SERVER}:443/api/v3"
GRAPHQL = f"{SERVER}:443/api/graphql"
COMMENTS = f"{API}/repos/acme/web/issues/7/comments"
NOW = 1_000_000.0


def event(token: str | None) -> Event:
    return Event("pull_request", None, "acme/web", "octocat", API, GRAPHQL, SERVER, 1, 1, None, token)


class Sleeper:
    """A clock that nobody waits for."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def patience(self, budget: float = 300) -> Patience:
        return Patience(budget, self.slept.append, lambda: NOW, lambda: 0.5)


@pytest.fixture
def sleeper() -> Sleeper:
    return Sleeper()


@pytest.fixture
def client(sleeper: Sleeper) -> Client:
    return Client(event("ghs_token"), sleeper.patience())


@pytest.fixture
def github() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(registry=responses.registries.OrderedRegistry) as mock:
        yield mock


def create_comment(client: Client) -> None:
    client.call(lambda: client.repository.get_issue(7).create_comment("hello"), repeatable=False)


def test_a_creating_call_is_one_request(client: Client, github: responses.RequestsMock) -> None:
    github.post(COMMENTS, json={"id": 1}, status=201)
    create_comment(client)

    assert client.requests == 1
    assert github.calls[0].request.headers["Authorization"] == "token ghs_token"
    assert github.calls[0].request.headers["User-Agent"].startswith("reviewbot/")


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 502, "body": "<html>Bad Gateway</html>"},
        {"status": 500, "json": {"message": "Server Error"}},
        {"status": 200, "body": '{"data": {"vie'},
        {"status": 200, "body": "<html>Whoa there!</html>"},
        {"status": 200, "json": ["odd"]},
        {"status": 200, "json": {"data": None, "errors": [{"message": "Something went wrong while executing"}]}},
        {"body": requests.ConnectionError("reset")},
        {"body": requests.ReadTimeout("slow")},
    ],
)
def test_a_query_is_repeated_after_a_fault(
    client: Client, sleeper: Sleeper, github: responses.RequestsMock, fault: dict[str, Any]
) -> None:
    github.post(GRAPHQL, **fault)
    github.post(GRAPHQL, **fault)
    github.post(GRAPHQL, json={"data": {"x": 1}})

    assert client.graphql("query", {}) == {"data": {"x": 1}}
    assert client.requests == 3
    assert sleeper.slept == [1.0, 2.0]


def test_faults_without_end_are_given_up(client: Client, github: responses.RequestsMock) -> None:
    for _ in range(4):
        github.post(GRAPHQL, status=503)
    with pytest.raises(Unclear, match="503"):
        client.graphql("query", {})


@pytest.mark.parametrize("fault", [{"status": 502}, {"body": requests.ConnectionError()}, {"body": '{"id": '}])
def test_a_creating_call_is_not_repeated_blindly(
    client: Client, github: responses.RequestsMock, fault: dict[str, Any]
) -> None:
    github.post(COMMENTS, **fault)
    with pytest.raises(Unclear):
        create_comment(client)


@pytest.mark.parametrize(
    ("status", "headers", "message", "wait"),
    [
        (403, {"retry-after": "30"}, "You have exceeded a secondary rate limit", 30.5),
        (429, {"retry-after": "7"}, "Too many requests", 7.5),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1000042"}, "API rate limit exceeded", 43.5),
        (403, {}, "You have exceeded a secondary rate limit. Please wait a few minutes.", 60.5),
        (429, {}, "slow down", 60.5),
    ],
)
def test_a_limit_is_waited_for_as_told_and_the_call_sent_again(
    client: Client,
    sleeper: Sleeper,
    github: responses.RequestsMock,
    status: int,
    headers: dict[str, str],
    message: str,
    wait: float,
) -> None:
    github.post(COMMENTS, status=status, headers=headers, json={"message": message})
    github.post(COMMENTS, json={"id": 1}, status=201)
    create_comment(client)

    assert sleeper.slept == [wait]


def test_a_limit_of_graphql_comes_as_an_answer(
    client: Client, sleeper: Sleeper, github: responses.RequestsMock
) -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1000010"}
    github.post(GRAPHQL, json={"errors": [{"type": "RATE_LIMITED", "message": "limit"}]}, headers=headers)
    github.post(GRAPHQL, json={"data": {}})
    client.graphql("query", {})

    assert sleeper.slept == [11.5]


def test_nobody_waits_longer_than_the_budget(sleeper: Sleeper, github: responses.RequestsMock) -> None:
    client = Client(event("ghs_token"), sleeper.patience(40))
    for _ in range(2):
        github.post(COMMENTS, status=403, headers={"retry-after": "30"}, json={"message": "secondary rate limit"})
    with pytest.raises(OutOfPatience, match="30"):
        create_comment(client)

    assert sleeper.slept == [30.5]


def test_a_refusal_carries_githubs_words(client: Client, github: responses.RequestsMock) -> None:
    errors = ["Line could not be resolved", {"field": "body", "code": "too_long"}]
    github.post(COMMENTS, status=422, json={"message": "Unprocessable\nEntity", "errors": errors})
    with pytest.raises(Refused, match="422: Unprocessable Entity; Line could not be resolved; too_long"):
        create_comment(client)

    assert client.requests == 1


def test_a_missing_permission_is_told_apart(client: Client, github: responses.RequestsMock) -> None:
    github.post(COMMENTS, status=403, json={"message": "Resource not accessible by integration"})
    with pytest.raises(Refused) as refused:
        create_comment(client)

    assert refused.value.lacks_permission


def test_mutations_go_side_by_side_and_fail_one_by_one(client: Client, github: responses.RequestsMock) -> None:
    github.post(
        GRAPHQL,
        json={
            "data": {"m0": {"clientMutationId": None}, "m1": None, "m2": None, "m3": None},
            "errors": [
                {"type": "FORBIDDEN", "path": ["m1"], "message": "Resource not accessible by integration"},
                {"type": "NOT_FOUND", "path": ["m2"], "message": "Could not resolve to a node"},
                {"type": "NOT_FOUND", "path": ["m3"], "message": "Could not resolve to a node"},
            ],
        },
    )
    outcomes = mutate(
        client, [resolve_thread("A"), resolve_thread("B"), resolve_thread("C"), delete_review_comment("D")]
    )

    assert outcomes == [Outcome.DONE, Outcome.FORBIDDEN, Outcome.FAILED, Outcome.DONE]
    assert client.requests == 1


def test_no_mutation_is_no_request(client: Client) -> None:
    assert mutate(client, []) == []
    assert client.requests == 0


def test_without_a_token_there_is_no_client() -> None:
    with pytest.raises(GitHubProblem, match="github-token"):
        Client(event(None))


ARCHIVE = f"{API}/repos/acme/web/actions/artifacts/1/zip"
STORE = "https://store.example/archive.zip"


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({"Retry-After": "20"}, 20.5),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW) + 30)}, 31.5),
    ],
)
def test_a_download_waits_as_long_as_it_is_told_to(
    client: Client, sleeper: Sleeper, github: responses.RequestsMock, headers: dict[str, str], waited: float
) -> None:
    github.get(ARCHIVE, status=403, headers=headers, json={"message": "wait"})
    github.get(ARCHIVE, status=302, headers={"Location": STORE})
    github.get(STORE, body=b"PK")

    assert client.download("/actions/artifacts/1/zip", 100) == b"PK"
    assert sleeper.slept == [waited]
    assert "Authorization" not in github.calls[-1].request.headers


def test_a_download_that_is_too_large_is_not_read_to_its_end(client: Client, github: responses.RequestsMock) -> None:
    github.get(ARCHIVE, status=302, headers={"Location": STORE})
    github.get(STORE, body=b"0" * 1_000_001)
    with pytest.raises(Refused, match="more than 1 MB"):
        client.download("/actions/artifacts/1/zip", 1_000_000)


def test_a_download_that_is_refused_says_what_github_says(client: Client, github: responses.RequestsMock) -> None:
    github.get(ARCHIVE, status=403, json={"message": "Resource not accessible by integration"})
    with pytest.raises(Refused, match="not accessible by integration") as refused:
        client.download("/actions/artifacts/1/zip", 100)
    assert refused.value.lacks_permission
