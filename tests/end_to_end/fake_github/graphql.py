"""GraphQL requests: held against GitHub's schema, and carried out with the resolvers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import graphql
from graphql import DocumentNode, ExecutionResult, GraphQLError, GraphQLResolveInfo, GraphQLSchema, OperationType

from .permissions import Token
from .refusal import Refusal
from .resolvers import root
from .state import Repository

_TYPES = {403: "FORBIDDEN", 404: "NOT_FOUND", 422: "UNPROCESSABLE"}
_COUNT_ARGUMENTS = ("first", "last")
_MAX_NODES = 100


class NotImitated(Exception):
    """The fake does not have a field that GitHub has."""


class Request:
    """One request's document; ``problems`` is what GitHub's schema forbids in it or in its variables."""

    def __init__(self, schema: GraphQLSchema, body: Mapping[str, Any]) -> None:
        self._schema = schema
        self._variables: dict[str, Any] = body.get("variables") or {}
        self._document: DocumentNode | None = None
        self.problems: list[GraphQLError] = []
        unknown = set(body) - {"query", "variables", "operationName"}
        if unknown or not isinstance(body.get("query"), str):
            self.problems.append(GraphQLError(f"not the body of a GraphQL request: it has {sorted(body)}"))
            return
        try:
            self._document = graphql.parse(body["query"])
        except GraphQLError as problem:
            self.problems.append(problem)
            return
        self.problems += graphql.validate(schema, self._document) or self._variable_problems()

    def _variable_problems(self) -> list[GraphQLError]:
        """Wrong values, and values without a variable, which GitHub ignores in silence."""
        assert self._document is not None
        operation = graphql.get_operation_ast(self._document)
        if operation is None:
            return [GraphQLError("the document has not exactly one operation")]
        definitions = operation.variable_definitions or ()
        coerced = graphql.execution.values.get_variable_values(self._schema, definitions, self._variables)
        problems = list(coerced) if isinstance(coerced, list) else []
        known = {definition.variable.name.value for definition in definitions}
        return problems + [
            GraphQLError(f"${name} is no variable of it") for name in self._variables if name not in known
        ]

    @property
    def is_mutation(self) -> bool:
        operation = graphql.get_operation_ast(self._document) if self._document else None
        return operation is not None and operation.operation is OperationType.MUTATION

    def execute(self, repository: Repository, token: Token, server: str) -> ExecutionResult:
        assert self._document is not None and not self.problems
        return graphql.execute_sync(
            self._schema,
            self._document,
            root(repository, token, server),
            variable_values=self._variables,
            field_resolver=_resolve,
        )


def shown(result: ExecutionResult) -> dict[str, Any]:
    """An answer as GitHub writes it: with a type on each error."""
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = [_shown_error(error) for error in result.errors]
    return answer


def _shown_error(error: GraphQLError) -> dict[str, Any]:
    formatted: dict[str, Any] = dict(error.formatted)
    refusal = error.original_error
    if isinstance(refusal, Refusal):
        return {"type": _TYPES[refusal.status], **formatted}
    return formatted


def _resolve(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
    """A field of a dict; where its value is a function, what that makes of the arguments."""
    name = info.field_name
    if name not in source:
        raise NotImitated(f"the fake has no {info.parent_type.name}.{name}")
    for count in _COUNT_ARGUMENTS:
        if count in arguments and not 1 <= (arguments[count] or 1) <= _MAX_NODES:
            raise Refusal(422, f"`{count}` of `{name}` must be between 1 and {_MAX_NODES}")
    value = source[name]
    return value(**arguments) if callable(value) else value
