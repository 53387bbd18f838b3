"""What to write in place of a tag that moves, as far as a registry or the engine has told."""

from __future__ import annotations

from msgspec import Struct

from reviewbot.facts import Facts
from reviewbot.source.reference import ImageReference, parse_reference


class Pin(Struct, frozen=True):
    """What a moving name means at the moment: the exact tag (the same one where none is more exact), and the digest."""

    image: ImageReference
    tag: str
    digest: str

    @property
    def with_digest(self) -> str:
        """Tag and digest: the tag for people, and for the tools that keep digests up to date."""
        return f"{self.image.name}:{self.tag}@{self.digest}"

    @property
    def with_tag(self) -> str | None:
        """The exact tag alone; None where there is no more exact one."""
        return f"{self.image.name}:{self.tag}" if self.tag != (self.image.tag or "latest") else None

    @property
    def evidence(self) -> str:
        name = f"{self.image.familiar_name}:{self.image.tag or 'latest'}"
        return f"{name} is {self.tag + ', ' if self.with_tag else ''}{self.digest[:19]}… at the moment"


def pin_of(reference: str, facts: Facts) -> Pin | None:
    """The pin of an image as a file names it; None where nobody knows its digest."""
    image, digest = parse_reference(reference), facts.digest_of(reference)
    if image is None or digest is None or image.digest is not None:
        return None
    asked = facts.registry.get(reference)
    tag = (asked.version_tag if asked else None) or image.tag or "latest"
    pin = Pin(image, tag, digest)
    return pin if parse_reference(pin.with_digest) is not None else None
