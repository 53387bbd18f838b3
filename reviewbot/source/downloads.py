"""Calls of curl and wget: their options, and the URLs they fetch."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from msgspec import Struct

from reviewbot.source.command import Command, ShellWord
from reviewbot.source.instruction import Instruction
from reviewbot.source.options import Options, read_options


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_VALUED = {
    "curl": _words(
        "-o --output -H --header -X --request -d --data --data-raw --data-binary --data-urlencode --json -u --user -A "
        "--user-agent -e --referer -x --proxy -U --proxy-user -b --cookie -c --cookie-jar -m --max-time "
        "--connect-timeout --retry --retry-delay --retry-max-time -w --write-out -C --continue-at -F --form -T "
        "--upload-file --cacert --capath -E --cert --key --pass -K --config --resolve --connect-to --output-dir --proto "
        "--proto-redir --proto-default --tls-max --ciphers --limit-rate -r --range -z --time-cond -Y --speed-limit -y "
        "--speed-time --max-redirs --max-filesize --noproxy --interface --dns-servers --oauth2-bearer --etag-save "
        "--etag-compare --stderr --trace -D --dump-header -t --telnet-option -Q --quote --unix-socket --url"
    ),
    "wget": _words(
        "-O --output-document -o --output-file -a --append-output -P --directory-prefix -t --tries -T --timeout "
        "--connect-timeout --read-timeout --dns-timeout -U --user-agent --header --user --password --http-user "
        "--http-password --post-data --post-file --method --body-data -e --execute -i --input-file -B --base -A "
        "--accept -R --reject -D --domains -I -X -Q --quota -w --wait --waitretry -l --level --limit-rate "
        "--max-redirect --progress --secure-protocol --ca-certificate --ca-directory --certificate --private-key "
        "--referer --load-cookies --save-cookies --compression --cut-dirs --default-page"
    ),
}

_CHECKS = _words(
    "sha1sum sha224sum sha256sum sha384sum sha512sum shasum md5sum b2sum b3sum gpg gpgv gpg2 cosign minisign signify "
    "sha256 sha512 rhash openssl slsa-verifier"
)
_INTERNAL = re.compile(r"(?:^|\.)(?:localhost|local|internal|intranet|corp|lan|home|localdomain|docker|test|svc)$")


class Download(Struct, frozen=True):
    """One call of curl or wget."""

    command: Command
    options: Options
    urls: tuple[ShellWord, ...]

    @property
    def program(self) -> str:
        return self.command.program or ""


def downloads_in(commands: Iterable[Command]) -> Iterator[Download]:
    """The calls of curl and wget among these commands."""
    for command in commands:
        valued = _VALUED.get(command.program or "")
        if valued is not None:
            options, operands = read_options(command.arguments, valued)
            named = [word for option in options.named("--url") for word in option.words[1:]]
            yield Download(command, options, (*operands, *named))


def is_verified(instruction: Instruction) -> bool:
    """Whether something in a RUN compares what it fetched with a checksum or a signature."""
    for command in instruction.commands:
        if command.program in ("rpm", "rpmkeys") and command.has_flag("-K", "--checksig"):
            return True
        if command.program in _CHECKS:
            is_key = command.program in ("gpg", "gpg2") and not command.has_flag("--verify", "--verify-files")
            is_plain_openssl = command.program == "openssl" and command.subcommand not in ("dgst", "sha256", "sha512")
            if not is_key and not is_plain_openssl:
                return True
    return False


def without_scheme(url: str) -> str:
    """A URL as the name of what it fetches, whichever way it is fetched."""
    return url.partition("://")[2] or url


def host_of(url: str) -> str:
    """The host a URL names, in lower case; empty where none can be made out."""
    try:
        return (urlsplit(url if "://" in url else f"//{url}").hostname or "").lower()
    except ValueError:
        return ""


def is_public_host(host: str) -> bool:
    """Whether a host can be one of the internet: no variable, no name of a local network, no private address."""
    if not host or "$" in host or "{" in host or "." not in host or _INTERNAL.search(host):
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return True
