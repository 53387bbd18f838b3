"""Calls of package managers, however they are written."""

from __future__ import annotations

import pytest

from reviewbot.source.dockerfile import parse_dockerfile
from reviewbot.source.package_managers import MANAGERS, OF_THE_SYSTEM, Action, manager_called
from reviewbot.source.text import Text


def calls(script: str):
    dockerfile = parse_dockerfile(Text("Dockerfile", f"FROM debian\nRUN {script}\n"))
    return dockerfile.final_stage.instructions[0].package_commands


@pytest.mark.parametrize(
    ("script", "manager", "action", "verb", "packages"),
    [
        ("apt-get -o Acquire::Retries=3 -qq install -y jq", "apt", Action.INSTALL, "install", ["jq"]),
        ("apt-get install -t bookworm-backports git -y", "apt", Action.INSTALL, "install", ["git"]),
        ("sudo apt update", "apt", Action.REFRESH, "update", []),
        ("apk --update add -t .build gcc", "apk", Action.INSTALL, "add", ["gcc"]),
        ("apk add --virtual=.build gcc musl-dev", "apk", Action.INSTALL, "add", ["gcc", "musl-dev"]),
        ("dnf -y --setopt=tsflags=nodocs --enablerepo crb install jq", "dnf", Action.INSTALL, "install", ["jq"]),
        ("microdnf module enable nodejs:20", "dnf", Action.INSTALL, "module enable", ["nodejs:20"]),
        ("zypper -n in -y jq", "zypper", Action.INSTALL, "in", ["jq"]),
        ("python3 -m pip --quiet install flask", "pip", Action.INSTALL, "install", ["flask"]),
        ("/opt/venv/bin/pip3.12 install -qr requirements.txt flask", "pip", Action.INSTALL, "install", ["flask"]),
        ("uv pip install flask", "uv", Action.INSTALL, "pip install", ["flask"]),
        ("npm --prefix client ci", "npm", Action.RESTORE, "ci", []),
        ("yarn --frozen-lockfile", "yarn", Action.RESTORE, "", []),
        ("yarn global add serve", "yarn", Action.INSTALL, "global add", ["serve"]),
        ("yarn --version", "yarn", Action.OTHER, "", []),
        ("yarn build", "yarn", Action.OTHER, "build", []),
        ("npm cache clean --force", "npm", Action.CLEAN, "cache clean", []),
        ("go build -ldflags '-s -w' -o /app ./cmd", "go", Action.RESTORE, "build", ["./cmd"]),
        ("conda env create -f environment.yml", "conda", Action.RESTORE, "env create", []),
        ("env A=b sh -c 'apt-get install jq'", "apt", Action.INSTALL, "install", ["jq"]),
        ("if true; then (apt-get purge -y -- gcc); fi", "apt", Action.REMOVE, "purge", ["gcc"]),
    ],
)
def test_a_call_says_what_it_does(script, manager, action, verb, packages):
    (call,) = calls(script)
    assert (call.manager.name, call.action, call.verb) == (manager, action, verb)
    assert [word.value for word in call.packages] == packages


@pytest.mark.parametrize(
    "script",
    [
        "echo apt-get install jq",
        "python3 -m http.server",
        "python3 manage.py -m pip",
        "pip-compile x",
        "ls /usr/bin/npm",
    ],
)
def test_what_only_looks_like_one_is_none(script):
    assert calls(script) == ()


def test_options_are_told_apart_in_any_place_and_cluster():
    (call,) = calls("apt-get -yq -o=Dpkg::Use-Pty=0 install --no-install-recommends -oA::B=1 jq -q=2")
    assert call.has("-y") and call.has("--no-install-recommends")
    assert call.values("-o") == ("Dpkg::Use-Pty=0", "A::B=1")
    assert call.options.count("-q") == 2


def test_a_value_is_never_taken_for_an_option_or_a_package():
    (call,) = calls("pip install -c -r -i https://example.org/simple flask")
    assert [word.value for word in call.packages] == ["flask"]
    assert call.values("-c") == ("-r",)


@pytest.mark.parametrize(
    "script", ["yes | apt-get install jq", "echo y | apt-get install jq", "printf 'y\\n' | dnf install jq"]
)
def test_an_answer_may_come_by_a_pipe(script):
    assert calls(script)[0].is_answered


def test_an_answer_to_another_command_is_none():
    assert not calls("yes | head -n 1; apt-get install jq")[0].is_answered


def test_a_flag_goes_behind_the_verb():
    dockerfile = parse_dockerfile(Text("Dockerfile", "FROM node\nRUN yarn --silent global add serve && yarn\n"))
    verb, alone = dockerfile.final_stage.instructions[0].package_commands
    content = dockerfile.text.content
    assert content[: verb.flag_offset].endswith("global add")
    assert content[: alone.flag_offset].endswith("&& yarn")


def test_the_stage_of_another_shell_has_no_calls():
    text = 'FROM mcr.microsoft.com/windows/servercore:ltsc2022\nSHELL ["powershell", "-Command"]\nRUN npm install x\n'
    dockerfile = parse_dockerfile(Text("Dockerfile", text))
    assert dockerfile.final_stage.instructions[-1].package_commands == ()


def test_every_program_belongs_to_one_manager():
    programs = [program for manager in MANAGERS for program in manager.programs]
    assert len(programs) == len(set(programs))
    assert all(manager_called(program) is manager for manager in MANAGERS for program in manager.programs)
    assert {manager.name for manager in OF_THE_SYSTEM} == {"apt", "apk", "dnf", "zypper"}
