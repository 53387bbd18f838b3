"""Any text at all: it is read with all its spans right, or refused with a place."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from source.dockerfile_checks import assert_spans_hold, beside_buildkit

from reviewbot.source.dockerfile import parse_dockerfile
from reviewbot.source.problem import SourceProblem
from reviewbot.source.text import Text

FRAGMENTS = [
    "FROM", "from", "ARG", "ENV", "RUN", "COPY", "ADD", "CMD", "LABEL", "ONBUILD", "HEALTHCHECK", "SHELL", "VOLUME",
    "EXPOSE", "USER", "NONE", "AS", "alpine:3", "a", "b=c", 'd="e f"', "--from=a", "--mount=type=cache", "--x", "--",
    "--y='q r'", "\\\n", "\\ \n", "`\n", "\\", "`", "\n", "\n", "\n", "\r\n", "\\\r\n", "\r", " ", " ", "\t", "#", "# c\n",
    "  # d\n", "# escape=`\n", "# syntax=x\n", "<<EOF", "<<-EOF", "<<'EOF'", '<<"A B"', "<< EOF", "3<<EOF", "EOF\n", "\tEOF\n",
    "<<<", "EOF", '["a", "b"]', '["a"', "[]", "]", '"', "'", "$x", "${x}", "${x:-y}", "${", "}", "$(", ")", "`ls`", "&&", "||",
    "|", ";", "&", "(", "{", ">", "2>&1", "if", "then", "fi", "sh -c", "'a && b'", '"c; d"', "sudo", "env", "X=1", "é",
    "☕", "\ufeff", "\xa0", "\u2003", "\x85", "\x0b", "\udcff", "\0", "=", "==", "*", "~", "export", "[ -f x ]",
]  # fmt: skip

TEXTS = st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join)
FILES = st.one_of(
    st.text(max_size=80),
    TEXTS,
    TEXTS.map(lambda text: "FROM alpine\n" + text),
    TEXTS.map(lambda text: "FROM alpine\nRUN " + text),
    st.lists(st.sampled_from(FRAGMENTS), max_size=30).map(lambda parts: "FROM alpine\nRUN " + " ".join(parts)),
    st.lists(st.sampled_from(FRAGMENTS), max_size=30).map(lambda parts: "FROM alpine\nENV " + " ".join(parts)),
    TEXTS.map(lambda text: "# escape=`\nFROM alpine\nCOPY " + text),
)


@given(FILES)
@example("FROM ${\ufefd")
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_is_read_or_refused_with_a_place(content):
    text = Text("Dockerfile", content)
    try:
        dockerfile = parse_dockerfile(text)
    except SourceProblem as problem:
        assert 1 <= problem.line <= max(text.line_count, 1) + 1
        assert problem.column >= 1
        assert problem.message.isprintable()
        return
    assert_spans_hold(dockerfile)
    for stage in dockerfile.stages:
        dockerfile.base_image(stage)
        for instruction in stage.instructions:
            dockerfile.expand(instruction.argument_text, instruction)


@given(FILES.filter(lambda text: "\0" not in text and "\udcff" not in text))
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@beside_buildkit
def test_what_is_read_is_what_buildkit_reads(content):
    from source.buildkit_oracle import as_buildkit, as_ours

    assume("--" not in content or content.isascii())  # BuildKit reads flags byte by byte, and garbles others.
    try:
        ours = parse_dockerfile(Text("Dockerfile", content))
    except SourceProblem:
        return
    assert as_ours(ours) == as_buildkit(content)
