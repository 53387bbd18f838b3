"""Commands that the image already begins with."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_edit import removed_key
from reviewbot.rules.service_image import ServiceImage, image_of
from reviewbot.source.compose import ComposeFile, Service
from reviewbot.source.text import Span


@rule(
    "command-repeats-entrypoint",
    title="Give the entrypoint its arguments, not itself again",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    fixable=True,
    depends_on_facts=True,
)
def command_repeats_entrypoint(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """`command:` follows the image's ENTRYPOINT. When it begins with the same words, the program gets its own name as
    an argument: `python app.py python app.py`.

    `entrypoint:` in Compose replaces the image's; then `command:` is all there is behind it.

    Bad:
        --- compose.yaml
        services:
          app:
            build: .
            command: ["python", "app.py", "--workers", "2"]  # <- finding
        --- Dockerfile
        FROM python:3.12.7-slim
        ENTRYPOINT ["python", "app.py"]
    Good:
        --- compose.yaml
        services:
          app:
            build: .
            command: ["--workers", "2"]
    Also good:
        --- compose.yaml
        services:
          app:
            build: .
            command: --workers 2
          other:
            build: .
            entrypoint: ["sh", "-c"]
            command: ["python", "app.py"]
          third:
            build: {context: ., dockerfile: script.Dockerfile}
            command: ["/entrypoint.sh", "serve"]
        --- Dockerfile
        FROM python:3.12.7-slim
        ENTRYPOINT ["python", "app.py"]
        --- script.Dockerfile
        FROM python:3.12.7-slim
        ENTRYPOINT ["python"]
    """
    seen: set[Span] = set()
    for service in compose.services:
        entry = service.node.entry("command")
        if entry is None or facts.as_used(service).get("entrypoint") or entry.value.span in seen:
            continue
        image = image_of(service, facts)
        entrypoint = _entrypoint(image)
        words = _words(service)
        if len(entrypoint) < 2 or words[: len(entrypoint)] != list(entrypoint):
            continue
        seen.add(entry.value.span)
        yield Problem(
            at=entry.span,
            message=f"{code(service.name)} starts {code(' '.join(entrypoint))} with itself as the argument",
            subject=service.name,
            why="The image's ENTRYPOINT comes first, and `command:` begins with the same words.",
            advice="Leave the words of the ENTRYPOINT out of `command:`.",
            edits=_edits(compose, service, len(entrypoint)),
        )


def _entrypoint(image: ServiceImage) -> tuple[str, ...]:
    written = image.stage.last("ENTRYPOINT") if image.stage else None
    if written is not None:
        return tuple(word.value for word in written.words) if written.is_json else ()
    return image.config.entrypoint if image.config else ()


def _words(service: Service) -> list[str]:
    node = service.get("command")
    if node is None:
        return []
    return [item.scalar or "" for item in node.elements()] if node.elements() else (node.scalar or "").split()


def _edits(compose: ComposeFile, service: Service, count: int) -> list[Edit]:
    node = service.get("command")
    if node is None or node.is_alias or compose.is_shared(node.span):
        return []
    items = node.elements()
    if len(items) == count or (not items and len((node.scalar or "").split()) == count):
        return removed_key(service, "command")
    if node.is_flow and "\n" not in compose.text[node.span]:
        return [Edit(compose.path, Span(items[0].span.start, items[count].span.start), "")]
    return []
