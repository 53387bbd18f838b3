"""Passwords and tokens in the clear."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.known_images import family_of
from reviewbot.rules.purpose import is_for_swarm
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_edit import added_item
from reviewbot.rules.service_role import is_for_tests
from reviewbot.source.compose import ComposeFile, EnvironmentVariable, Service, environment_of
from reviewbot.source.interpolation import has_variables
from reviewbot.source.secret_options import secret_options
from reviewbot.source.secrets import names_a_secret, secret_in_assignment, secrets_in_text
from reviewbot.source.text import Span, Text

_WIDEST = 25
"""Lines between the first and the last edit that one suggestion can still show."""
_GUESSED_AT_ONCE = re.compile(r"[a-z]{1,12}|(?:test|demo|dev|pass|admin|root|user|secret|password|qwerty)[\w!@#-]{0,6}")
"""A word, or one of the usual ones with a few signs behind it: no secret that anybody would have to keep."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_EVERYBODY_KNOWS = frozenset(
    "admin administrator app guest letmein mongo mysql pass passw0rd passwd password password1 postgres qwerty rabbitmq "  # noqa: SIM905
    "redis root secret toor user welcome 1234 12345 123456 12345678 minioadmin minio123 keycloak grafana".split()
)


class _Place(Struct, frozen=True):
    """A variable of a service and the key that it stands below."""

    service: Service
    key: str
    variable: EnvironmentVariable


@rule(
    "compose-secret",
    title="Keep secrets out of Compose files",
    category=Category.SECURITY,
    severity=Severity.ERROR,
    fixable=True,
)
def compose_secret(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """A secret in a Compose file is in the repository, in every clone and for ever in its history, and
    `docker inspect` shows it to whoever asks. Once pushed it has to be replaced, not only removed.

    `${NAME:?}` takes it from the environment or from an `.env` file that is not committed, and stops with a message
    when it is missing. Better still, where the image reads `NAME_FILE`, is a secret from `secrets:`, which is in no
    environment at all.

    Bad:
        services:
          db:
            image: postgres:16.4
            environment:
              POSTGRES_USER: app
              POSTGRES_PASSWORD: kT8vvq2LxA  # <- finding
          api:
            build:
              context: .
              args:
                - "NPM_TOKEN=aG93IGRhcmUgeW91"  # <- finding
            environment: {JWT_SECRET: 'b2Zm-aWNl-cGxl'}  # <- finding
    Good:
        services:
          db:
            image: postgres:16.4
            environment:
              POSTGRES_USER: app
              POSTGRES_PASSWORD_FILE: /run/secrets/postgres_password
            secrets:
              - postgres_password
          api:
            build:
              context: .
              args:
                - "NPM_TOKEN=${NPM_TOKEN:?}"
            environment: {JWT_SECRET: '${JWT_SECRET:?}'}

        secrets:
          postgres_password:
            environment: POSTGRES_PASSWORD
    Bad (its health check reads the variable too):
        services:
          db:
            image: mysql:8.4
            environment:
              - MYSQL_ROOT_PASSWORD=kT8vvq2LxA  # <- finding
            healthcheck:
              test: ["CMD-SHELL", "mysqladmin ping -p$$MYSQL_ROOT_PASSWORD"]
    Good:
        services:
          db:
            image: mysql:8.4
            environment:
              - MYSQL_ROOT_PASSWORD=${MYSQL_ROOT_PASSWORD:?}
            healthcheck:
              test: ["CMD-SHELL", "mysqladmin ping -p$$MYSQL_ROOT_PASSWORD"]
    Bad (part of something larger: only you can take it apart):
        services:
          api:
            image: example.org/api:1.4.2
            environment:
              DATABASE_URL: postgresql://app:kT8vvq2LxA@db/app  # <- finding
            command: ["/api", "--dsn", "amqp://app:kT8vvq2LxA@queue"]  # <- finding
    Bad (options of what is run; what reads them elsewhere only you know):
        services:
          api:
            image: example.org/api:1.4.2
            entrypoint:
              - /api
              - --db-password=kT8vvq2LxA  # <- finding
              - --api-token
              - 8fQ2mZx7Lw0pRt  # <- finding
          cache:
            image: redis:7.4
            command: redis-server --requirepass kT8vvq2LxA  # <- finding
    Bad (a word is no secret, and no protection: a warning):
        services:
          app:
            image: example.org/app:1.4.2
            environment:
              ADMIN_PASSWORD: sunshine  # <- finding
    Good:
        services:
          app:
            image: example.org/app:1.4.2
            environment:
              ADMIN_PASSWORD: ${ADMIN_PASSWORD:?}
    Also good:
        services:
          db:
            image: postgres:16.4
            environment:
              POSTGRES_PASSWORD: ${POSTGRES_PASSWORD}
              POSTGRES_PASSWORD_FILE: /run/secrets/db
              ADMIN_PASSWORD: ${ADMIN_PASSWORD:-admin}
              API_TOKEN: changeme
              APP_SECRET: replace-me-with-a-random-string
              SESSION_SECRET:
              PASSWORD_MIN_LENGTH: 12
              MYSQL_ALLOW_EMPTY_PASSWORD: "yes"
              TOKEN_TTL: 3600
              PUBLIC_KEY: ssh-ed25519-AAAAC3NzaC1lZDI1NTE5
              DATABASE_URL: postgresql://app:${DB_PASSWORD}@db/app
              IMAGE_SHA256: 6af79ae5de407283dcea8b00d5c37ace95441fd58a8b1d2aa1ed93f5511bb18c
              SESSION_ID: 2f1c3f9e-8d4b-4a53-9c65-0c3f8a6d7e11
              INTEGRITY: sha512-WFi1sjzdNnUhfAYc2Qq1V3Fa0eXlYp2sG1y4Ew==
              KEY_FINGERPRINT: 9b:7d:1e:22:0c:4f:aa:31
              AUTH_TOKEN: ${AUTH_TOKEN:-$OTHER_TOKEN}
            command: --password=${DB_PASSWORD} --password-file /run/secrets/db --token-ttl 3600 --no-password --secret /run/s
            entrypoint: ["sh", "-c", "exec run --token $$TOKEN --pass-through --auth-secret"]
    Also good (tests need no secret):
        --- docker-compose.test.yml
        services:
          db:
            image: postgres:16.4
            environment:
              POSTGRES_PASSWORD: kT8vvq2LxA
    """
    seen: set[Span] = set()
    for service in compose.services:
        if is_for_tests(service):
            continue
        for problem in (*_in_variables(service), *_in_words(service)):
            if problem.at not in seen:
                seen.add(problem.at)
                yield problem


def _in_variables(service: Service) -> Iterator[Problem]:
    guessed = _first_guesses(service)
    for place in _variables(service):
        variable = place.variable
        kind = secret_in_assignment(variable.name, variable.value) if variable.value else None
        if kind is None or variable.value_span is None:
            continue
        if _names_a_file(variable):
            continue
        value = (variable.value or "").lower()
        is_known = value in guessed or _GUESSED_AT_ONCE.fullmatch(value) is not None
        name = code(variable.name)
        yield Problem(
            at=variable.value_span,
            message=f"{name} has a password that everybody knows" if is_known else f"{name} holds {kind} in the clear",
            subject=f"{service.name} {variable.name}",
            why=_why(place, is_known),
            advice=_advice(place),
            edits=_edits(place),
            severity=Severity.WARNING if is_known else None,
        )


def _names_a_file(variable: EnvironmentVariable) -> bool:
    """Whether it holds the name of a file with credentials, as Kafka's images have it."""
    value = (variable.value or "").lower()
    return variable.name.lower().endswith("credentials") and value.endswith(("creds", "credentials", ".json", ".txt"))


def _first_guesses(service: Service) -> set[str]:
    """The passwords that are tried first: the usual ones, and the names of the user, the database, the program."""
    names = {service.name, *re.split(r"[/:@]", service.image.scalar or "" if service.image else "")}
    for variable in service.environment:
        is_name = re.search(r"USER|DATABASE|(?:^|_)DB(?:$|_)", variable.name, re.IGNORECASE)
        if is_name and variable.value and "://" not in variable.value and not names_a_secret(variable.name):
            names.add(variable.value)
    return {*_EVERYBODY_KNOWS, *(name.lower() for name in names if name)}


def _in_words(service: Service) -> Iterator[Problem]:
    """Tokens of a known format, passwords in URLs, and what options of a secret's name are given in what is run."""
    guessed = _first_guesses(service)
    for key in ("command", "entrypoint"):
        node = service.get(key)
        words = (node.elements() or (node,)) if node else ()
        told = set()
        for number, word in enumerate(words):
            found = secrets_in_text(word.scalar or "")
            if found:
                told.add(number)
                yield _in_command(service, key, word.span, f"{code(key)} holds {found[0][1]} in the clear", key)
        for option in secret_options([word.scalar or "" for word in words]):
            if option.word in told:
                continue
            is_known = option.value.lower() in guessed or _GUESSED_AT_ONCE.fullmatch(option.value.lower()) is not None
            if is_known and option.kind != "a password":
                continue
            name = f"{code(option.option)} of {code(key)}"
            message = (
                f"{name} has a password that everybody knows"
                if is_known
                else f"{name} holds {option.kind} in the clear"
            )
            at = _place_of(option.value, words[option.word].span, service.file.text)
            yield _in_command(service, key, at, message, f"{key} {option.option}", is_known)


def _place_of(value: str, span: Span, text: Text) -> Span:
    """Where in a word its value is written; the whole word where that is not certain."""
    written = text[span]
    start = span.start + written.find(value)
    return Span(start, start + len(value)) if written.count(value) == 1 else span


def _in_command(service: Service, key: str, at: Span, message: str, what: str, is_known: bool = False) -> Problem:
    return Problem(
        at=at,
        message=message,
        subject=f"{service.name} {what}",
        why="It is the first that anybody tries." if is_known else "Whoever can list the processes reads it too.",
        advice="Give it as a secret or as an environment variable that is set where it runs, and replace "
        "the one that is in the history now.",
        severity=Severity.WARNING if is_known else None,
    )


def _variables(service: Service) -> Iterator[_Place]:
    for key, node in (
        ("environment", service.get("environment")),
        ("build args", service.get("build", "args")),
        ("labels", service.get("labels")),
    ):
        for variable in environment_of(node):
            yield _Place(service, key, variable)


def _why(place: _Place, is_known: bool) -> str:
    if is_known:
        return "It is the first that anybody tries. Whoever reaches the port is in."
    if place.key == "build args":
        return "It is in the repository's history, and what a build gets as an argument stays in the image's history."
    return "Everybody who can read the repository, or run `docker inspect`, has it."


def _advice(place: _Place) -> str:
    replaced = "Replace the secret: what was pushed is known."
    if place.key == "build args":
        return (
            f"Use a build secret (`secrets:` below `build:`, `RUN --mount=type=secret` in the Dockerfile). {replaced}"
        )
    family = family_of(place.service.image_reference)
    if family is not None and place.variable.name in family.file_variables:
        name = code(f"{place.variable.name}_FILE")
        return f"{family.name} reads {name}: use `secrets:` and `/run/secrets/…`, or `${{NAME:?}}`. {replaced}"
    return f"Take it from the environment with `${{NAME:?}}`, or from `secrets:`. {replaced}"


def _edits(place: _Place) -> list[Edit]:
    """A secret of Compose where the image reads one from a file, else ``${NAME:?}`` in place of the value."""
    variable = place.variable
    if variable.value_span is None or not variable.value or not _NAME.fullmatch(variable.name):
        return []
    written = place.service.file.text[variable.value_span]
    is_part = "://" in variable.value or has_variables(variable.value) or " " in variable.value.strip()
    if is_part or "\n" in written or written.startswith(("|", ">", "*", "&", "!")):
        return []
    return _as_secret(place) or _as_reference(place)


def _as_reference(place: _Place) -> list[Edit]:
    variable, file = place.variable, place.service.file
    if variable.value_span is None:
        return []
    reference = f"${{{variable.name}:?}}"
    if variable.in_list:
        needs_quotes = variable.in_flow and not variable.is_quoted
        return [] if needs_quotes else [Edit(file.path, variable.value_span, reference)]
    quote = file.text[variable.value_span][0] if variable.is_quoted else ('"' if variable.in_flow else "")
    return [Edit(file.path, variable.value_span, f"{quote}{reference}{quote}")]


def _as_secret(place: _Place) -> list[Edit]:
    """``NAME_FILE`` and a secret that Compose takes from the environment, where all of that fits one suggestion."""
    variable, service, file = place.variable, place.service, place.service.file
    family = family_of(service.image_reference) if not service.is_built else None
    name = variable.name.lower()
    if place.key != "environment" or family is None or variable.name not in family.file_variables:
        return []
    if service.get("read_only") or is_for_swarm(file) or file.root.get("secrets", name) or _is_used(service, variable):
        return []
    path = f"/run/secrets/{name}"
    quote = file.text[variable.span][0] if variable.in_list and variable.is_quoted else ""
    renamed = f"{variable.name}_FILE={path}" if variable.in_list else f"{variable.name}_FILE: {path}"
    granted = added_item(service, "secrets", name)
    try:
        declared = file.insert_into_section("secrets", f"{name}:\n  environment: {variable.name}\n")
    except ValueError:
        return []
    edits = [Edit(file.path, variable.span, f"{quote}{renamed}{quote}"), *granted, Edit(file.path, *declared)]
    lines = [file.text.line_of(edit.span.start) for edit in edits]
    return edits if granted and max(lines) - min(lines) < _WIDEST else []


def _is_used(service: Service, variable: EnvironmentVariable) -> bool:
    """Whether something else in the service reads the variable, or it stands where an alias brings it elsewhere."""
    file = service.file
    nodes = [service.get(key) for key in ("healthcheck", "command", "entrypoint")]
    is_read = any(variable.name in file.text[node.span] for node in nodes if node is not None)
    return is_read or file.is_shared(variable.span) or service.variable(f"{variable.name}_FILE") is not None
