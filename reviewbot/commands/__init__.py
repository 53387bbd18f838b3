"""The commands of the command line, a module each: it adds its ``options``, and ``run``s."""

from __future__ import annotations

COMMANDS = {
    "review": "judge a change: what it brings in, and what it weighs",
    "check": "judge files as they stand, without git",
    "fix": "apply the proven suggestions to the working tree",
    "image": "say what images weigh and hold: of the engine, or built from Dockerfiles",
    "compare": "say what one image has otherwise than another",
    "measure": "measure a commit's images, and keep that for reviews of what begins there",
    "explain": "print a rule's page",
    "rules": "list the rules",
    "demo": "review the example change that ships with reviewbot",
    "config": "check the configuration file, or print its schema",
    "docs": "write the rules' pages and the schemas into a folder",
    "publish": "publish a review on GitHub, from within a workflow",
    "action": "run as a GitHub Action, from its inputs and event",
}
"""What each does, by its name, which is its module's too. A module is loaded when its command is asked for."""
