"""What other tools check in Compose files is checked here too, and answers to their names."""

from __future__ import annotations

import pytest

from reviewbot.rules.catalogue import rules_named

DCLINT = [
    "no-build-and-image",
    "no-duplicate-container-names",
    "no-duplicate-exported-ports",
    "no-quotes-in-volumes",
    "no-unbound-port-interfaces",
    "no-version-field",
    "require-project-name-field",
    "require-quotes-in-ports",
    "service-container-name-regex",
    "service-dependencies-alphabetical-order",
    "service-image-require-explicit-tag",
    "service-keys-order",
    "service-ports-alphabetical-order",
    "services-alphabetical-order",
    "top-level-properties-order",
]
KICS = [
    "baa452f0-1f21-4a25-ace5-844e7a5f410d",
    "1c1325ff-831d-43a1-973e-839ae57dfcc0",
    "d6355c88-1e8d-49e9-b2f2-f8a1ca12c75b",
    "27fcc7d6-c49b-46e0-98f1-6c082a6a2750",
    "ae5b6871-7f45-42e0-bb4c-ab300c4d2026",
    "698ed579-b239-4f8f-a388-baa4bcb13ef8",
    "4d9f44c6-2f4a-4317-9bb5-267adbea0232",
    "2fc99041-ddad-49d5-853f-e35e70a48391",
    "bc2908f3-f73c-40a9-8793-c1b7d5544f79",
    "451d79dc-0588-476a-ad03-3c7f0320abb3",
    "ce14a68b-1668-41a0-ab7d-facd9f784742",
    "071a71ff-f868-47a4-ac0b-3c59e4ab5443",
    "baa3890f-bed7-46f5-ab8f-1da8fc91c729",
    "404fde2c-bc4b-4371-9747-7054132ac953",
    "4f31dd9f-2cc3-4751-9b53-67e4af83dac0",
    "bb9ac4f7-e13b-423d-a010-c74a1bfbe492",
    "221e0658-cb2a-44e3-b08a-db96a341d6fa",
    "8af7162d-6c98-482f-868e-0d33fb675ca8",
    "610e266e-6c12-4bca-9925-1ed0cd29742b",
    "6b610c50-99fb-4ef0-a5f3-e312fd945bc3",
    "ce76b7d0-9e77-464d-b86f-c5c48e03e22d",
]
SEMGREP = [
    "exposing-docker-socket-volume",
    "no-new-privileges",
    "privileged-service",
    "seccomp-confinement-disabled",
    "selinux-separation-disabled",
    "writable-filesystem-service",
]
CIS = [f"CIS-5.{n}" for n in (*range(1, 22), 24, 25, 26, 27, 28, 29, 30, 31)]
"""Section 5 without what no Compose file can say: `docker exec` with a user or with all privileges."""


@pytest.mark.parametrize("name", [*DCLINT, *KICS, *SEMGREP, *CIS])
def test_a_peers_name_means_a_rule(name):
    found = rules_named(name)
    assert found
    assert all(".rules.compose." in rule.module or ".rules.dockerfile." in rule.module for rule in found)
