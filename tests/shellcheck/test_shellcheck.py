"""ShellCheck over Dockerfiles: the real program, and stand-ins that misbehave."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from reviewbot.change.folder import EmptyTree
from reviewbot.facts import Facts
from reviewbot.finding import Edit
from reviewbot.image.model.config import ImageConfig
from reviewbot.rules.catalogue import is_code, rules_named
from reviewbot.rules.judge import judge
from reviewbot.rules.selection import choose
from reviewbot.shellcheck import program as program_module
from reviewbot.shellcheck.ask import MISSING, ask, scripts_of
from reviewbot.shellcheck.model import ShellScript
from reviewbot.shellcheck.program import ShellCheck, ShellCheckProblem
from reviewbot.source.dockerfile import parse_dockerfile
from reviewbot.source.kinds import Kind
from reviewbot.source.text import Text

RULES = choose(("shellcheck", "shellcheck-remarks"))


def facts_of(content: str, images: dict[str, ImageConfig] | None = None) -> Facts:
    facts = Facts.gather(EmptyTree(), {"Dockerfile": Kind.DOCKERFILE}, [Text("Dockerfile", content)])
    facts = replace(facts, images=images or {})
    return replace(facts, shell=ask(scripts_of(facts, ["Dockerfile"])).remarks)


def found(content: str, images: dict[str, ImageConfig] | None = None):
    return judge(["Dockerfile"], facts_of(content, images), RULES).active


def codes_at(content: str, code: str) -> list[tuple[int, int, int]]:
    """Line, column and last column of each finding with this number."""
    return [(f.location.line, f.location.column, f.location.end_column) for f in found(content) if f.code == code]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        pytest.param("FROM debian\nRUN echo $HI\n", (2, 10, 12), id="one line"),
        pytest.param("FROM debian\nRUN true && \\\n  echo $HI\n", (3, 8, 10), id="continued"),
        pytest.param(
            "FROM debian\nRUN true && \\\n# why\n\n    \techo $HI\n", (5, 11, 13), id="comment, blank line, tab"
        ),
        pytest.param("FROM debian\r\nRUN true && \\\r\n  echo $HI\r\n", (3, 8, 10), id="CRLF"),
        pytest.param("\ufeffFROM debian\nRUN echo é漢😀 $HI\n", (2, 14, 16), id="characters of several bytes"),
        pytest.param("FROM debian\nRUN echo \udcff $HI\n", (2, 12, 14), id="a byte that is no UTF-8"),
        pytest.param("FROM debian\nRUN <<EOF\ntrue\necho $HI\nEOF\n", (4, 6, 8), id="heredoc"),
        pytest.param("FROM debian\nRUN <<-EOF\n\ttrue\n\techo $HI\n\tEOF\n", (4, 7, 9), id="heredoc with tabs"),
        pytest.param("FROM debian\nRUN <<EOF\n#!/bin/bash -e\n# x\necho $HI\nEOF\n", (5, 6, 8), id="own shell"),
        pytest.param("FROM debian\nARG HI\nRUN <<EOF\n# x\necho $HI\nEOF\n", (5, 6, 8), id="variables after comments"),
        pytest.param("# escape=`\nFROM debian\nRUN true && `\n  echo $HI\n", (4, 8, 10), id="another escape"),
    ],
)
def test_a_remark_stands_where_it_belongs_in_the_file(content, place):
    assert codes_at(content, "SC2086") == [place]


@pytest.mark.parametrize(
    ("head", "says"),
    [
        ("FROM debian:12", "In dash, [[ ]] is not supported"),
        ('FROM debian:12\nSHELL ["/bin/bash", "-c"]', None),
        ("FROM rockylinux:9", None),
        ("FROM alpine:3.20", None),
        ("FROM debian:12\nRUN ln -sf /bin/bash /bin/sh", None),
        ("FROM example.org/unknown", None),
    ],
)
def test_the_shell_is_the_stages_own(head, says):
    messages = [f.message for f in found(f"{head}\nRUN [[ -e /x ]] && touch /y\n") if f.code == "SC3010"]
    assert messages == ([f"SC3010: {says}"] if says else [])


@pytest.mark.parametrize(
    ("head", "is_said"),
    [
        ("FROM debian:12", True),
        ("FROM debian:12\nARG where", False),
        ("FROM debian:12\nENV where=/x", False),
        ("ARG where=/x\nFROM debian:12", True),
        ("FROM debian:12 AS a\nENV where=/x\nFROM a", False),
        ("FROM debian:12 AS a\nARG where=/x\nFROM debian:12", True),
    ],
)
def test_a_variable_that_the_build_sets_is_assigned(head, is_said):
    assert any(f.code == "SC2154" for f in found(f'{head}\nRUN ls "$where"\n')) is is_said


def test_what_the_base_image_sets_is_assigned():
    config = ImageConfig(env=(("where", "/srv"),))
    assert not found('FROM example.org/base\nRUN ls "$where"\n', {"example.org/base": config})


def test_a_shell_that_ends_on_errors_needs_no_exit():
    assert codes_at('FROM debian\nSHELL ["/bin/bash", "-ec"]\nRUN cd /x; make\n', "SC2164") == []
    assert codes_at("FROM debian\nRUN cd /x; make\n", "SC2164") == [(2, 5, 9)]


def test_a_script_that_does_not_parse_is_one_finding():
    assert [f.code for f in found("FROM debian\nRUN if true; then echo x\n")] == ["SC1046"]


def test_its_own_directives_count_in_a_heredoc():
    script = '# shellcheck disable=SC2154\necho "$where"\necho "$where"'
    assert not found(f'FROM debian\nARG X\nRUN <<EOF\n{script}\necho "$X"\nEOF\n')


def test_a_number_can_be_ignored_by_itself():
    content = "FROM debian\n# reviewbot: ignore=SC2164 cannot fail\nRUN cd /x; ls $HI\n"
    facts = facts_of(content)
    judged = judge(["Dockerfile"], facts, RULES)
    assert [f.code for f in judged.active] == ["SC2086"]
    assert [(f.code, s.reason) for f, s in judged.suppressed] == [("SC2164", "cannot fail")]


def test_every_number_names_the_rules_that_speak_for_shellcheck():
    assert {rule.name for rule in rules_named("sc2046")} == {"shellcheck", "shellcheck-remarks"}
    assert is_code("SC2046") and not is_code("shellcheck") and not is_code("SC204x") and not is_code("DL3008")


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        (("recommended",), {"SC2164": "warning"}),
        (("strict",), {"SC2164": "warning", "SC2086": "info"}),
        (("strict", "-SC2086"), {"SC2164": "warning"}),
        (("recommended", "SC2086"), {"SC2164": "warning", "SC2086": "info"}),
        ({"strict": "on", "SC2164": "error", "sc2086": "off"}, {"SC2164": "error"}),
        ({"shellcheck": "off", "SC2086": "warning"}, {"SC2086": "warning"}),
        ({"shellcheck": "off", "SC2164": "off"}, {}),
    ],
)
def test_a_number_can_be_chosen_by_itself(choices, said):
    facts = facts_of("FROM debian:12.5-slim\nRUN cd /x; ls $HI\n")
    findings = judge(["Dockerfile"], facts, choose(choices)).active
    assert {f.code: f.severity.word for f in findings if f.code} == said


def test_the_same_script_is_asked_about_once(tmp_path):
    calls = tmp_path / "calls"
    wrapper = tmp_path / "shellcheck"
    real = ShellCheck.find()
    assert real is not None
    wrapper.write_text(f'#!/bin/sh\necho "$@" >> {calls}\nexec {real.path} "$@"\n')
    wrapper.chmod(0o755)
    content = "FROM debian AS a\nRUN echo $HI\nFROM debian\nRUN echo $HI\nRUN cd /x; ls\n"
    facts = Facts.gather(EmptyTree(), {"Dockerfile": Kind.DOCKERFILE}, [Text("Dockerfile", content)])
    answers = ShellCheck(str(wrapper)).check(scripts_of(facts, ["Dockerfile"]))
    assert len(answers) == 2
    assert calls.read_text() == "--norc --format=json1 --extended-analysis=true -- 0 1\n"


def test_values_are_followed_only_where_somebody_wants_to_hear_of_taste():
    content = "FROM debian\nENV HI=there\nRUN echo $HI; cd /x; ls\n"
    facts = Facts.gather(EmptyTree(), {"Dockerfile": Kind.DOCKERFILE}, [Text("Dockerfile", content)])
    thorough, quick = (ask(scripts_of(facts, ["Dockerfile"]), follow_values=follow) for follow in (True, False))
    codes = [{remark.code for found in asked.remarks.known.values() for remark in found} for asked in (thorough, quick)]
    assert codes == [{2164}, {2164, 2086}]


def test_without_the_program_there_is_a_notice_and_no_finding():
    asked = ask([ShellScript("cd /x; ls", "dash")], find=lambda: None)
    assert (asked.remarks.known, asked.notice) == ({}, MISSING)


def test_without_scripts_the_program_is_not_looked_for():
    def find():
        raise AssertionError("looked for")

    assert ask([], find=find).notice is None


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("echo no json; exit 0", "json1"),
        ("exit 3", "status 3"),
        ("exit 1", "memory"),
        ("sleep 20", "longer than"),
    ],
)
def test_a_program_that_misbehaves_is_a_notice(tmp_path, monkeypatch, behaviour, said):
    monkeypatch.setattr(program_module, "SECONDS", 0.5)
    broken = tmp_path / "shellcheck"
    broken.write_text(f"#!/bin/sh\n{behaviour}\n")
    broken.chmod(0o755)
    with pytest.raises(ShellCheckProblem, match=said):
        ShellCheck(str(broken)).check([ShellScript("cd /x; ls", "dash")])
    asked = ask([ShellScript("cd /x; ls", "dash")], find=lambda: ShellCheck(str(broken)))
    assert asked.notice is not None and said in asked.notice.message


def test_it_may_not_take_all_memory(monkeypatch):
    monkeypatch.setattr(program_module, "MOST_MEMORY", 64 * 1024 * 1024)
    program = ShellCheck.find()
    assert program is not None
    with pytest.raises(ShellCheckProblem, match="memory"):
        program.check([ShellScript("(" * 2_000 + "a" + ")" * 2_000, "dash")])


def test_the_users_own_options_do_not_count(monkeypatch, tmp_path):
    monkeypatch.setenv("SHELLCHECK_OPTS", "--exclude=SC2086")
    monkeypatch.chdir(tmp_path)
    Path(".shellcheckrc").write_text("disable=all\n")
    assert codes_at("FROM debian\nRUN echo $HI\n", "SC2086") == [(2, 10, 12)]


@pytest.mark.parametrize("text", ["", "\x00\x07\x1b[31m", "'" * 999, "$(" * 400, "\ud800", "case\n" * 200, "\\"])
def test_hostile_scripts_do_no_harm(text):
    program = ShellCheck.find()
    assert program is not None
    placed = parse_dockerfile(Text("Dockerfile", "FROM debian\nRUN true\n"))
    assert placed.stages
    script = ShellScript(text.encode("utf-8", "replace").decode(), "dash")
    for remark in program.check([script])[script]:
        assert 0 <= remark.start <= remark.end <= len(script.text)


def test_fixes_are_edits_of_the_file():
    content = "FROM debian\nRUN true; \\\n  cd /x; \\\n  make\n"
    edits = [edit for f in found(content) if f.code == "SC2164" for edit in f.edits]
    at = content.index("/x") + 2
    assert edits == [Edit("Dockerfile", replace_span(at), " || exit")]


def replace_span(at: int):
    from reviewbot.source.text import Span

    return Span(at, at)


def test_it_is_found_beside_python_too(monkeypatch, tmp_path):
    program = tmp_path / "shellcheck"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert ShellCheck.find() == ShellCheck(str(program))


def test_an_old_one_is_asked_in_its_own_words(tmp_path):
    """0.9 knows neither busybox nor the option about values."""
    real = ShellCheck.find()
    assert real is not None
    old = tmp_path / "shellcheck"
    old.write_text(
        f'#!/bin/sh\ncase "$*" in *extended*) exit 4;; esac\ngrep -q busybox 0 && exit 3\nexec {real.path} "$@"\n'
    )
    old.chmod(0o755)
    script = ShellScript("cd /x; ls", "busybox")
    assert [remark.code for remark in ShellCheck(str(old)).check([script])[script]] == [2164]
