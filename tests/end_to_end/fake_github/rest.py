"""The REST calls that the fake answers: who may make them, and what they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .contract import Contract, Operation
from .permissions import Token
from .refusal import Refusal
from .shapes import Shapes
from .state import Repository

T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """``body`` is JSON, None for an empty answer."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A request to the REST interface, its path already taken apart; ``url`` is its own, without the query."""

    repository: Repository
    token: Token
    shapes: Shapes
    parameters: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    url: str

    def number(self, name: str) -> int:
        return int(self.parameters[name])

    def page(self, items: Sequence[T], show: Callable[[T], Any]) -> Answer:
        """One page of a list, with the links to the others."""
        shown, headers = self.part(items)
        return Answer(200, [show(item) for item in shown], headers)

    def part(self, items: Sequence[T]) -> tuple[Sequence[T], dict[str, str]]:
        size = min(int(self.query.get("per_page", 30)), 100)
        page = int(self.query.get("page", 1))
        last = max(1, -(-len(items) // size))
        pages = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
        if page == 1:
            del pages["prev"], pages["first"]
        if page >= last:
            del pages["next"], pages["last"]
        others = "".join(f"&{name}={value}" for name, value in self.query.items() if name not in ("page", "per_page"))
        links = [f'<{self.url}?per_page={size}&page={number}{others}>; rel="{name}"' for name, number in pages.items()]
        return items[(page - 1) * size : page * size], {"Link": ", ".join(links)} if links else {}


Handler = Callable[[Call], Answer]


@dataclass(frozen=True)
class Route:
    """``needs`` are permissions of which one is enough; none for calls that every token may make."""

    handler: Handler
    needs: tuple[str, ...]


ROUTES: dict[tuple[str, str], Route] = {}


def route(method: str, path: str, *needs: str) -> Callable[[Handler], Handler]:
    """Name the call that a function answers, its path as in GitHub's description."""

    def register(handler: Handler) -> Handler:
        ROUTES[method, path] = Route(handler, needs)
        return handler

    return register


def answer(
    contract: Contract,
    repository: Repository,
    token: Token,
    operation: Operation,
    *,
    query: Mapping[str, str],
    body: Any,
    api: str,
    server: str,
    path: str,
) -> Answer:
    """Carry out a call that GitHub describes; raises KeyError where the fake does not know it."""
    known = ROUTES[operation.method, operation.path]
    shapes = Shapes(contract, repository, api, server)
    call = Call(repository, token, shapes, operation.parameters, query, body or {}, api + path)
    accepted = {
        "X-Accepted-GitHub-Permissions": "; ".join(need.replace("-", "_").replace(": ", "=") for need in known.needs)
    }
    try:
        _check_repository(repository, operation)
        if known.needs and not any(token.may(need) for need in known.needs):
            raise Refusal(403, "Resource not accessible by integration")
        found = known.handler(call)
    except Refusal as refusal:
        found = refused(refusal)
    return Answer(found.status, found.body, {**found.headers, **(accepted if known.needs else {})})


def refused(refusal: Refusal) -> Answer:
    body: dict[str, Any] = {
        "message": refusal.message,
        "documentation_url": "https://docs.github.com/rest",
        "status": str(refusal.status),
    }
    if refusal.errors:
        body["errors"] = refusal.errors
    return Answer(refusal.status, body)


def _check_repository(repository: Repository, operation: Operation) -> None:
    if "repo" in operation.parameters:
        name = f"{operation.parameters['owner']}/{operation.parameters['repo']}"
        if name.lower() != repository.full_name.lower():
            raise Refusal(404, "Not Found")
