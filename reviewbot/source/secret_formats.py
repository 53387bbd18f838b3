"""Texts that are a credential by their form: each format has a prefix or a shape that nothing else has.

Held against the pattern plugins of detect-secrets: what those find by its form is found here, but for what is any row of
letters. The library itself takes longer to import than a file takes to be judged. Every pattern takes time in
proportion to the text. What documents give as examples is not among what is found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from reviewbot.source.text import Span

_FORMATS: tuple[tuple[str, str], ...] = (
    ("an AWS access key", r"\b(?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("a GitHub token", r"\bgh[pousr]_[A-Za-z0-9_]{36,255}\b"),
    ("a GitHub token", r"\bgithub_pat_[A-Za-z0-9_]{60,255}\b"),
    ("a GitLab token", r"\bgl(?:pat|dt|ft|soat|rt|cbt|imt|ptt|agent|oas)-[A-Za-z0-9_-]{20,300}"),
    ("a GitLab token", r"\bGR1348941[A-Za-z0-9_-]{20,50}"),
    ("a Slack token", r"\bxox[abeoprs]-[0-9A-Za-z-]{10,250}\b"),
    ("a Slack token", r"\bxapp-\d-[A-Z0-9]{8,20}-\d{8,20}-[a-f0-9]{40,100}\b"),
    ("a Slack webhook", r"https://hooks\.slack\.com/services/T\w{6,12}/B\w{6,12}/\w{20,30}\b"),
    ("a Stripe key", r"\b[rs]k_live_[0-9A-Za-z]{20,120}\b"),
    ("an npm token", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("an npm token", r":_authToken[ \t]{0,4}=[ \t]{0,4}\"?[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}\b"),
    ("a PyPI token", r"\bpypi-AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw)[A-Za-z0-9_-]{50,250}"),
    ("a Google API key", r"\bAIza[0-9A-Za-z_-]{35}"),
    ("a Google OAuth secret", r"\bGOCSPX-[A-Za-z0-9_-]{28}"),
    ("an Anthropic key", r"\bsk-ant-[a-z0-9]{3,8}-[A-Za-z0-9_-]{40,200}"),
    ("an OpenAI key", r"\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{40,200}\b"),
    ("a SendGrid key", r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    ("a Docker Hub token", r"\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{27,40}\b"),
    ("a Hugging Face token", r"\bhf_[A-Za-z]{34}\b"),
    ("a DigitalOcean token", r"\bdo[opr]_v1_[a-f0-9]{64}\b"),
    ("a Square token", r"\bsq0(?:csp|atp)-[0-9A-Za-z_\\-]{22,43}"),
    ("a Telegram bot token", r"\b\d{8,10}:AA[0-9A-Za-z_-]{33}\b"),
    ("a Discord bot token", r"\b[MNO][A-Za-z\d_-]{23,25}\.[A-Za-z\d_-]{6}\.[A-Za-z\d_-]{27,38}\b"),
    ("a Mailchimp key", r"\b[0-9a-f]{32}-us[0-9]{1,2}\b"),
    ("a Twilio key", r"\bSK[0-9a-f]{32}\b"),
    ("a Shopify token", r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b"),
    ("a Databricks token", r"\bdapi[a-f0-9]{32}\b"),
    ("a Grafana token", r"\bglsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}\b"),
    ("a Vault token", r"\bhvs\.[A-Za-z0-9_-]{90,120}\b"),
    ("a Terraform Cloud token", r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,70}"),
    ("a New Relic key", r"\bNRAK-[A-Z0-9]{27}\b"),
    ("a Linear key", r"\blin_api_[A-Za-z0-9]{40}\b"),
    ("a Doppler token", r"\bdp\.(?:pt|st|ct)\.[A-Za-z0-9._-]{40,60}\b"),
    ("an Artifactory token", r"(?<![\w/+])AKC[a-zA-Z0-9]{60,100}(?![\w/+])"),
    ("an age key", r"\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b"),
    ("an Azure storage key", r"\bAccountKey=[A-Za-z0-9+/]{86}=="),
    ("a JSON web token", r"\beyJ[A-Za-z0-9_-]{15,2000}\.eyJ[A-Za-z0-9_-]{15,4000}\.[A-Za-z0-9_-]{20,1000}"),
    ("a private key", r"-----BEGIN (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"),
    ("a private key", r"\bPuTTY-User-Key-File-[23]:"),
    (
        "a credential in a header",
        r"(?i:\bauthorization: ?(?:bearer|token|basic) )[A-Za-z0-9+/_.-]{16,500}={0,2}(?![\w$])",
    ),
)
_STARTS = re.compile(
    r"A3T|ABIA|ACCA|AKIA|ASIA|gh[pousr]_|github_pat_|gl\w{2,5}-|GR1348941|xox|xapp-|hooks\.slack|k_live_|npm_|:_authToken|pypi-A"
    r"|AIza|GOCSPX-|sk-|SG\.|dckr_|hf_|_v1_|sq0|:AA|-us\d|SK[0-9a-f]|shp|dapi|glsa_|hvs\.|atlasv1|NRAK-|lin_api_|dp\.|AKC"
    r"|AGE-SECRET|AccountKey|eyJ|PRIVATE KEY|PuTTY|[MNO][A-Za-z\d_-]{23,25}\.|(?i:authorization: ?[btB])"
)
"""What every text that holds one of them has: most have none, and are spared the rest."""
_MARKS = (
    "A3T", "ABIA", "ACCA", "AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "GR1348941", "xox", "xapp-",
    "hooks.slack", "k_live_", "npm_", ":_authToken", "pypi-A", "AIza", "GOCSPX-", "sk-", "SG.", "dckr_", "hf_", "_v1_", "sq0",
    ":AA", "-us", "SK", "shp", "dapi", "glsa_", "hvs.", "atlasv1", "NRAK-", "lin_api_", "dp.", "AKC", "AGE-SECRET",
    "AccountKey", "eyJ", "PuTTY", "PRIVATE KEY",
)  # fmt: skip
_MARKS_WITH_MORE = re.compile(r"gl\w{2,5}-|[MNO][A-Za-z\d_-]{23,25}\.")
"""What has to be there for any of the above, and is looked for many times faster than by one pattern for all of them."""
_PUBLISHED = re.compile(r"EXAMPLE|(.)\1{9}|x{6}|X{6}|1234567890|abcdefgh", re.ASCII)
"""What examples are made of: AWS's own end in ``EXAMPLE``."""


@cache
def _token() -> re.Pattern[str]:
    """All formats in one: compiled where there may be something to find, which takes longer than a file to judge."""
    return re.compile("|".join(f"(?P<k{number}>{pattern})" for number, (_, pattern) in enumerate(_FORMATS)))


def _has_mark(text: str) -> bool:
    return any(mark in text for mark in _MARKS) or _MARKS_WITH_MORE.search(text) is not None or "author" in text.lower()


def credentials_in(text: str) -> Iterator[tuple[Span, str]]:
    """Every credential: its span in the text, and what kind it is."""
    if not _has_mark(text) or _STARTS.search(text) is None:
        return
    for match in _token().finditer(text):
        if not _PUBLISHED.search(match[0]):
            yield Span(*match.span()), _FORMATS[int((match.lastgroup or "k0")[1:])][0]
