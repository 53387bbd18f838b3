"""Which programs an image certainly has, and has not."""

from __future__ import annotations

import pytest

from reviewbot.rules.image_tools import tools_of
from reviewbot.rules.service_image import ServiceImage
from reviewbot.source.dockerfile import parse_dockerfile
from reviewbot.source.reference import parse_reference
from reviewbot.source.text import Text


def tools(content: str):
    dockerfile = parse_dockerfile(Text("Dockerfile", content))
    stage = dockerfile.final_stage
    base = dockerfile.base_image(stage)
    return tools_of(ServiceImage(parse_reference(base) if base else None, None, dockerfile, stage))


@pytest.mark.parametrize(
    ("content", "program", "has"),
    [
        ("FROM alpine:3.20\n", "wget", True),
        ("FROM alpine:3.20\n", "curl", False),
        ("FROM alpine:3.20\nRUN apk add --no-cache curl\n", "curl", True),
        ("FROM alpine:3.20\nRUN apk add --no-cache curl && do && apk del curl\n", "curl", None),
        ("FROM debian:12-slim\n", "curl", False),
        ("FROM debian:12-slim\n", "bash", True),
        ("FROM debian:12-slim\nRUN apt-get update && apt-get install -y netcat-openbsd\n", "nc", True),
        ("FROM debian:12-slim\nRUN ./install-tools.sh curl\n", "curl", None),
        ("FROM debian:12-slim\nCOPY --from=x /usr/bin/curl /usr/bin/curl\n", "curl", None),
        ("FROM debian:12-slim\nCOPY --from=x /usr/local /usr/local\n", "wget", None),
        ("FROM python:3.12-slim\n", "python", True),
        ("FROM python:3.12-slim\n", "curl", False),
        ("FROM python:3.12\n", "curl", True),
        ("FROM node:22-alpine\n", "node", True),
        ("FROM node:22-alpine\n", "curl", False),
        ("FROM gcr.io/distroless/static:nonroot\n", "sh", False),
        ("FROM example.org/base:1\n", "curl", None),
        ("FROM debian:12-slim AS base\nRUN apt-get install -y curl\nFROM base\n", "curl", True),
    ],
)
def test_programs(content, program, has):
    assert tools(content).has(program) is has
