"""Tags that are moved to newer releases."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.context.built_here import is_built_here
from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.registry.tags import is_moving
from reviewbot.rules.end_of_life import end_of_life
from reviewbot.rules.pinning import pin_of
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.reference import parse_reference


@rule(
    "moving-tag",
    title="Name an exact version, not a series",
    category=Category.REPRODUCIBILITY,
    severity=Severity.INFO,
    fixable=True,
    depends_on_facts=True,
)
def moving_tag(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """`node:24`, `stable`, `lts` and `edge` are moved with every release of the series: the same commit builds another image
    next month, and nobody saw the change in a review. An exact version (`node:24.11.1`) changes when somebody changes it;
    Dependabot and Renovate propose the next one.

    Fine where the newest patches are wanted without a review, and for a digest behind the tag. `latest` and no tag at all are
    the rule `pin-base-image`.

    Bad:
        FROM node:24-alpine  # <- finding
        CMD ["node", "server.js"]
        --- registry node:24-alpine
        {tag: 24-alpine, digest: "sha256:6af79ae5de407283dcea8b00d5c37ace95441fd58a8b1d2aa1ed93f5511bb18c",
         version_tag: 24.11.1-alpine}
    Good (the version that the tag means today):
        --- Dockerfile
        FROM node:24.11.1-alpine
        CMD ["node", "server.js"]
    Bad (the registry was not asked):
        FROM debian:stable-slim  # <- finding
    Bad (a variant, of whatever version is the latest):
        FROM golang:alpine AS build  # <- finding
        FROM python:slim-bookworm  # <- finding
    Also good:
        FROM node:24.11.1-alpine AS build
        FROM debian:bookworm-slim
        FROM ubuntu:24.04
        FROM example.org/nightly:20240101
    Also good (a digest cannot move):
        FROM node:20@sha256:6af79ae5de407283dcea8b00d5c37ace95441fd58a8b1d2aa1ed93f5511bb18c
    Also good (nothing moves it any more: what it lacks is `end-of-life-base`'s to say):
        FROM centos:7
    Also good (it is built here):
        FROM php-base:dev
    Also good (whoever builds decides):
        ARG NODE=20
        FROM node:${NODE}
    """
    for stage in dockerfile.stages:
        image = parse_reference(stage.base) if stage.parent is None else None
        if image is None or image.digest or image.tag in (None, "latest") or not is_moving(image.tag or ""):
            continue
        if is_built_here(image, facts) or end_of_life(image, facts.today):
            continue
        pin = pin_of(stage.base, facts)
        exact = pin.with_tag if pin else None
        yield Problem(
            at=stage.base_span,
            message=f"{code(stage.base)} is moved with every release",
            subject=image.familiar_name,
            why="The same commit builds from another base after the next release, without anybody having looked at it.",
            advice="Name the exact version that you build with today, and let a bot propose the next one.",
            evidence=pin.evidence if pin else None,
            edits=[Edit(dockerfile.path, stage.base_span, exact)] if exact else [],
        )
