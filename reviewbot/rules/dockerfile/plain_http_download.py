"""Downloads without TLS."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.command import ShellWord
from reviewbot.source.dockerfile import Dockerfile, Instruction, Word
from reviewbot.source.downloads import downloads_in, host_of, is_public_host, is_verified, without_scheme
from reviewbot.source.package_managers import APK, APT, DNF, NPM, PIP, PNPM, UV, YARN
from reviewbot.source.text import Span

_HTTPS_HOSTS = (
    "alpinelinux.org", "apache.org", "archive.org", "bitbucket.org", "boost.org", "cloudfront.net", "cmake.org",
    "cpan.org", "deb.debian.org", "docker.com", "eclipse.org", "fedoraproject.org", "freedesktop.org", "gcr.io",
    "github.com", "githubusercontent.com", "gitlab.com", "gnu.org", "golang.org", "google.com", "googleapis.com",
    "haproxy.org", "hashicorp.com", "imagemagick.org", "jenkins.io", "kernel.org", "llvm.org", "mariadb.org",
    "maven.org", "microsoft.com", "mozilla.org", "mysql.com", "nginx.org", "nodejs.org", "nongnu.org", "npmjs.org",
    "npmmirror.com", "openssl.org", "oracle.com", "osuosl.org", "perl.org", "php.net", "postgresql.org", "pypi.org",
    "python.org", "pythonhosted.org", "quay.io", "r-project.org", "redis.io", "ruby-lang.org", "rubygems.org",
    "rust-lang.org", "security.debian.org", "snapshot.debian.org", "sourceforge.net", "sqlite.org",
    "tuna.tsinghua.edu.cn", "ustc.edu.cn", "vault.centos.org", "videolan.org", "zlib.net",
)  # fmt: skip
"""Domains that are known to answer with TLS: there an edit can be offered."""

_INDEX_OPTIONS = ("-i", "--index-url", "--extra-index-url", "--registry", "-f", "--find-links", "--default-index")
_HTTP = re.compile(r"http://", re.IGNORECASE)


@rule(
    "plain-http-download",
    title="Download over HTTPS",
    category=Category.SECURITY,
    severity=Severity.WARNING,
    fixable=True,
)
def plain_http_download(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""What comes over plain HTTP can be replaced by anybody on the way, and ends up in the image.

    Fine where the same `RUN` compares the file with a checksum or a signature, within one's own network, and for
    the repositories of Debian and Ubuntu, whose indexes are signed.

    Bad:
        FROM debian:12.5-slim
        RUN curl -fsSL http://nodejs.org/dist/v20.11.1/node.tar.gz | tar -xz  # <- finding
        ADD http://archive.apache.org/dist/maven/maven-3.9.tar.gz /opt/  # <- finding
        RUN git clone http://github.com/moby/buildkit.git  # <- finding
        RUN pip install --no-cache-dir -i http://pypi.org/simple flask  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN curl -fsSL https://nodejs.org/dist/v20.11.1/node.tar.gz | tar -xz
        ADD https://archive.apache.org/dist/maven/maven-3.9.tar.gz /opt/
        RUN git clone https://github.com/moby/buildkit.git
        RUN pip install --no-cache-dir -i https://pypi.org/simple flask
    Bad (whether that server has TLS is not known):
        FROM debian:12.5-slim
        RUN wget http://downloads.example.org/tool.tar.gz  # <- finding
        RUN wget http://archive.ubuntu.com/ubuntu/pool/main/j/jq/jq.deb  # <- finding
        RUN rpm --import http://repos.example.org/key.asc  # <- finding
    Also good (compared with a checksum, or a signature):
        FROM debian:12.5-slim
        RUN wget http://downloads.example.org/a.tgz && echo "0123  a.tgz" | sha256sum -c -
        RUN wget http://downloads.example.org/a.tgz{,.asc} && gpg --batch --verify a.tgz.asc a.tgz
        ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d http://example.org/a /a
    Also good (one's own network, the machine itself, a proxy, a host that only the build knows):
        FROM debian:12.5-slim
        ARG MIRROR=http://mirror.corp
        RUN curl -f http://localhost:8080/health && curl -f http://artifacts.internal/a -o /a
        RUN curl -x http://proxy.example.org:3128 https://example.org/a -o /a && wget ${MIRROR}/b
        RUN curl http://10.0.0.7/c -o /c
    Also good (signed by themselves):
        FROM debian:12.5-slim
        RUN echo "deb http://deb.debian.org/debian bookworm-backports main" > /etc/apt/sources.list.d/b.list
    """
    for stage in dockerfile.stages:
        for instruction in stage.with_triggers("RUN", "ADD"):
            if instruction.flag("checksum"):
                continue
            for word in _fetched(instruction):
                host = host_of(word.value)
                if not _HTTP.match(word.value) or not is_public_host(host):
                    continue
                known = any(host == domain or host.endswith(f".{domain}") for domain in _HTTPS_HOSTS)
                at = word.raw.lower().find("http://")
                scheme = Span(word.span.start + at, word.span.start + at + 4)
                can_edit = known and at >= 0 and dockerfile.text[scheme].lower() == "http"
                yield Problem(
                    at=word.span,
                    message=f"{code(word.value)} is fetched without TLS",
                    subject=f"{stage.label} {without_scheme(word.value)}",
                    why="Anybody between the build and the server can put something else into the image.",
                    advice=f"Use HTTPS, if {code(host)} offers it; else compare the file with a checksum in the same step.",
                    edits=[Edit(dockerfile.path, scheme, "https")] if can_edit else [],
                )


def _fetched(instruction: Instruction) -> Iterator[ShellWord | Word]:
    """The URLs an instruction fetches unseen."""
    if instruction.keyword == "ADD":
        yield from instruction.sources
        return
    if is_verified(instruction):
        return
    for download in downloads_in(instruction.commands):
        if not download.options.has("-I", "--head", "--spider"):
            yield from download.urls
    for command in instruction.commands:
        if command.program == "git" and command.subcommand == "clone":
            yield from command.operands[1:]
        elif command.program in ("rpm", "apt-key", "yum-config-manager"):
            yield from command.operands
    for call in instruction.package_commands:
        for option in call.options.named(*_INDEX_OPTIONS):
            if call.manager in (PIP, UV, NPM, YARN, PNPM) and len(option.words) == 2:
                yield option.words[1]
        if call.manager in (DNF, APK, APT) and call.verb in ("install", "localinstall", "add"):
            yield from call.packages
