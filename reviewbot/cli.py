"""The command line."""

from __future__ import annotations

import argparse
import gc
import importlib
import sys
from collections.abc import Sequence

from reviewbot import __version__
from reviewbot.commands import COMMANDS
from reviewbot.commands.options import joined
from reviewbot.commands.usage import OK, USAGE, UsageProblem
from reviewbot.ending import end_in_order
from reviewbot.streams import give_up_output, standard_streams, trouble


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is the result."""
    gc.set_threshold(50_000)  # what is loaded to start with is kept anyway, and looking through it again takes time
    from reviewbot.change.problem import GitProblem, NoRepository
    from reviewbot.settings import SettingsProblem

    if not standard_streams():
        return USAGE
    end_in_order("SIGTERM", "SIGHUP")
    given = joined(sys.argv[1:] if arguments is None else arguments)
    options = _parser(given).parse_args(given)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except NoRepository as problem:
        print(f"reviewbot: {problem}; `reviewbot check` judges files without git", file=sys.stderr)
        return USAGE
    except (GitProblem, SettingsProblem, UsageProblem) as problem:
        print(f"reviewbot: {problem}", file=sys.stderr)
        return USAGE
    except BrokenPipeError:
        sys.stderr.close()
        return OK
    except OSError as problem:
        give_up_output()
        print(f"reviewbot: {trouble(problem)}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("reviewbot: interrupted", file=sys.stderr)
        return 130
    return status


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of these arguments: it knows all commands, and the options of the one that is asked for."""
    parser = argparse.ArgumentParser(
        prog="reviewbot",
        description="Reviews changes that touch Docker: what a change brings in, with fixes that were proven.",
    )
    parser.add_argument("--version", action="version", version=f"reviewbot {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, text in COMMANDS.items():
        description = f"{text[0].upper()}{text[1:]}."
        command = commands.add_parser(name, help=text, description=description, allow_abbrev=False)
        if name in arguments:
            module = importlib.import_module(f"reviewbot.commands.{name}")
            module.add_options(command)
            command.set_defaults(run=module.run)
    return parser
