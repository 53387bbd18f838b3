#!/usr/bin/env python3
"""Write the table of releases that get no security fixes any more: reviewbot/rules/end_of_life.json.

The dates are those of endoflife.date (MIT licence), asked over its API, or read from the folder `products` of a checkout
of its repository:

    tools/end_of_life.py
    tools/end_of_life.py --products endoflife.date/products --as-of 2026-08-22

Only facts are taken over: versions, code names and dates.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import requests
from ruamel.yaml import YAML

TABLE = Path(__file__).resolve().parents[1] / "reviewbot" / "rules" / "end_of_life.json"
API = "https://endoflife.date/api/{product}.json"
NAMES = {"cycle": "releaseCycle", "extendedSupport": "eoes"}
"""Fields of the API by their names in the repository."""

Release = Mapping[str, Any]


@dataclass(frozen=True)
class Source:
    """Where the dates of an image are, and how its tags are written.

    ``tag`` makes a tag of a version; ``until`` is the field with the last day on which everybody gets fixes: Debian's
    long-term support is free of charge, that of others is sold. ``instead`` is what to take where that is not simply the
    release that is supported the longest; ``always`` the day on which the whole image was given up.
    """

    product: str | None
    tag: str = "{}"
    until: str = "eol"
    instead: str | None = None
    always: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)


IMAGES = {
    "debian": Source("debian", "{}-slim", until="eoes"),
    "ubuntu": Source("ubuntu"),
    "alpine": Source("alpine-linux"),
    "fedora": Source("fedora"),
    "almalinux": Source("almalinux"),
    "rockylinux": Source("rocky-linux"),
    "oraclelinux": Source("oracle-linux"),
    "opensuse/leap": Source("opensuse"),
    "amazonlinux": Source("amazon-linux", names={"1": "2018.03"}),
    "node": Source("nodejs", "{}-slim"),
    "python": Source("python", "{}-slim"),
    "golang": Source("go"),
    "php": Source("php"),
    "ruby": Source("ruby", "{}-slim"),
    "perl": Source("perl", "{}-slim"),
    "elixir": Source("elixir", "{}-slim"),
    "erlang": Source("erlang", "{}-slim"),
    "eclipse-temurin": Source("eclipse-temurin", "{}-jre"),
    "amazoncorretto": Source("amazon-corretto"),
    "mcr.microsoft.com/dotnet": Source("dotnet", "{}.0"),
    "postgres": Source("postgresql"),
    "mysql": Source("mysql"),
    "mariadb": Source("mariadb"),
    "mongo": Source("mongodb", instead="8.0"),
    "redis": Source("redis"),
    "valkey/valkey": Source("valkey"),
    "cassandra": Source("apache-cassandra"),
    "couchdb": Source("apache-couchdb"),
    "memcached": Source("memcached"),
    "elasticsearch": Source("elasticsearch"),
    "kibana": Source("kibana"),
    "logstash": Source("logstash"),
    "rabbitmq": Source("rabbitmq"),
    "nginx": Source("nginx", instead="1.30"),
    "httpd": Source("apache-http-server"),
    "haproxy": Source("haproxy"),
    "traefik": Source("traefik"),
    "tomcat": Source("tomcat"),
    "drupal": Source("drupal", instead="11"),
    "nextcloud": Source("nextcloud"),
    "centos": Source("centos", instead="quay.io/centos/centos:stream10", always="2024-06-30"),
    "openjdk": Source(None, instead="eclipse-temurin:21-jre", always="2022-07-31"),
    "java": Source(None, instead="eclipse-temurin:21-jre", always="2017-01-01"),
    "mcr.microsoft.com/dotnet/core": Source(None, instead="mcr.microsoft.com/dotnet/aspnet:10.0", always="2022-12-13"),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=Path, help="a folder of the products' files, in place of the API")
    parser.add_argument("--as-of", default=date.today().isoformat(), help="the day as of which the dates are right")
    options = parser.parse_args()
    releases = from_folder(options.products) if options.products else from_api
    table = {
        "source": "endoflife.date, by tools/end_of_life.py",
        "as_of": options.as_of,
        "images": {
            image: entry(releases(source.product) if source.product else [], source, options.as_of)
            for image, source in IMAGES.items()
        },
    }
    TABLE.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{sum(len(each['ends']) for each in table['images'].values())} releases of {len(table['images'])} images")
    return 0


def from_api(product: str) -> list[Release]:
    answer = requests.get(API.format(product=product), timeout=30)
    answer.raise_for_status()
    return [{NAMES.get(name, name): value for name, value in release.items()} for release in answer.json()]


def from_folder(folder: Path) -> Callable[[str], list[Release]]:
    def read(product: str) -> list[Release]:
        front = (folder / f"{product}.md").read_text(encoding="utf-8").split("\n---", 1)[0].removeprefix("---")
        found: list[Release] = YAML(typ="safe", pure=True).load(front)["releases"]
        return found

    return read


def entry(releases: list[Release], source: Source, today: str) -> dict[str, Any]:
    """An image's releases: when each ends, which code names they have, and the one to take instead of one that is over.

    ``series`` are tags such as ``2`` for all releases 2.x, where the next series has begun.
    """
    ends: dict[str, str] = {}
    names = dict(source.names)
    endless = set()
    for release in releases:
        version = str(release["releaseCycle"])
        end = release.get(source.until, release["eol"])
        if not numbers(version):
            continue
        if end is False:
            endless.add(numbers(version)[0])
        else:
            ends[version] = "" if end is True else str(end)
        if codename := release.get("codename"):
            names[str(codename).split()[0].lower()] = version
    newest = max((numbers(version)[0] for version in ends), default=0)
    newest = max(newest, *endless) if endless else newest
    series: dict[str, str] = {}
    for version, end in ends.items():
        major = numbers(version)[0]
        if str(major) not in ends and major < newest and major not in endless:
            series[str(major)] = max(end, series.get(str(major), ""))
    instead = source.instead or source.tag.format(recommended(releases, source, today))
    parts: dict[str, Any] = {"next": instead, "always": source.always, "ends": ends, "series": series, "names": names}
    return {name: value for name, value in parts.items() if value or name == "ends"}


def recommended(releases: list[Release], source: Source, today: str) -> str:
    """Of the releases that are out and supported the one that is so the longest, of those with long-term support first."""

    def rank(release: Release) -> tuple[bool, str, tuple[int, ...]]:
        lts = release.get("lts", False)
        is_lts = lts is True or (lts is not False and str(lts) <= today)
        end = release.get(source.until, release["eol"])
        return is_lts, "9" if end is False else str(end), numbers(str(release["releaseCycle"]))

    out = [r for r in releases if str(r["releaseDate"]) <= today and numbers(str(r["releaseCycle"]))]
    return str(max(out, key=rank)["releaseCycle"])


def numbers(version: str) -> tuple[int, ...]:
    """A version's numbers; none for one that is no version."""
    parts = version.split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else ()


if __name__ == "__main__":
    sys.exit(main())
