"""Base images that get no fixes any more."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.end_of_life import end_of_life, table_date
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.reference import parse_reference


@rule(
    "end-of-life-base",
    title="Build on a release that still gets security fixes",
    category=Category.SECURITY,
    severity=Severity.WARNING,
)
def end_of_life_base(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """When a release has reached its end of life nobody fixes its holes; its package mirrors are moved away or closed, and
    one day the build fails. The dates come from a table that ships with reviewbot: those of endoflife.date, of the day that
    the finding names; Debian counts until the end of its long-term support.

    Fine where somebody sells the fixes (extended support), and for images that are there to test old releases.

    Bad:
        FROM node:14.21.3-alpine AS build  # <- finding
        RUN npm ci
        FROM debian:buster-slim  # <- finding
        COPY --from=build /app /app
        CMD ["/app"]
    Bad (the distribution in a tag, and images that were given up):
        FROM python:3.12.2-slim-buster  # <- finding
        FROM openjdk:17-jdk-slim  # <- finding
        FROM centos  # <- finding
        FROM mcr.microsoft.com/dotnet/sdk:6.0  # <- finding
        FROM golang:1.19-alpine3.18  # <- finding
        FROM ubuntu:10.04  # <- finding
    Good:
        FROM node:24.11.0-alpine AS build
        RUN npm ci
        FROM debian:13.1-slim
        COPY --from=build /app /app
        CMD ["/app"]
    Also good:
        ARG TAG
        FROM debian:12.5-slim
        FROM node:24.1.0
        FROM node:lts
        FROM python:3.14.0-slim-trixie
        FROM python:${TAG}
        FROM debian:stable-slim
        FROM ubuntu:24.04
        FROM golang:1.27.0-alpine3.23
        FROM scratch
        FROM postgres:17.2
        FROM mcr.microsoft.com/dotnet/aspnet:10.0
        FROM alpine:3.22.1
        FROM alpine:20240807
    Also good (somebody else's image, and their numbers):
        FROM example.org/node:14
        FROM bitnami/postgresql:11
        FROM company/debian:9
    """
    shipped = {stage.index for stage in dockerfile.shipped_stages}
    for stage in dockerfile.stages:
        if stage.parent is not None:
            continue
        reference = dockerfile.base_image(stage)
        image = parse_reference(reference) if reference and reference != "scratch" else None
        over = end_of_life(image, facts.today) if image else None
        if over is None or image is None:
            continue
        since = f"since {over.since}" if over.since else "for years"
        yield Problem(
            at=stage.base_span,
            message=f"{code(over.release)} gets no security fixes any more",
            subject=f"{stage.index} {image.familiar_name}",
            why=f"It has been at its end of life {since}.",
            advice=f"Move to {code(over.instead)}." if " " not in over.instead else f"Take {over.instead}.",
            evidence=f"By the dates of endoflife.date, as of {table_date()}.",
            severity=None if stage.index in shipped else Severity.INFO,
        )
