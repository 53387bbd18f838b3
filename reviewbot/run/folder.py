"""Gathering from a folder, without git: files as they stand."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from reviewbot.change.folder import SKIPPED, EmptyTree, FolderTree, everything
from reviewbot.change.linked import linked_in
from reviewbot.change.model import Among
from reviewbot.facts import Facts
from reviewbot.finding import Notice
from reviewbot.image.planning.context import build_contexts
from reviewbot.run.choices import chosen_rules
from reviewbot.run.clock import Clock
from reviewbot.run.gathered import Gathered
from reviewbot.run.shell import ask_shellcheck
from reviewbot.run.sources import file_patterns, not_read, read_sources
from reviewbot.settings import Settings
from reviewbot.shellcheck.ask import scripts_of
from reviewbot.source.kinds import Kind, kind_of


def gather_folder(root: Path, paths: Sequence[str], settings: Settings) -> Gathered:
    """Everything in a folder, without git: ``paths`` are files and folders relative to ``root`` (none: all of it)."""
    clock = Clock()
    with clock.step("read"):
        tree = FolderTree(root)
        extra = file_patterns(settings)
        links = _links(tree, extra, paths)
        for link, path in links.items():
            if path is not None and kind_of(path, extra) is None:
                kind = kind_of(link, extra) or _guess(link)
                extra[kind] = [*extra[kind], path]
        among = Among(paths)
        astray = [link for link, path in links.items() if path is None and link in among]
        if paths:
            paths = list(dict.fromkeys((*paths, *(path for link, path in links.items() if path and link in among))))
        named = [path for path in paths if tree.size(path) is not None]
        kinds = {path: kind for path in named if kind_of(path, extra) is None and (kind := _guess(path))}
        for path, kind in kinds.items():
            extra[kind] = [*extra[kind], path]
        extra[Kind.COMPOSE] = [*extra[Kind.COMPOSE], *linked_in(tree, extra)]
        among = Among(paths)
        wanted = [path for path in tree.paths() if path in among and kind_of(path, extra)]
        head = read_sources(tree, extra, set(wanted), paths)
        judged = [path for path in head.kinds if path in among]
        change = everything(tree, wanted)
        empty = [path for path in paths if not _has_any(path, [*wanted, *judged, *links])]
        passed_over = [Notice(_why_passed_over(root, path), path) for path in (*astray, *empty)]
        head = replace(head, compose_sets=settings.compose, today=time.strftime("%Y-%m-%d", time.gmtime()))
        head = replace(head, contexts=build_contexts(head, settings))
    silent = {"image", *(() if head.compose_files else ("compose",))}
    rules = chosen_rules(settings, frozenset(silent))
    with clock.step("shellcheck"):
        asked = ask_shellcheck(rules, scripts_of(head, judged))
    head = replace(head, shell=asked.remarks)
    notices = [*not_read(change.files, head), *passed_over]
    notices += [asked.notice] if asked.notice else []
    base = Facts(EmptyTree())
    return Gathered(change, base, head, rules, settings, tuple(notices), clock.seconds, asked.program, tuple(paths))


def _links(tree: FolderTree, extra: Mapping[Kind, Sequence[str]], named: Sequence[str]) -> dict[str, str | None]:
    """The links that are Dockerfiles or Compose files by their names, or named by hand, with the file each stands for.

    None: it leads out of the folder or nowhere, or it is a Compose file's from another folder, since Compose takes a
    file's relative paths from where the link is.
    """
    found: dict[str, str | None] = {}
    for link in tree.links():
        kind = kind_of(link, extra) or (_guess(link) if link in named else None)
        if kind not in (Kind.DOCKERFILE, Kind.COMPOSE):
            continue
        path = tree.meant_by(link)
        is_apart = path is not None and kind is Kind.COMPOSE and Path(path).parent != Path(link).parent
        found[link] = None if is_apart and kind_of(path or "", extra) is None else path
    return found


def _has_any(place: str, paths: Iterable[str]) -> bool:
    among = Among([place])
    return any(path in among for path in paths)


def _why_passed_over(root: Path, path: str) -> str:
    """Why there is nothing to say of a file or folder that somebody asked about."""
    skipped = next((part for part in path.split("/") if part in SKIPPED), None)
    if skipped is not None:
        return f"this was not looked at: what lies below `{skipped}` is no part of the project"
    if (root / path).is_dir():
        return "there is no Dockerfile, Compose file or `.dockerignore` in this folder"
    if any(place.is_symlink() for place in (root / path, *(root / path).parents) if place.is_relative_to(root)):
        where = "out of the folder here, or to no file"
        if path.endswith((".yml", ".yaml")):
            where += ", or to a Compose file whose relative paths mean other files from here"
        return f"this was not looked at: a symbolic link leads {where}; name the file itself"
    return "this was not looked at: it is no regular file"


def _guess(path: str) -> Kind:
    """What a file with an unusual name is, that somebody asked for by name."""
    return Kind.COMPOSE if path.endswith((".yml", ".yaml")) else Kind.DOCKERFILE
