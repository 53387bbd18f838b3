"""Services that run and that nobody asks whether they work."""

from __future__ import annotations

from msgspec import Struct

from reviewbot.facts import Facts
from reviewbot.rules.known_images import Family, checks_itself, family_of
from reviewbot.rules.probe import exposed_ports
from reviewbot.rules.service_image import ServiceImage, image_of
from reviewbot.rules.service_role import (
    as_it_runs,
    awaited_as,
    is_for_tests,
    is_job,
    lacks,
    runs_something_else,
    sounds_like_a_job,
)
from reviewbot.source.compose import Service


class Unasked(Struct, frozen=True):
    """A service without a health check; ``is_known`` tells whether its image is certain to bring none."""

    whole: Service
    image: ServiceImage
    family: Family | None
    is_awaited: bool

    @property
    def is_known(self) -> bool:
        return self.family is not None or self.image.has_healthcheck is False or self.is_awaited


def unasked_service(service: Service, facts: Facts) -> Unasked | None:
    """What is known of a service that nobody asks; None for one that is asked, or need not be."""
    whole = as_it_runs(service, facts)
    if whole is None or not lacks(service, facts, "healthcheck") or is_job(whole, facts):
        return None
    image = image_of(whole, facts)
    is_awaited = "service_healthy" in awaited_as(service, facts)
    if image.config is None and image.stage is None and checks_itself(image.reference):
        return None
    if image.has_healthcheck or (_is_none_of_ours(whole) and not is_awaited):
        return None
    if image.stage is not None and not is_awaited and not (_serves(whole, image) or image.config):
        return None
    return Unasked(whole, image, family_of(image.reference), is_awaited)


def _is_none_of_ours(service: Service) -> bool:
    """Whether it serves tests only, or looks like work that ends: nobody said so, but to ask for more would be wrong."""
    return is_for_tests(service) or sounds_like_a_job(service) or runs_something_else(service)


def _serves(service: Service, image: ServiceImage) -> bool:
    """Whether an image that is built here is there to answer somebody, as far as ports tell."""
    return bool(exposed_ports(image) or service.get("ports") or service.get("expose"))
