"""What is a secret, and what only looks like one. No value here was ever anybody's: all are drawn at random."""

from __future__ import annotations

import base64
import random
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.image.layers.secret_files import secret_in_file
from reviewbot.source import secret_formats
from reviewbot.source.command_secrets import secrets_of_commands
from reviewbot.source.logical import LogicalText
from reviewbot.source.secret_files import credential_file, is_environment_file
from reviewbot.source.secrets import (
    mask,
    names_a_secret,
    secret_in_assignment,
    secrets_by_name,
    secrets_in_text,
)
from reviewbot.source.shell import parse_script
from reviewbot.source.text import Span

DRAW = random.Random(20261124)  # noqa: S311 - the same texts in every run
LETTERS = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
CAPITALS = string.ascii_uppercase + string.digits


def _words(text: str) -> list[str]:
    return text.split()


def drawn(count: int, alphabet: str = LETTERS) -> str:
    return "".join(DRAW.choice(alphabet) for _ in range(count))


CREDENTIALS = {
    "AKIA" + drawn(16, CAPITALS): "an AWS access key",
    "ASIA" + drawn(16, CAPITALS): "an AWS access key",
    "ghp_" + drawn(36): "a GitHub token",
    "github_pat_" + drawn(22) + "_" + drawn(59): "a GitHub token",
    "glpat-" + drawn(20): "a GitLab token",
    "glrt-" + drawn(20): "a GitLab token",
    "xoxb-" + drawn(12, string.digits) + "-" + drawn(24): "a Slack token",
    "https://hooks.slack.com/services/T"
    + drawn(8, CAPITALS)
    + "/B"
    + drawn(8, CAPITALS)
    + "/"
    + drawn(24): "a Slack webhook",
    "sk_live_" + drawn(24): "a Stripe key",
    "npm_" + drawn(36): "an npm token",
    "pypi-AgEIcHlwaS5vcmc" + drawn(80): "a PyPI token",
    "AIza" + drawn(35): "a Google API key",
    "GOCSPX-" + drawn(28): "a Google OAuth secret",
    "sk-proj-" + drawn(60): "an OpenAI key",
    "sk-ant-api03-" + drawn(80): "an Anthropic key",
    "SG." + drawn(22) + "." + drawn(43): "a SendGrid key",
    "dckr_pat_" + drawn(27): "a Docker Hub token",
    "hf_" + drawn(34, string.ascii_letters): "a Hugging Face token",
    "dop_v1_" + drawn(64, HEX): "a DigitalOcean token",
    "sq0csp-" + drawn(43): "a Square token",
    drawn(9, "123456789") + ":AA" + drawn(33): "a Telegram bot token",
    drawn(32, HEX) + "-us7": "a Mailchimp key",
    "SK" + drawn(32, HEX): "a Twilio key",
    "M" + drawn(23) + "." + drawn(6) + "." + drawn(27): "a Discord bot token",
    "shpat_" + drawn(32, HEX): "a Shopify token",
    "dapi" + drawn(32, HEX): "a Databricks token",
    "hvs." + drawn(95): "a Vault token",
    "AKC" + drawn(70): "an Artifactory token",
    "AccountKey=" + drawn(86) + "==": "an Azure storage key",
    "AGE-SECRET-KEY-1" + drawn(58, CAPITALS): "an age key",
    "eyJ" + drawn(30) + ".eyJ" + drawn(60) + "." + drawn(43): "a JSON web token",
    "-----BEGIN OPENSSH PRIVATE KEY-----": "a private key",
    "-----BEGIN PGP PRIVATE KEY BLOCK-----": "a private key",
    "-----BEGIN PRIVATE KEY-----": "a private key",
    "PuTTY-User-Key-File-3:": "a private key",
    "Authorization: Bearer " + drawn(40): "a credential in a header",
}


@pytest.mark.parametrize(
    ("text", "kind"), CREDENTIALS.items(), ids=[f"{n}-{k}" for n, k in enumerate(CREDENTIALS.values())]
)
@pytest.mark.parametrize("around", [("", ""), ('TOKEN="', '" make'), ("x -H '", "' y"), ("é = ", "\n")])
def test_a_credential_is_known_by_its_form(text, kind, around):
    before, after = around
    whole = f"{before}{text}{after}"
    assert list(secrets_in_text(whole)) == [(Span(len(before), len(before) + len(text)), kind)]
    assert text not in mask(whole)


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "sk_test_" + drawn(24),
        "sha512-" + drawn(86) + "==",
        "sha256:" + drawn(64, HEX),
        drawn(40, HEX),
        "123e4567-e89b-12d3-a456-426614174000",
        "-----BEGIN PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----",
        "ssh-ed25519 " + drawn(68),
        "https://user:password@example.org/",
        "https://$USER:$TOKEN@example.org/",
        "https://example.org:8080/a@b",
        "Authorization: Bearer $TOKEN",
        "Authorization: Bearer ${GITHUB_TOKEN}",
        "a-very-long-name-of-a-file-sk-of-the-kind-that-nobody-reads",
        "task-" + "a" * 45,
    ],
)
def test_what_is_public_or_a_reference_is_none(text):
    assert not secrets_in_text(f"X={text} ")


@pytest.mark.parametrize(
    "name",
    [
        "DB_PASSWORD",
        "SMTP_PASS",
        "GITHUB_PAT",
        "apiKey",
        "API_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "clientSecret",
        "npm.token",
        "SECRET_KEY_BASE",
        "SSH_KEY",
    ],
)
def test_names_of_secrets(name):
    assert names_a_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "PASSWORD_FILE",
        "PUBLIC_KEY",
        "TOKEN_TTL",
        "KEYCLOAK_URL",
        "PASSWORD_MIN_LENGTH",
        "TOKENIZERS_PARALLELISM",
        "TOKEN_VERSION",
        "SECRET_NAME",
        "MYSQL_ALLOW_EMPTY_PASSWORD",
        "MYSQL_RANDOM_ROOT_PASSWORD",
        "BYPASS",
        "COMPASS",
        "PASSENGER_VERSION",
        "KEY",
        "MONKEY",
        "AUTH_METHOD",
        "CREDENTIALS_PATH",
        "AWS_ACCESS_KEY_ID",
        "SSH_KEY_PATH",
        "JWT_SECRET_HASH",
        "TOKEN_USERNAME",
        "KEYBOARD",
    ],
)
def test_names_that_only_sound_like_one(name):
    assert not names_a_secret(name)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "changeme",
        "change-me",
        "changeit",
        "CHANGE_THIS_PASSWORD",
        "your-token-here",
        "your_password",
        "example",
        "dummy",
        "dummy-key",
        "fake",
        "test",
        "test123",
        "placeholder",
        "insecure-build-key",
        "not-a-real-secret",
        "notset",
        "<token>",
        "{{ token }}",
        "%TOKEN%",
        "@TOKEN@",
        "__TOKEN__",
        "$TOKEN",
        "${TOKEN:-x}",
        "xxxxxxxx",
        "****",
        "...",
        "none",
        "null",
        "true",
        "12",
        "/run/secrets/token",
        "vault:secret/app#token",
        "arn:aws:secretsmanager:eu:1:secret:x",
        "op://vault/item",
        "build-only",
        "redacted",
        "todo",
        "foo",
        "tmp",
        "unused",
    ],
)
def test_values_that_stand_for_another(value):
    assert secret_in_assignment("APP_TOKEN", value) is None


@pytest.mark.parametrize(
    "value", ["correct-horse-battery", "hunter2", "postgres", "Sup3r$ecret".replace("$", "S"), "123456"]
)
def test_values_that_are_secrets(value):
    assert secret_in_assignment("DB_PASSWORD", value) == "a password"
    assert secret_in_assignment("API_TOKEN", value) == "a secret"


def test_a_fingerprint_of_a_key_is_none():
    assert secret_in_assignment("RELEASE_PRIVATE_KEY", "0D96DF4D4110E5C43FBFB17F2D347EA6AA65421D") is None


def test_settings_in_a_text_count_when_they_look_random():
    text = 'user: app\npassword: Zx9kQpLm2w\ntoken = "changeme123"\napi_key: some-words-of-a-name\nsecret: 9f86d081884c7d65\n'
    assert [(text[span.start : span.end], name) for span, name in secrets_by_name(text)] == [
        ("Zx9kQpLm2w", "password"),
        ("9f86d081884c7d65", "secret"),
    ]


@pytest.mark.parametrize(
    ("script", "values"),
    [
        ("curl -u ci:Zx9kQpLm2w https://x", ["ci:Zx9kQpLm2w"]),
        ("curl -u ci:$PASS https://x; curl -u ci https://x", []),
        ("docker login --username ci --password=Zx9kQpLm2w", ["Zx9kQpLm2w"]),
        ("docker login -u ci -p Zx9kQpLm2w", ["Zx9kQpLm2w"]),
        ("docker run -p 8080 x; mkdir -p secret", []),
        ("sshpass -p Zx9kQpLm2w ssh x", ["Zx9kQpLm2w"]),
        ("echo app:Zx9kQpLm2w", []),
        ("export API_KEY=Zx9kQpLm2w", ["Zx9kQpLm2w"]),
        ("API_KEY=Zx9kQpLm2w make", ["Zx9kQpLm2w"]),
        ("tool --token $TOKEN --password - --secret /run/secrets/x --api-key '' --password", []),
    ],
)
def test_words_of_commands(script, values):
    source = LogicalText.whole(script, Span(0, len(script)))
    found = secrets_of_commands(parse_script(source).commands)
    assert [script[secret.span.start : secret.span.end] for secret in found] == values


PRIVATE_KEY = "-----BEGIN RSA PRIVATE KEY-----\n" + drawn(64) + "\n"


@pytest.mark.parametrize(
    ("path", "content", "kind"),
    [
        ("id_rsa", None, "credentials, by its name"),
        ("deploy/id_ed25519", PRIVATE_KEY, "a private key"),
        ("id_rsa.pub", "ssh-rsa AAAA", None),
        ("certs/ca.pem", "-----BEGIN CERTIFICATE-----", None),
        ("certs/ca.pem", None, None),
        ("certs/server.pem", PRIVATE_KEY, "a private key"),
        ("certs/server.key", PRIVATE_KEY, "a private key"),
        ("key.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----", None),
        ("app.p12", None, "credentials, by its name"),
        (".npmrc", "registry=https://npm.example.org/\n", None),
        (".npmrc", "//npm.example.org/:_authToken=${NPM_TOKEN}\n", None),
        (".npmrc", f"//npm.example.org/:_authToken={drawn(36)}\n", "an npm token"),
        (".aws/credentials", None, "credentials, by its name"),
        (".ssh/", None, "credentials, by its name"),
        ("service-account.json", '{"private_key": "-----BEGIN PRIVATE KEY-----"}', "a private key"),
        ("package.json", '{"name": "x"}', None),
        (".env", "DEBUG=1\nDB_PASSWORD=Zx9kQpLm2w\n", "a password"),
        (".env", "DEBUG=1\nDB_PASSWORD=\nTOKEN=changeme\n# SECRET=abcdefg\n", None),
        (".env.example", "DB_PASSWORD=Zx9kQpLm2w\n", None),
        (".netrc", "machine x login y password Zx9kQpLm2w", "credentials of .netrc"),
        (".netrc", "machine x login y password $TOKEN", None),
        (".docker/config.json", '{"auths": {"x": {"auth": "Zm9vOmJhcmJhcg=="}}}', "registry credentials"),
        (".docker/config.json", '{"credsStore": "pass"}', None),
        ("app/config.json", '{"auths": {"x": {"auth": "Zm9vOmJhcmJhcg=="}}}', None),
        (".git-credentials", "https://me:Zx9kQpLm2w@git.example.org\n", "a password of git"),
        (".pgpass", "db:5432:app:app:Zx9kQpLm2w\n", "a password of PostgreSQL"),
        (".pgpass", "# host:port:database:user:password\n", None),
        ("README.md", "password: hunter2", None),
    ],
)
def test_files_that_hold_credentials(path, content, kind):
    assert credential_file(path, content) == kind


@pytest.mark.parametrize(("cipher", "kind"), [("none", "a private key"), ("aes256-ctr", None)])
def test_a_key_with_a_passphrase_opens_nothing(cipher, kind):
    """OpenSSH's form does not say so in its first line: the cipher is the first thing in the key."""
    name = cipher.encode()
    begin = b"openssh-key-v1\0" + len(name).to_bytes(4, "big") + name + bytes(60)
    body = base64.encodebytes(begin).decode()
    content = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{body}-----END OPENSSH PRIVATE KEY-----\n"
    assert credential_file("deploy/id_rsa", content) == kind
    assert secret_in_file("deploy/id_rsa", content.encode()) == kind


def test_a_key_of_the_older_form_says_so_in_its_headers():
    headers = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123456789ABCDEF\n\n"
    for said, kind in (("", "a private key"), (headers, None)):
        content = f"-----BEGIN RSA PRIVATE KEY-----\n{said}{'MIIEpAIBAAKCAQEA' * 4}\n-----END RSA PRIVATE KEY-----\n"
        assert credential_file("deploy/id_rsa", content) == kind
        assert secret_in_file("deploy/id_rsa", content.encode()) == kind


@given(st.from_regex(secret_formats._STARTS))
def test_the_quick_look_passes_over_no_text_that_the_careful_one_does_not(text):
    assert secret_formats._has_mark(text)


def test_environment_files():
    names = [".env", ".env.local", "a/.env.production", ".env.example", ".env.sample", "env", ".environment"]
    assert [name for name in names if is_environment_file(name)] == [".env", ".env.local", "a/.env.production"]


@pytest.mark.parametrize(
    "piece",
    ["eyJ", "a.b-c_", "://a:", "password=", "AKIA", "M.M", "-----BEGIN A ", "gl", "authorization: b"],
)
def test_hostile_texts_take_linear_time(piece):
    text = piece * (200_000 // len(piece))
    start = time.process_time()
    secrets_in_text(text)
    secrets_by_name(text)
    assert time.process_time() - start < 5


@pytest.mark.parametrize("end", ["\n", "\\n", "\\\\n", " \\\n", "\r\n"])
@pytest.mark.parametrize("has_end", [True, False])
def test_a_private_key_is_masked_to_its_end(end: str, has_end: bool) -> None:
    body = [drawn(64) for _ in range(5)]
    lines = ["-----BEGIN OPENSSH PRIVATE KEY-----", *body, *(["-----END OPENSSH PRIVATE KEY-----"] if has_end else [])]
    masked = mask(f"RUN printf '{end.join(lines)}' > /root/.ssh/id_rsa")
    assert not any(line[:16] in masked or line[-16:] in masked for line in body)
    assert masked.startswith("RUN printf '***") and masked.endswith("> /root/.ssh/id_rsa")
