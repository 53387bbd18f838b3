"""Which files of a version are read, and as what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from msgspec.structs import replace

from reviewbot.change.content import SIZE_LIMIT, TOO_LARGE, why_unreadable
from reviewbot.change.model import Among, Change, ChangedFile, Tree
from reviewbot.facts import Facts, Unreadable
from reviewbot.finding import Notice
from reviewbot.image.planning.context import build_contexts
from reviewbot.settings import Settings
from reviewbot.source.kinds import Kind, kind_of
from reviewbot.source.problem import SourceProblem
from reviewbot.source.text import Text

NOT_TEXT = "a NUL character: the file is binary, or UTF-16 where Docker reads UTF-8"

MOST_SOURCES = 400
"""Files read beside the changed ones, to understand those: a repository with more is judged by its changed files."""


def both_versions(
    change: Change,
    relevant: Sequence[ChangedFile],
    settings: Settings,
    extra: Mapping[Kind, Sequence[str]],
    paths: Sequence[str] = (),
) -> tuple[Facts, Facts]:
    """The sources of base and head; ``extra`` are patterns of files with unusual names."""
    wanted = {f.path for f in relevant}
    if settings.scope == "all":
        among = Among(paths)
        wanted |= {path for path in change.head_tree.paths() if path in among and kind_of(path, extra)}
    head = read_sources(change.head_tree, extra, wanted, paths)
    base = read_sources(change.base_tree, extra, {f.old_path or f.path for f in relevant}, paths)
    head, base = (replace(facts, compose_sets=settings.compose) for facts in (head, base))
    known = {path: compose for path in head.compose_files if (compose := base.compose_files.get(change.old_path(path)))}
    head = replace(head, base_compose=known)
    return (
        replace(base, contexts=build_contexts(base, settings)),
        replace(head, contexts=build_contexts(head, settings)),
    )


def read_sources(tree: Tree, extra: Mapping[Kind, Sequence[str]], wanted: set[str], paths: Sequence[str]) -> Facts:
    """One version's sources: the wanted files, and the others as long as they are not too many."""
    kinds = {path: kind for path in tree.paths() if (kind := kind_of(path, extra))}
    others = [path for path in kinds if path not in wanted]
    if len(others) > MOST_SOURCES:
        folders = {path.rpartition("/")[0] for path in wanted}
        others = [path for path in others if path.rpartition("/")[0] in folders or kinds[path] is Kind.IGNORE]
    read = wanted.union(others)
    reads = [path for path in kinds if path in read]
    texts = [text for path in reads if (text := tree.read(path)) and not why_unreadable(text)]
    there = {text.path for text in texts}
    refused = {path: _refused(tree, path) for path in reads if path not in there}
    unreadable = {path: why for path, why in refused.items() if why is not None}
    facts = Facts.gather(tree, {path: kinds[path] for path in reads if path in there or path in unreadable}, texts)
    return replace(facts, unreadable={**facts.unreadable, **unreadable}) if unreadable else facts


def _refused(tree: Tree, path: str) -> Unreadable | None:
    """A file that is too large or no text, as one that cannot be read: else it would keep what it holds out of a review.

    None for what is no file's content at all: links, submodules, pointers of Git LFS.
    """
    if (tree.size(path) or 0) > SIZE_LIMIT:
        return Unreadable(Text(path, ""), SourceProblem(TOO_LARGE))
    text = tree.read(path)
    position = text.content.find("\0") if text else -1
    if text is None or position < 0:
        return None
    line, column = text.position(position)
    return Unreadable(text, SourceProblem(NOT_TEXT, line, column))


def file_patterns(settings: Settings, linked: Sequence[str] = ()) -> dict[Kind, Sequence[str]]:
    """Glob patterns of further files, by what they are read as; ``linked`` are those that Compose files bring in."""
    files = settings.files
    compose = (*files.compose, *chain.from_iterable(settings.compose), *linked)
    return {Kind.DOCKERFILE: files.dockerfile, Kind.COMPOSE: compose, Kind.IGNORE: files.ignore}


def relevant_files(change: Change, extra: Mapping[Kind, Sequence[str]]) -> list[ChangedFile]:
    return [f for f in change.files if kind_of(f.path, extra) or kind_of(f.old_path or f.path, extra)]


def not_read(files: Iterable[ChangedFile], head: Facts) -> list[Notice]:
    """What is said of files that were not read, and of which there is no finding either."""
    unread = (file for file in files if file.reason and file.path not in head.unreadable)
    return [Notice(f"this file was not read: {file.reason}", file.path) for file in unread]
