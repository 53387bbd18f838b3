"""What a review asks registries: the images that its files name, with the logins that its settings allow."""

from __future__ import annotations

import time
from collections.abc import Iterable

from reviewbot.facts import Facts
from reviewbot.registry.client import RegistryClient
from reviewbot.registry.lookup import SECONDS, look_up
from reviewbot.registry.model import LookedUp
from reviewbot.registry.references import images_named
from reviewbot.settings import Settings


def ask_registries(paths: Iterable[str], head: Facts, settings: Settings) -> LookedUp:
    """What the registries say of the images that these files name and no digest pins."""
    wanted = [reference for path in sorted(paths) for reference in images_named(path, head)]
    if not wanted:
        return LookedUp()
    client = RegistryClient(frozenset(settings.registries), time.monotonic() + SECONDS)
    return look_up(wanted, client, settings.first_platform or "linux/amd64")
