"""Certificates that are not verified."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.run_edits import without, without_option
from reviewbot.source.command import Command, ShellWord
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.downloads import Download, downloads_in, host_of, is_public_host, without_scheme
from reviewbot.source.package_command import PackageCommand
from reviewbot.source.package_managers import APT, DNF, NPM, PIP, PNPM, UV, YARN
from reviewbot.source.text import Span

_VARIABLES = {
    "GIT_SSL_NO_VERIFY": re.compile(r"(?!0$|false$|no$).+", re.IGNORECASE),
    "NODE_TLS_REJECT_UNAUTHORIZED": re.compile("0$"),
    "PYTHONHTTPSVERIFY": re.compile("0$"),
    "NPM_CONFIG_STRICT_SSL": re.compile("false$", re.IGNORECASE),
    "YARN_STRICT_SSL": re.compile("false$", re.IGNORECASE),
    "YARN_ENABLE_STRICT_SSL": re.compile("false$|0$", re.IGNORECASE),
    "PIP_TRUSTED_HOST": re.compile("."),
    "UV_INSECURE_HOST": re.compile("."),
    "CONDA_SSL_VERIFY": re.compile("false$|0$", re.IGNORECASE),
    "BUNDLE_SSL_VERIFY_MODE": re.compile("0$"),
    "PERL_LWP_SSL_VERIFY_HOSTNAME": re.compile("0$"),
    "GOINSECURE": re.compile("."),
}
"""Environment variables that switch verification off, and the values that do."""

_PYPI = ("pypi.org", "files.pythonhosted.org", "pypi.python.org")
_DOWNLOAD_FLAGS = {"curl": ("-k", "--insecure", "--proxy-insecure"), "wget": ("--no-check-certificate",)}
_OFF = ("false", "0", "off", "no")
_UNVERIFIED = re.compile(r"(?:.*\.)?sslverify=(?:0|false|no)")
_SETTING = re.compile(r"^\s*(?:check_certificate\s*=\s*off|sslverify\s*=\s*(?:0|false|no))\s*$", re.IGNORECASE | re.M)


@rule(
    "insecure-tls",
    title="Verify the certificates of what you download from",
    category=Category.SECURITY,
    severity=Severity.ERROR,
    aliases=(
        "CKV2_DOCKER_2", "CKV2_DOCKER_3", "CKV2_DOCKER_4", "CKV2_DOCKER_5", "CKV2_DOCKER_6", "CKV2_DOCKER_12",
        "CKV2_DOCKER_13", "CKV2_DOCKER_14", "CKV2_DOCKER_15", "CKV2_DOCKER_16",
    ),
    fixable=True,
)  # fmt: skip
def insecure_tls(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""Without verification anybody on the way between the build and the server can put something else into the image,
    and nothing in the build would show it. A missing root certificate is the usual reason: install `ca-certificates`,
    or add the certificate of your own authority.

    Fine against the machine itself (`localhost`).

    Bad:
        FROM debian:12.5-slim
        RUN curl -fsSLk https://example.org/tool.tar.gz | tar -xz  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN curl -fsSL https://example.org/tool.tar.gz | tar -xz
    Bad:
        FROM debian:12.5-slim
        RUN wget --no-check-certificate https://example.org/a.tar.gz \  # <- finding
          && pip install \
            --trusted-host pypi.org \  # <- finding
            flask
    Good:
        FROM debian:12.5-slim
        RUN wget https://example.org/a.tar.gz \
          && pip install \
            flask
    Bad (left to the builds of children):
        FROM debian:12.5-slim
        ONBUILD RUN wget --no-check-certificate https://example.org/a.tar.gz  # <- finding
    Good:
        FROM debian:12.5-slim
        ONBUILD RUN wget https://example.org/a.tar.gz
    Bad (variables):
        FROM node:20.11.1-slim
        ENV NODE_ENV=production NODE_TLS_REJECT_UNAUTHORIZED=0  # <- finding
        ENV GIT_SSL_NO_VERIFY=true  # <- finding
        RUN npm ci
    Good:
        FROM node:20.11.1-slim
        ENV NODE_ENV=production
        RUN npm ci
    Bad (settings: what they are needed for does not show, so there is only advice):
        FROM node:20.11.1-slim
        RUN npm config set strict-ssl false  # <- finding
        RUN git config --global http.sslVerify false  # <- finding
        RUN git -c http.sslVerify=false clone https://example.org/a.git  # <- finding
        RUN export PYTHONHTTPSVERIFY=0; pip install flask  # <- finding
    Bad (a server of one's own: its certificate has to be known first):
        FROM debian:12.5-slim
        RUN curl --insecure https://artifacts.corp/tool -o /usr/bin/tool  # <- finding
    Also good:
        FROM debian:12.5-slim
        ENV GIT_SSL_NO_VERIFY=false NODE_TLS_REJECT_UNAUTHORIZED=1
        ARG PIP_TRUSTED_HOST
        RUN curl -fsSL https://example.org/a -okeep && curl -H 'X: -k' --data -k https://example.org
    Also good (the machine itself):
        FROM debian:12.5-slim
        RUN ./start & curl -fk https://localhost:8443/health && curl -k https://127.0.0.1/
    Also good (a setting of the tool, taken back):
        FROM node:20.11.1-slim
        RUN npm config set strict-ssl true
        RUN git config --global http.sslVerify true
    Bad (kept in yum's configuration):
        FROM rockylinux:9
        RUN yum-config-manager --save --setopt=sslverify=0  # <- finding
    """
    for stage in dockerfile.stages:
        for instruction in stage.with_triggers("ENV", "ARG", "RUN"):
            if instruction.keyword == "RUN":
                yield from _run(dockerfile, stage, instruction)
            else:
                yield from _declared(dockerfile, stage, instruction)


def _problem(stage: Stage, at: Span, flag: str, what: str, edit: Edit | None, advice: str = "") -> Problem:
    return Problem(
        at=at,
        message=f"{code(flag)} switches the verification of certificates off",
        subject=f"{stage.label} {flag.split('=')[0]} {what}".strip(),
        why="Whoever sits between the build and the server can answer in the server's name; what comes back ends up "
        "in the image.",
        advice=advice
        or "Drop it; where a certificate is missing, install `ca-certificates`, or add your authority's own.",
        edits=[edit] if edit else [],
    )


def _declared(dockerfile: Dockerfile, stage: Stage, instruction: Instruction) -> Iterator[Problem]:
    for assignment in instruction.assignments:
        value = dockerfile.expand(assignment.value or "", instruction)
        if not _is_insecure(assignment.name, value):
            continue
        edit = None
        if assignment.name != "PIP_TRUSTED_HOST" or value in _PYPI:
            alone = len(instruction.assignments) == 1
            edit = (
                Edit(dockerfile.path, dockerfile.text.lines_span(instruction.line, instruction.end_line), "")
                if alone
                else without(dockerfile, assignment.span)
            )
        yield _problem(stage, assignment.span, f"{assignment.name}={value}", "", edit)


def _is_insecure(name: str, value: str | None) -> bool:
    pattern = _VARIABLES.get(name.upper() if name.lower().startswith(("npm_", "yarn_")) else name)
    return pattern is not None and value is not None and pattern.match(value) is not None


def _run(dockerfile: Dockerfile, stage: Stage, instruction: Instruction) -> Iterator[Problem]:
    for command in instruction.commands:
        exported = command.arguments if command.program == "export" else ()
        pairs = [(name, value, span) for name, value, span in command.assignments]
        pairs += [(*word.value.partition("=")[::2], word.span) for word in exported if word.is_literal]
        for name, value, span in pairs:
            if _is_insecure(name, value) and "$" not in value:
                yield _problem(stage, span, f"{name}={value}", "", None)
        written = next((w for w in _settings_written(command)), None)
        if written is not None:
            yield _problem(stage, written.span, written.value.strip(), "", None)
        told = _told(command)
        if told is not None:
            yield _problem(stage, told.span, f"{command.program} {told.value}", "", None)
    for download in downloads_in(instruction.commands):
        yield from _download(dockerfile, stage, download)
    for call in instruction.package_commands:
        yield from _package_manager(dockerfile, stage, call)


def _download(dockerfile: Dockerfile, stage: Stage, download: Download) -> Iterator[Problem]:
    option = next(download.options.named(*_DOWNLOAD_FLAGS[download.program]), None)
    hosts = [host_of(url.value) for url in download.urls]
    if option is None or (hosts and all(_is_local(host) for host in hosts)):
        return
    public = bool(hosts) and all(is_public_host(host) for host in hosts)
    edit = without_option(dockerfile, option) if public else None
    what = without_scheme(download.urls[0].value) if download.urls else ""
    yield _problem(stage, option.words[0].span, f"{download.program} {option.name}", what, edit)


def _is_local(host: str) -> bool:
    return host in ("localhost", "::1", "0.0.0.0") or host.startswith("127.")  # noqa: S104 - a name, not a bind


def _package_manager(dockerfile: Dockerfile, stage: Stage, call: PackageCommand) -> Iterator[Problem]:
    for option in call.options.all:
        value = (option.value or "").lower()
        match call.manager, option.name:
            case (m, "--trusted-host" | "--allow-insecure-host") if m in (PIP, UV):
                edit = without_option(dockerfile, option) if value in _PYPI else None
                yield _problem(stage, option.words[0].span, f"{option.name} {option.value}", "", edit)
            case (m, "--strict-ssl" | "--no-strict-ssl") if m in (NPM, YARN, PNPM):
                if value in _OFF or option.name == "--no-strict-ssl":
                    yield _problem(stage, option.words[0].span, option.name, "", without_option(dockerfile, option))
            case (m, "--setopt") if m is DNF:
                if _UNVERIFIED.fullmatch(value):
                    yield _problem(stage, option.words[0].span, value, "", without_option(dockerfile, option))
            case (m, "-o" | "--option") if m is APT:
                if re.fullmatch(r"acquire::https(?:::.*)?::verify-(?:peer|host)=(?:0|false|no)", value):
                    yield _problem(stage, option.words[0].span, value, "", without_option(dockerfile, option))


def _settings_written(command: Command) -> Iterator[ShellWord]:
    """Lines of configuration files that echo or printf write: of wget, of yum."""
    if command.program in ("echo", "printf"):
        yield from (word for word in command.arguments if _SETTING.match(word.value.replace("\\n", "\n")))


_TELLERS = frozenset(
    {"git", "npm", "yarn", "pnpm", "pip", "pip3", "conda", "mamba", "micromamba", "bundle", "composer"}
    | {"yum-config-manager"}
)


def _told(command: Command) -> ShellWord | None:
    """The setting by which a tool's own command switches verification off."""
    if command.program not in _TELLERS:
        return None
    words = command.arguments
    values = [word.value.lower() for word in words]
    for position, value in enumerate(values):
        following = values[position + 1] if position + 1 < len(values) else ""
        match command.program, value.partition("=")[0]:
            case ("git", "http.sslverify") if value.partition("=")[2] in _OFF or following in _OFF:
                return words[position]
            case (("npm" | "yarn" | "pnpm"), "strict-ssl") if value.partition("=")[2] in _OFF or following in _OFF:
                return words[position] if "set" in values else None
            case (("pip" | "pip3"), "global.trusted-host" | "install.trusted-host") if "set" in values:
                return words[position]
            case (("conda" | "mamba" | "micromamba"), "ssl_verify") if following in _OFF:
                return words[position]
            case ("yum-config-manager", "--setopt") if _UNVERIFIED.fullmatch(value.partition("=")[2] or following):
                return words[position]
            case ("bundle", "ssl_verify_mode") if following == "0":
                return words[position]
            case ("composer", "disable-tls") if following == "true":
                return words[position]
    return None
