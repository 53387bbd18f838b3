"""The command line."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reviewbot import __version__

if TYPE_CHECKING:
    from reviewbot.outcome import Review
    from reviewbot.run import Gathered
    from reviewbot.settings import Settings

OK, FINDINGS, USAGE = 0, 1, 2
"""Exit statuses: clean; findings at or above ``fail-on``, or a broken budget; a usage or input error."""


FORMATS = ("text", "json", "markdown", "html", "sarif", "junit", "codeclimate", "rdjson", "github")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is the result."""
    gc.set_threshold(50_000)  # what is loaded to start with is kept anyway, and looking through it again takes time
    from reviewbot.change.problem import GitProblem
    from reviewbot.settings import SettingsProblem

    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except (GitProblem, SettingsProblem, UsageProblem) as problem:
        print(f"reviewbot: {problem}", file=sys.stderr)
        return USAGE
    except BrokenPipeError:
        sys.stderr.close()
        return OK
    except KeyboardInterrupt:
        print("reviewbot: interrupted", file=sys.stderr)
        return 130
    return status


class UsageProblem(Exception):
    """Something on the command line that cannot be done."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="reviewbot",
        description="Reviews changes that touch Docker: what a change brings in, with fixes that were proven.",
    )
    parser.add_argument("--version", action="version", version=f"reviewbot {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    review = _command(commands, "review", _review, "judge a change: what it brings in, and what it weighs")
    _change_options(review)
    _common_options(review)
    review.add_argument("paths", nargs="*", metavar="PATH", help="files and folders to look at (default: all)")

    check = _command(commands, "check", _check, "judge files as they stand, without git")
    _common_options(check)
    check.add_argument("paths", nargs="*", metavar="PATH", help="files and folders (default: this folder)")

    fix = _command(commands, "fix", _fix, "apply the proven suggestions to the working tree")
    fix.add_argument("--base", metavar="REF", help="fix what the working tree brings in against this (as in review)")
    fix.add_argument("--dry-run", action="store_true", help="say what would be done, and change nothing")
    _common_options(fix, formats=False)
    fix.add_argument("paths", nargs="*", metavar="PATH", help="files and folders to look at (default: all)")

    image = _command(
        commands, "image", _image, "say what images weigh and hold: of the engine, or built from Dockerfiles"
    )
    _common_options(image)
    image.add_argument(
        "--context", metavar="FOLDER", help="the build context (default: as the Dockerfile's sources tell)"
    )
    image.add_argument("--target", metavar="STAGE", help="the stage to stop at")
    image.add_argument("images", nargs="+", metavar="IMAGE", help="an image of the engine, a Dockerfile, or its folder")

    compare = _command(commands, "compare", _compare, "say what one image has otherwise than another")
    _common_options(compare)
    compare.add_argument("before", metavar="A", help="an image of the engine, a Dockerfile, or its folder")
    compare.add_argument("after", metavar="B", help="the same kind of thing, to compare with it")

    measure = _command(
        commands, "measure", _measure, "measure a commit's images, and keep that for reviews of what begins there"
    )
    measure.add_argument("--head", metavar="REF", default="HEAD", help="the commit (default: HEAD)")
    measure.add_argument("--output", metavar="FILE", help="the file to add to (default: the setting `baseline`)")
    _common_options(measure, formats=False)

    explain = _command(commands, "explain", _explain, "print a rule's page")
    explain.add_argument("rule", metavar="RULE", help="a rule's name, or a peer's number such as DL3008")

    rules = _command(commands, "rules", _rules, "list the rules")
    rules.add_argument("--format", choices=["text", "json"], default="text")

    demo = _command(commands, "demo", _demo, "review the example change that ships with reviewbot")
    _common_options(demo)

    config = _command(commands, "config", _config, "check the configuration file, or print its schema")
    what = config.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", action="store_true", help="say whether .github/reviewbot.yml is right")
    what.add_argument("--schema", action="store_true", help="print the JSON Schema of the configuration file")
    config.add_argument("--config", metavar="FILE", help="the file to check")

    docs = _command(commands, "docs", _docs, "write the rules' pages and the schemas into a folder")
    docs.add_argument("folder", metavar="FOLDER")

    publish = _command(commands, "publish", _publish, "publish a review on GitHub, from within a workflow")
    publish.add_argument("report", nargs="?", metavar="REPORT", help="a JSON report of the same head, for its images")

    _command(commands, "action", _action, "run as a GitHub Action, from its inputs and event")
    return parser


def _command(commands: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=f"{text.capitalize()}.")
    parser.set_defaults(run=run)
    return parser


def _change_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--base", metavar="REF", help="compare from the common ancestor with this (default: the default branch)"
    )
    parser.add_argument("--head", metavar="REF", help="the version to review (default: the working tree)")


def _common_options(parser: argparse.ArgumentParser, formats: bool = True) -> None:
    parser.set_defaults(format="text")
    if formats:
        parser.add_argument("--format", choices=FORMATS, default="text")
        parser.add_argument("--output", metavar="FILE", help="write the report there instead of to the terminal")
    parser.add_argument(
        "--rules", metavar="LIST", help="sets (recommended, strict, cis, all) and rules; -RULE takes one out"
    )
    parser.add_argument("--fail-on", choices=["error", "warning", "info", "never"])
    parser.add_argument("--scope", choices=["added", "file", "all"], help="what to report (default: added)")
    parser.add_argument("--config", metavar="FILE", help="settings (default: the base's .github/reviewbot.yml)")
    parser.add_argument("--no-build", action="store_true", help="build no images")
    parser.add_argument("--no-registry", action="store_true", help="ask no registry for tags and digests")
    parser.add_argument("--network", choices=["default", "none", "host"], help="network of RUN in builds")
    parser.add_argument("--builder", metavar="NAME", help="a builder that buildx knows, or BuildKit's address")
    parser.add_argument("--max-size", metavar="SIZE", help="fail when an image is larger: 500MB")
    parser.add_argument("--max-increase", metavar="SIZE", help="fail when an image grows by more: 20MB or 5%%")
    parser.add_argument(
        "--max-layer", metavar="SIZE", help="fail when a layer that is new or has grown is larger: 100MB"
    )
    parser.add_argument("--over-budget", choices=["fail", "warn"], help="what a broken limit does (default: fail)")
    parser.add_argument(
        "--rebuild-cost",
        metavar="FILE",
        help="touch this source file (auto: choose one), build again, and say which steps ran and how long",
    )
    parser.add_argument(
        "--fail-on-cve",
        choices=["critical", "high", "medium", "low", "never"],
        help="fail when a change brings in a vulnerability of this severity or a worse one",
    )
    parser.add_argument("--color", choices=["auto", "always", "never"], default="auto")
    parser.add_argument("-C", dest="folder", metavar="FOLDER", default=".", help="as if started in that folder")


def _overrides(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "rules": tuple(name.strip() for name in options.rules.split(",")) if options.rules else None,
        "fail-on": options.fail_on,
        "scope": options.scope,
        "build": False if options.no_build else None,
        "registry": False if options.no_registry else None,
        "network": options.network,
        "builder": options.builder,
        "max-size": options.max_size,
        "max-increase": options.max_increase,
        "max-layer": options.max_layer,
        "fail-on-cve": options.fail_on_cve,
        "over-budget": options.over_budget,
        "rebuild-cost": options.rebuild_cost,
    }


def _review(options: argparse.Namespace) -> int:
    from reviewbot.change.read import read_change

    folder = _folder(options)
    with read_change(folder, options.base, options.head) as read:
        gathered = _gather(read, options, folder)
        outcome = gathered.review()
    return _report(outcome, options)


def _gather(read: Any, options: argparse.Namespace, folder: Path) -> Gathered:
    from reviewbot.image.engine import Engine
    from reviewbot.run import gather, settings_from

    settings = settings_from(read.change.base_tree, _overrides(options), _named_config(options))
    engine = Engine.find() if settings.build else None
    paths = [_in_repository(path, folder, read.repository.root) for path in options.paths]
    return gather(read, settings, engine=engine, paths=paths, progress=_progress(options))


def _check(options: argparse.Namespace) -> int:
    return _report(_gather_check(options).review(), options)


def _gather_check(options: argparse.Namespace) -> Gathered:
    from reviewbot.run import gather_folder

    folder = _folder(options)
    for path in options.paths:
        if not (folder / path).exists():
            raise UsageProblem(f"{path}: there is no such file or folder")
    places = [(folder / path).resolve() for path in options.paths]
    if places and not any(place.is_relative_to(folder) for place in places):
        root = Path(os.path.commonpath(places))  # what lies between there and here may be the whole disk
    else:
        root = Path(os.path.commonpath([folder, *places]))
    if root.is_file():
        root = root.parent
    paths = [(folder / path).resolve().relative_to(root).as_posix() for path in options.paths]
    return gather_folder(root, [path for path in paths if path != "."], _folder_settings(options, folder))


def _folder_settings(options: argparse.Namespace, folder: Path) -> Settings:
    from reviewbot.change.folder import FolderTree
    from reviewbot.run import settings_from

    overrides = {
        "scope": "all",
        **{k: v for k, v in _overrides(options).items() if v is not None},
        "build": False,
        "registry": False,
    }
    return settings_from(FolderTree(folder), overrides, _named_config(options))


def _fix(options: argparse.Namespace) -> int:
    from reviewbot.change.read import read_change

    folder = _folder(options)
    with read_change(folder, options.base) as read:
        gathered = _gather(read, options, folder)
        root = read.repository.root
        fixed = gathered.fixed()
        changed = [p for p in fixed.facts.paths if fixed.facts.text(p) != gathered.head.text(p)]
        if not options.dry_run:
            for path in changed:
                _write(root, path, fixed.facts)
    for finding in fixed.mended:
        print(f"{finding.location.path}:{finding.location.line}  {finding.rule}: fixed")
    done = "would change" if options.dry_run else "changed"
    print(f"{len(fixed.mended)} fixed, {len(fixed.left)} left for you; {done} {', '.join(changed) or 'no file'}")
    return OK


def _write(root: Path, path: str, facts: Any) -> None:
    text = facts.text(path)
    place = root / path
    if text is None or place.is_symlink() or any(p.is_symlink() for p in place.parents if root in p.parents):
        return
    place.write_bytes(text.to_bytes())


def _image(options: argparse.Namespace) -> int:
    from reviewbot.image.engine import Engine
    from reviewbot.run_images import look_at_images

    def look(folder: Path, settings: Settings) -> Review:
        engine, progress = Engine.find(), _progress(options)
        more = {"context": options.context, "target": options.target, "progress": progress}
        return look_at_images(options.images, settings, folder, engine, **more)

    return _of_images(options, look)


def _compare(options: argparse.Namespace) -> int:
    from reviewbot.image.engine import Engine
    from reviewbot.run_images import compare_images

    def look(folder: Path, settings: Settings) -> Review:
        engine, progress = Engine.find(), _progress(options)
        return compare_images(options.before, options.after, settings, folder, engine, progress)

    return _of_images(options, look)


def _measure(options: argparse.Namespace) -> int:
    from reviewbot.change.read import read_change
    from reviewbot.image.baseline import BaselineProblem
    from reviewbot.image.bytes import format_bytes
    from reviewbot.image.engine import Engine, EngineUnavailable
    from reviewbot.report import escape
    from reviewbot.run import settings_from
    from reviewbot.run_baseline import keep_baseline

    folder = _folder(options)
    with read_change(folder, options.head, options.head) as read:
        settings = settings_from(read.change.head_tree, _overrides(options), _named_config(options))
        written = str(folder / options.output) if options.output else settings.baseline
        if written is None:
            raise UsageProblem("where to? Give --output, or the setting `baseline`")
        try:
            outcomes, notices = keep_baseline(
                read, settings, Engine.find(), written, read.repository.root, _progress(options)
            )
        except (BaselineProblem, EngineUnavailable) as problem:
            raise UsageProblem(f"{written}: {problem}") from None
    for notice in notices:
        print(f"reviewbot: {escape.terminal(notice.message)}", file=sys.stderr)
    for outcome in outcomes:
        found = outcome.measurement
        if found is None:
            print(f"{escape.terminal(outcome.name)}: not measured: {escape.terminal(outcome.reason)}")
        else:
            was = f", as measured at {found.when}" if outcome.is_kept else ""
            print(f"{escape.terminal(outcome.name)}: {format_bytes(found.info.size)}{was}")
    return OK if all(outcome.measurement is not None for outcome in outcomes) else FINDINGS


def _of_images(options: argparse.Namespace, look: Callable[[Path, Settings], Review]) -> int:
    """Report what was looked at; what cannot be is said, and is the usage's fault."""
    from reviewbot.image.engine import EngineProblem, EngineUnavailable
    from reviewbot.image.standing import NoSuchImage
    from reviewbot.run_images import NotComparable

    folder = _folder(options)
    try:
        return _report(look(folder, _folder_settings(options, folder)), options)
    except (EngineProblem, EngineUnavailable, NoSuchImage, NotComparable) as problem:
        raise UsageProblem(str(problem)) from None


def _explain(options: argparse.Namespace) -> int:
    from reviewbot.rules.catalogue import rules_named
    from reviewbot.rules.pages import rule_page
    from reviewbot.rules.selection import unknown_rule

    found = rules_named(options.rule)
    if not found:
        raise UsageProblem(unknown_rule(options.rule))
    print("\n".join(rule_page(rule) for rule in found), end="")
    return OK


def _rules(options: argparse.Namespace) -> int:
    from reviewbot.rules.catalogue import all_rules

    if options.format == "json":
        import msgspec

        listed = [
            {
                "name": rule.name,
                "title": rule.title,
                "category": rule.category.value,
                "severity": rule.severity.word,
                "set": rule.set.value,
                "aliases": list(rule.aliases),
                "fixable": rule.fixable,
            }
            for rule in all_rules()
        ]
        print(msgspec.json.format(msgspec.json.encode(listed), indent=2).decode())
        return OK
    width = max(len(rule.name) for rule in all_rules())
    for rule in all_rules():
        fix = "fix" if rule.fixable else ""
        print(f"{rule.name:{width}}  {rule.severity.word:7}  {rule.set.value:11}  {fix:3}  {rule.title}")
    return OK


def _demo(options: argparse.Namespace) -> int:
    from reviewbot.demo.repository import demo_repository

    with demo_repository() as folder:
        print("An example change to a small web service, as a pull request would bring it in:\n", file=sys.stderr)
        options.folder, options.base, options.head, options.paths = str(folder), "HEAD~1", "HEAD", []
        if options.fail_on is None:
            options.fail_on = "never"
        return _review(options)


def _config(options: argparse.Namespace) -> int:
    import msgspec

    from reviewbot.change.folder import FolderTree
    from reviewbot.run import settings_from
    from reviewbot.settings import CONFIG_PATHS, schema

    if options.schema:
        print(msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode())
        return OK
    tree = FolderTree(Path.cwd())
    named = _named_config(options)
    path = named.path if named else next((p for p in CONFIG_PATHS if tree.size(p) is not None), None)
    if path is None:
        print(f"There is no {CONFIG_PATHS[0]} here; all settings have their defaults.")
        return OK
    settings_from(tree, {}, named)
    print(f"{path} is right.")
    return OK


def _docs(options: argparse.Namespace) -> int:
    import msgspec

    from reviewbot.report.json_report import schema_text
    from reviewbot.rules.catalogue import all_rules
    from reviewbot.rules.pages import rule_page, rules_index
    from reviewbot.settings import schema

    folder = Path(options.folder) / "rules"
    folder.mkdir(parents=True, exist_ok=True)
    for page in folder.glob("*.md"):
        page.unlink()
    for rule in all_rules():
        (folder / f"{rule.name}.md").write_text(rule_page(rule), encoding="utf-8")
    (folder / "README.md").write_text(rules_index(all_rules()), encoding="utf-8")
    settings_schema = msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode()
    (Path(options.folder) / "settings.schema.json").write_text(f"{settings_schema}\n", encoding="utf-8")
    (Path(options.folder) / "report.schema.json").write_text(schema_text(), encoding="utf-8")
    return OK


def _publish(options: argparse.Namespace) -> int:
    from reviewbot.action import run_action

    return run_action(os.environ, report=Path(options.report) if options.report else None)


def _action(options: argparse.Namespace) -> int:
    from reviewbot.action import run_action

    return run_action(os.environ)


def _report(outcome: Review, options: argparse.Namespace) -> int:
    from reviewbot.outcome import Verdict

    text = _rendered(outcome, options)
    if options.output:
        try:
            Path(options.output).write_text(text, encoding="utf-8")
        except OSError as problem:
            raise UsageProblem(f"{options.output}: {problem.strerror}") from None
    else:
        sys.stdout.write(text)
        sys.stdout.flush()
    return FINDINGS if outcome.verdict is Verdict.FAIL else OK


def _rendered(outcome: Review, options: argparse.Namespace) -> str:
    if options.format != "text":
        from reviewbot.report.formats import FORMATS

        return FORMATS[options.format].render(outcome)
    import shutil

    from reviewbot.report.terminal import terminal_report

    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    return terminal_report(outcome, color=_colored(options), width=width)


def _colored(options: argparse.Namespace) -> bool:
    if options.color != "auto" or options.output:
        return bool(options.color == "always")
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def _progress(options: argparse.Namespace) -> Any:
    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    return say if sys.stderr.isatty() or options.format == "text" else lambda line: None


def _folder(options: argparse.Namespace) -> Path:
    folder = Path(options.folder).resolve()
    if not folder.is_dir():
        raise UsageProblem(f"{options.folder}: there is no such folder")
    return folder


def _named_config(options: argparse.Namespace) -> Any:
    from reviewbot.source.text import Text

    if not options.config:
        return None
    try:
        return Text.from_bytes(options.config, Path(options.config).read_bytes())
    except OSError as problem:
        raise UsageProblem(f"{options.config}: {problem.strerror}") from None


def _in_repository(path: str, folder: Path, root: Path) -> str:
    place = Path(os.path.normpath(folder / path))
    if not place.is_relative_to(root):
        raise UsageProblem(f"{path}: this is outside of the repository {root}")
    return place.relative_to(root).as_posix()
