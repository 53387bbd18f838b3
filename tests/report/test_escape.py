"""Whatever a change holds, its text is only read: nobody is notified, nothing is loaded, linked or run."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from report.rendered import Page, assert_inert
from report.samples import (
    APT_FIX,
    APT_YES,
    BASE,
    DOES_NOT_BUILD,
    GROWN,
    HEAD,
    NOT_BUILT,
    REVIEW,
    comment,
)

from reviewbot.finding import Notice, Suppression
from reviewbot.image.model.size import LayerChange, LayerDelta
from reviewbot.markdown import code
from reviewbot.outcome import Review
from reviewbot.report import escape
from reviewbot.report.comment import comment_body
from reviewbot.report.context import ReportContext
from reviewbot.report.json_report import to_json
from reviewbot.report.markdown import markdown_report
from reviewbot.report.summary import summary
from reviewbot.report.terminal import terminal_report
from reviewbot.source.text import Text

DOCS = "https://docs.example.org/rules"
SERVER = "https://github.example.org/acme/shop"
CONTEXT = ReportContext(docs_url=DOCS, repository_url=SERVER, head_sha=HEAD, base_sha=BASE)

ATTACKS = [
    *("@org/team", "closes #1", "GH-12", "a/b#3", "https://evil.example", "www.evil.example", "mail@evil.example"),
    *(
        "![x](http://evil.example/x.png)",
        "[x](http://evil.example)",
        "<https://evil.example>",
        "[x]: http://evil.example",
    ),
    *("<img src=http://evil.example>", "<script>x</script>", "</details>", "<details>", "</code>", "&#64;org", "&lt;"),
    *(
        "<!-- reviewbot:finding ids=x -->",
        "-->",
        "<!--",
        "`",
        "``",
        "```",
        "````",
        "~~~",
        "\\",
        "\\`",
        "|",
        "\\|",
        "||",
    ),
    *("\n", "\r", "\r\n", "\n\n", "\t", "\x0b", "\x0c", "\x1b[31m", "\x1b]8;;http://evil.example\x07", "\x00", "\x85"),
    *("\u2028", "\u202e", "\u2066", "\u200b", "\ufeff", "\U000e0041", "\udcff", "漢", "# ", "- ", "1. ", "> ", "    "),
    *(
        "---",
        "***",
        "===",
        "**",
        "__",
        "*",
        "_",
        "$",
        "$`x`$",
        ":tada:",
        "[^1]",
        "%0A",
        "::error::",
        "##[group]",
        "%%{init",
    ),
    *("```suggestion\nx\n```", "```mermaid\nclick a\n```", "| a |\n|---|", "\n[a]: http://evil.example\n[a]"),
]
hostile = st.lists(st.one_of(st.sampled_from(ATTACKS), st.text(max_size=3)), max_size=12).map("".join)


def review_of(text: str, quoted: str) -> Review:
    """A review in which a hostile text stands wherever a change's text can."""
    path = text.replace("\0", "") or "x"
    finding = replace(
        APT_YES,
        location=replace(APT_YES.location, path=path),
        message=f"{quoted} {text}",
        why=text,
        advice=f"{text} {quoted}",
        evidence=text,
        log=text,
    )
    other = replace(finding, message=text, ordinal=1)
    fix = replace(APT_FIX, path=path, first_line=1, last_line=1, replacement=f"{text}\n", findings=(finding,))
    spec = replace(GROWN.spec, name=text, dockerfile=path)
    layers = (LayerDelta(text, 1, None, 41_200_000, LayerChange.ADDED), *GROWN.layers)
    return replace(
        REVIEW,
        findings=(finding, other),
        suppressed=((finding, Suppression("comment", text)),),
        fixed=(finding,),
        suggestions=(fix,),
        comments=(
            comment(finding, other, suggestion=fix, is_applicable=True),
            comment(other, suggestion=replace(fix, creates_file=True)),
        ),
        images=(
            replace(GROWN, spec=spec, layers=layers, broken_budgets=(text,)),
            replace(NOT_BUILT, spec=spec, reason=text),
            replace(DOES_NOT_BUILD, spec=spec, reason=text),
        ),
        notices=(Notice(text, path, 1),),
        files=(path,),
        texts={path: Text(path, f"{text}\n{text}\n")},
        base_texts={path: Text(path, f"{text}\n")},
    )


@settings(max_examples=150, deadline=None)
@given(hostile)
def test_comments_are_inert(text: str) -> None:
    review = review_of(text, code(text))
    for each in review.comments:
        body = comment_body(each, review, docs_url=DOCS)
        page = assert_inert(body, links_to=(DOCS,))
        assert page.tags.count("sub") == 1
        assert page.html.rstrip().endswith("</sub></p>")


@settings(max_examples=150, deadline=None)
@given(hostile)
def test_summaries_are_inert(text: str) -> None:
    said = summary(review_of(text, code(text)), context=replace(CONTEXT, settled=(text,)))
    page = assert_inert(said, links_to=(DOCS, SERVER))
    assert page.tags.count("h3") == 1
    assert page.tags.count("table") == 2
    assert page.tags.count("details") == page.tags.count("summary")
    assert re.findall(r'class="language-mermaid">(\S+)', page.html) == ["%%{init:"]


@settings(max_examples=100, deadline=None)
@given(hostile)
def test_markdown_documents_are_inert(text: str) -> None:
    page = assert_inert(markdown_report(review_of(text, code(text)), docs_url=DOCS), links_to=(DOCS,))
    assert (page.tags.count("h1"), page.tags.count("h2")) == (1, 1)


@settings(max_examples=100, deadline=None)
@given(hostile)
def test_terminals_and_runners_take_no_orders(text: str) -> None:
    review = review_of(text, code(text))
    said = terminal_report(review)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", said)
    assert "##[" not in said
    assert not re.search(r"^\s*::", said, re.MULTILINE)
    to_json(review).encode("utf-8")


@given(hostile)
def test_a_quoted_text_is_one_code_span_in_any_message(text: str) -> None:
    if not text.strip():
        return
    for made in (escape.inline, escape.cell, escape.summary_line):
        page = Page(made(f"Before {code(text)} after"))
        assert page.tags.count("code") == 1
        assert re.sub(r"[\0\n]", "", page.text) == "Before  after"


@given(st.text(alphabet="`ab \\|<>&@#*_", max_size=30))
def test_a_quoted_text_reads_as_it_was_written(text: str) -> None:
    if not text.strip():
        return
    for made in (escape.inline, escape.summary_line):
        code_element = re.search(r"<code>(.*)</code>", Page(made(f"x {code(text)} y")).html)
        assert code_element
        assert Page(made(f"x {code(text)} y")).code == " ".join(text.split(" ")) or "  " in text or text != text.strip()


@given(hostile)
def test_a_fence_holds_any_lines(text: str) -> None:
    lines = [escape.line(each) for each in text.split("\n")]
    page = Page(f"{escape.fence(lines, 'diff')}\n\nafter")
    assert page.tags == ["pre", "code", "p"]
    assert page.code == "".join(f"{each}\n" for each in lines)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("`USER root` is *not* what you want", "`USER root` is *not* what you want"),
        ("asks @org for #12", "asks @&#8203;org for #&#8203;12"),
        ("a <b> & [c]", "a &lt;b&gt; &amp; &#91;c&#93;"),
        ("- no list", "&#45; no list"),
        ("1. no list", "1&#46; no list"),
        ("2) no list", "2&#41; no list"),
        ("# no heading", "&#35; no heading"),
        ("half a `span", "half a &#96;span"),
        ("`@org` stays, as do `` a`b ``", "`@org` stays, as do `` a`b ``"),
        ("__GH-1__ and _www.x.y_", "__GH-&#8203;1__ and _www&#8203;.x.y_"),
        ("two\n\nparagraphs", "two paragraphs"),
        ("left\u202eright", "left&#92;u202eright"),
        ("", ""),
    ],
)
def test_messages_keep_their_code_and_emphasis_alone(message: str, shown: str) -> None:
    assert escape.inline(message) == shown


def test_long_texts_are_cut() -> None:
    assert len(escape.inline("word " * 1000, 100)) <= 100
    assert len(escape.line("x" * 100_000)) <= 501


@pytest.mark.parametrize(
    ("output", "logged"),
    [
        ("::set-output name=a::b", "\\u003a:set-output name=a::b"),
        ("  ::error::x\n#5 ok", "  \\u003a:error::x\n#5 ok"),
        ("a\r::add-mask::x", "a\n\\u003a:add-mask::x"),
        ("text ##[add-matcher]x", "text ##\\u005badd-matcher]x"),
        ("a::b std::string", "a::b std::string"),
        ("\x1b[31m::error::x\x1b[0m", "\\u003a:error::x"),
    ],
)
def test_logs_hold_no_workflow_commands(output: str, logged: str) -> None:
    assert escape.log(output) == logged
