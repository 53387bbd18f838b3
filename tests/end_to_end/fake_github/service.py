"""One request's way through the fake: held against GitHub's descriptions, carried out, its answer held as well."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from graphql import GraphQLError

from . import rest_actions, rest_pulls, rest_repository
from .contract import Contract, Operation
from .graphql import NotImitated, Request, shown
from .permissions import Token
from .refusal import Refusal
from .rest import ROUTES, Answer, answer, refused
from .state import Repository

assert rest_actions and rest_pulls and rest_repository  # imported for the routes that they name

GRAPHQL = "/graphql"

_RATE_LIMIT = 1000


@dataclass(frozen=True)
class Incoming:
    """A request as it came. ``url`` is the server's own, ``target`` the request line's path and query."""

    method: str
    target: str
    headers: Message
    content: bytes
    server: str

    @property
    def prefix(self) -> str:
        """What an Enterprise Server has before all paths of its interfaces."""
        path = urlsplit(self.target).path
        return next((prefix for prefix in ("/api/v3", "/api") if path.startswith(f"{prefix}/")), "")

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path[len(self.prefix) :])

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")


@dataclass(frozen=True)
class Checked:
    """A request that was held against the descriptions; exactly one of the last two is there for those that passed."""

    incoming: Incoming
    body: Any
    is_write: bool
    operation: Operation | None = None
    graphql: Request | None = None
    failure: Answer | None = None
    """The answer to one that did not pass."""


class Service:
    """``violations`` is what no client of GitHub's, and no fake of it, may do."""

    def __init__(self, contract: Contract, repository: Repository) -> None:
        self._contract = contract
        self._repository = repository
        self._used: dict[str, int] = {}
        self.tokens: dict[str, Token] = {}
        self.violations: list[str] = repository.complaints

    @property
    def full_name(self) -> str:
        return self._repository.full_name

    @property
    def git_folder(self) -> Path:
        return self._repository.git.folder

    def blob(self, path: str) -> bytes | None:
        """What is kept outside of the interfaces, where whoever knows the address may fetch it."""
        kept = {f"/blobs/{artifact.id}": artifact.content for artifact in self._repository.artifacts}
        return kept.get(path)

    def check(self, incoming: Incoming) -> Checked:
        """Hold a request against the descriptions and note every violation."""
        if not incoming.headers.get("User-Agent"):
            self._violated(incoming, "a User-Agent is missing: GitHub answers 403")
        try:
            body = json.loads(incoming.content) if incoming.content else None
        except ValueError:
            self._violated(incoming, "the body is no JSON")
            return Checked(incoming, None, True, failure=refused(Refusal(400, "Problems parsing JSON")))
        if incoming.path == GRAPHQL:
            return self._check_graphql(incoming, body)
        return self._check_rest(incoming, body)

    def _check_graphql(self, incoming: Incoming, body: Any) -> Checked:
        if incoming.method != "POST" or not isinstance(body, dict):
            self._violated(incoming, "GraphQL takes POST requests with a JSON object")
            return Checked(incoming, body, False, failure=refused(Refusal(400, "A query attribute must be specified")))
        request = Request(self._contract.graphql, body)
        for problem in request.problems:
            self._violated(incoming, problem.message)
        errors = [{"message": problem.message} for problem in request.problems]
        failure = Answer(200, {"errors": errors}) if errors else None
        return Checked(incoming, body, request.is_mutation, graphql=request, failure=failure)

    def _check_rest(self, incoming: Incoming, body: Any) -> Checked:
        is_write = incoming.method != "GET"
        operation = self._contract.operation(incoming.method, incoming.path)
        failure = None
        if operation is None:
            self._violated(incoming, "GitHub has no such call")
            failure = refused(Refusal(404, "Not Found"))
        elif (operation.method, operation.path) not in ROUTES:
            self._violated(incoming, f"the fake does not know {operation}")
            failure = refused(Refusal(501, "Not imitated"))
        else:
            problems = list(self._contract.request_problems(operation, incoming.query, body))
            for problem in problems:
                self._violated(incoming, problem)
            if problems:
                failure = refused(Refusal(422, "Invalid request.", problems))
        return Checked(incoming, body, is_write, operation=operation, failure=failure)

    def carry_out(self, checked: Checked) -> Answer:
        """The answer to a request, with its effect."""
        token, found = self._authenticate(checked.incoming)
        found = found or checked.failure
        if found is None and checked.graphql:
            assert token is not None
            found = self._carry_out_graphql(checked.incoming, checked.graphql, token)
        elif found is None and checked.operation:
            assert token is not None
            found = self._carry_out_rest(checked, checked.operation, token)
        assert found is not None
        return found

    def fail(self, incoming: Incoming, problem: Exception) -> Answer:
        """The answer where the fake itself has a fault."""
        self._violated(incoming, f"the fake's own mistake: {problem!r}")
        return refused(Refusal(500, "Server Error"))

    def _carry_out_rest(self, checked: Checked, operation: Operation, token: Token) -> Answer:
        incoming = checked.incoming
        found = answer(
            self._contract,
            self._repository,
            token,
            operation,
            query=incoming.query,
            body=checked.body,
            api=incoming.server + incoming.prefix,
            server=incoming.server,
            path=incoming.path,
        )
        for problem in self._contract.response_problems(operation, found.status, found.body):
            self._violated(incoming, f"the fake's own {problem}")
        return found

    def _carry_out_graphql(self, incoming: Incoming, request: Request, token: Token) -> Answer:
        result = request.execute(self._repository, token, incoming.server)
        for error in result.errors or ():
            if not isinstance(error.original_error, Refusal):
                self._violated(incoming, f"the fake's own mistake: {_reason(error)}")
        return Answer(200, shown(result))

    def _authenticate(self, incoming: Incoming) -> tuple[Token | None, Answer | None]:
        scheme, _, text = incoming.headers.get("Authorization", "").partition(" ")
        token = self.tokens.get(text.strip()) if scheme.lower() in ("token", "bearer") else None
        return token, None if token else refused(Refusal(401, "Bad credentials"))

    def rate_headers(self, incoming: Incoming) -> dict[str, str]:
        """What GitHub adds to each answer about the limit of requests, of which this is one."""
        authorization = incoming.headers.get("Authorization", "")
        used = self._used[authorization] = self._used.get(authorization, 0) + 1
        return {
            "X-RateLimit-Limit": str(_RATE_LIMIT),
            "X-RateLimit-Remaining": str(max(0, _RATE_LIMIT - used)),
            "X-RateLimit-Used": str(used),
            "X-RateLimit-Reset": str(int(time.time()) + 3600),
            "X-RateLimit-Resource": "graphql" if incoming.path == GRAPHQL else "core",
        }

    def _violated(self, incoming: Incoming, problem: str) -> None:
        self.violations.append(f"{incoming.method} {incoming.path}: {problem}")


def _reason(error: GraphQLError) -> str:
    cause = error.original_error
    return str(cause) if isinstance(cause, NotImitated) else repr(cause or error)
