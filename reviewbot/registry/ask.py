"""What a review asks registries: the images that its files name, with the logins that its settings allow."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable

from msgspec.structs import replace

from reviewbot.facts import Facts
from reviewbot.finding import Notice
from reviewbot.registry.client import RegistryClient, RegistryProblem
from reviewbot.registry.credentials import Login, LoginProblem, login_of
from reviewbot.registry.lookup import SECONDS, look_up
from reviewbot.registry.model import LookedUp
from reviewbot.registry.references import images_named
from reviewbot.settings import Settings
from reviewbot.source.reference import parse_reference


def ask_registries(paths: Iterable[str], head: Facts, settings: Settings) -> LookedUp:
    """What the registries say of the images that these files name and no digest pins."""
    wanted = [reference for path in sorted(paths) for reference in images_named(path, head)]
    if not wanted:
        return LookedUp()
    logins, notices = _logins(wanted, settings)
    client = RegistryClient(frozenset(settings.registries), time.monotonic() + SECONDS, logins)
    looked_up = look_up(wanted, client, settings.first_platform or "linux/amd64")
    return replace(looked_up, notices=(*notices, *looked_up.notices))


def _logins(wanted: Iterable[str], settings: Settings) -> tuple[dict[str, Login], list[Notice]]:
    """Docker's logins for the registries that the settings allow them for, and that are asked anything."""
    asked = {image.domain for reference in wanted if (image := parse_reference(reference))}
    logins: dict[str, Login] = {}
    notices = []
    for host in settings.registry_logins:
        if host not in asked:
            continue
        try:
            login = login_of(host, os.environ)
        except LoginProblem as problem:
            notices.append(Notice(f"The registry {host} is asked anonymously: {problem}."))
            continue
        if login is None:
            notices.append(Notice(f"The registry {host} is asked anonymously: docker has no login for it here."))
        else:
            logins[host] = login
    return logins, notices


def digest_lookup(settings: Settings) -> Callable[[str], str | None]:
    """Asks what tags are at the moment, each once; None for what no registry may be asked for, or does not say."""
    known: dict[str, str | None] = {}

    def look(reference: str) -> str | None:
        image = parse_reference(reference)
        if not settings.registry or image is None or image.domain not in settings.registries:
            return None
        if reference not in known:
            client = RegistryClient(
                frozenset(settings.registries), time.monotonic() + SECONDS, _logins([reference], settings)[0]
            )
            try:
                known[reference] = client.digest(image.domain, image.path, image.tag or "latest")
            except RegistryProblem:
                known[reference] = None
        return known[reference]

    return look
