"""The commands, their options, and their exit statuses."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from cli.conftest import CommandLine
from end_to_end import sample
from end_to_end.sample import Sample

WORSE = {**sample.SHELL_FORM, **sample.COMPOSE_TROUBLE}
CONTRACT = {
    "finding": "rule aliases severity confidence path side line column end_line end_column message evidence "
    "fingerprint suppressed suggestion",
    "suggestion": "first_line last_line replacement proof",
    "image": "name dockerfile target platform status reason size layers",
    "report": "version verdict base head findings suggestions images notices timings",
}
"""The keys that other people's scripts rely on."""


def test_the_report_has_the_keys_of_the_contract(project: Sample, cli: CommandLine) -> None:
    project.commit(WORSE)
    report = cli.json("review", "--base", "HEAD~1").report

    assert report.keys() >= set(CONTRACT["report"].split())
    (image,) = report["images"]
    assert image.keys() >= set(CONTRACT["image"].split())
    for finding in report["findings"]:
        assert finding.keys() >= set(CONTRACT["finding"].split())
    suggested = [finding["suggestion"] for finding in report["findings"] if finding["suggestion"]]
    for suggestion in (*suggested, *report["suggestions"]):
        assert suggestion.keys() >= set(CONTRACT["suggestion"].split())
    assert (report["version"], report["verdict"]) == (1, "fail")
    assert (report["base"], report["head"]) == (project.base, project.head)
    assert suggested


def test_what_the_change_brings_in_is_all_that_is_told(project: Sample, cli: CommandLine) -> None:
    project.commit(sample.COMPOSE_TROUBLE)
    project.commit(sample.SHELL_FORM)

    assert cli.json("review", "--base", "HEAD~1").found == {("Dockerfile", 6, "json-form-command")}
    everything = cli.json("review", "--base", "HEAD~1", "--scope", "all").found
    assert ("compose.yaml", 12, "compose-image-pinned") in everything
    narrowed = cli.json("review", "--base", "HEAD~1", "--scope", "all", "compose.yaml").found
    assert narrowed and {path for path, _, _ in narrowed} == {"compose.yaml"}


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ([], 0),
        (["--fail-on", "error"], 0),
        (["--fail-on", "warning"], 1),
        (["--fail-on", "info"], 1),
        (["--fail-on", "never"], 0),
        (["--fail-on", "warning", "--rules", "recommended,-json-form-command"], 0),
        (["--fail-on", "warning", "--rules", "DL3025"], 1),
        (["--fail-on", "warning", "--rules", "pin-base-image"], 0),
    ],
)
def test_the_exit_status(project: Sample, cli: CommandLine, options: list[str], status: int) -> None:
    project.commit(sample.SHELL_FORM)

    assert cli("review", "--base", "HEAD~1", "--no-build", *options).status == status


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["review", "--base", "nowhere"], "there is no commit 'nowhere'"),
        (["review", "--base", "HEAD", "../elsewhere"], "../elsewhere: this is outside of the repository"),
        (["review", "--rules", "pin-base-imag"], "did you mean `pin-base-image`?"),
        (["review", "--max-size", "big"], "`max-size`: 'big' is not a size; write 20MB or 1.5GB"),
        (["review", "--max-increase", "5 per cent"], "`max-increase`: '5 per cent' is not a size"),
        (["review", "--format", "xml"], "invalid choice: 'xml'"),
        (["check", "nowhere"], "nowhere: there is no such file or folder"),
        (["check", "--config", "nowhere.yml"], "nowhere.yml: No such file or directory"),
        (["check", "--output", "no/folder/report"], "no/folder/report: No such file or directory"),
        (["check", "-C", "nowhere"], "nowhere: there is no such folder"),
        (["explain", "json-form-comand"], "did you mean `json-form-command`?"),
        (["explain", "dl-3025"], "did you mean `DL3025`?"),
        (["frobnicate"], "invalid choice: 'frobnicate'"),
        ([], "COMMAND"),
    ],
)
def test_what_cannot_be_done_is_said(cli: CommandLine, arguments: list[str], message: str) -> None:
    ran = cli(*arguments)

    assert (ran.status, ran.out) == (2, "")
    assert message in ran.err


def test_a_folder_without_git(cli: CommandLine, tmp_path: Path) -> None:
    ran = cli("review", folder=tmp_path)

    assert (ran.status, ran.out) == (2, "")
    assert ran.err == f"reviewbot: {tmp_path} is not in a git repository; `reviewbot check` judges files without git\n"


def test_where_there_is_no_git_nothing_is_said_of_fix(project: Sample, cli: CommandLine, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    for folder in (plain, project.folder):
        (folder / "Dockerfile").write_text(str(sample.SHELL_FORM["Dockerfile"]))

    assert cli("check", folder=plain).out.endswith("\n1 warning in 1 file.\n")
    assert cli("check").out.endswith("; `reviewbot fix --scope all` applies the fix.\n")


COMMANDS: list[tuple[list[str], str]] = [
    (["check"], "fix --scope all"),
    (["check", "Dockerfile"], "fix --scope all Dockerfile"),
    (["check", "--rules", "json-form-command"], "fix --scope all --rules json-form-command"),
    (["review", "--base", "HEAD~1", "--no-build"], "fix --base HEAD~1"),
    (["review", "--base", "HEAD", "--scope", "all", "--no-build"], "fix --base HEAD --scope all"),
]


@pytest.mark.parametrize(("command", "fix"), COMMANDS)
def test_the_command_that_is_named_applies_the_fixes_that_were_shown(
    project: Sample, cli: CommandLine, command: list[str], fix: str
) -> None:
    project.commit(sample.SHELL_FORM)
    assert f"`{shlex.join(['reviewbot', *fix.split()])}` applies the fix" in cli(*command).out
    cli(*fix.split(), "--no-build")

    assert "json-form-command" not in cli("check").out


def test_in_a_folder_of_a_repository_only_that_is_to_be_fixed(project: Sample, cli: CommandLine) -> None:
    project.commit(
        {"api/Dockerfile": sample.SHELL_FORM["Dockerfile"], "web/Dockerfile": sample.SHELL_FORM["Dockerfile"]}
    )
    assert "`reviewbot fix --scope all .` applies the fix" in cli("check", folder=project.folder / "api").out
    assert "`reviewbot fix --scope all -C api .` applies the fix" in cli("check", "-C", "api").out
    cli("fix", "--scope", "all", "-C", "api", ".", "--no-build")

    assert {path for path, _, rule in cli.json("check").found if rule == "json-form-command"} == {"web/Dockerfile"}


def test_of_a_commit_that_is_named_no_working_tree_can_be_fixed(project: Sample, cli: CommandLine) -> None:
    project.commit(sample.SHELL_FORM)
    ran = cli("review", "--base", "HEAD~1", "--head", "HEAD", "--no-build")

    assert "json-form-command" in ran.out and "reviewbot fix" not in ran.out


def test_where_nothing_is_new_it_is_told_what_fix_looks_at(project: Sample, cli: CommandLine) -> None:
    project.commit(sample.SHELL_FORM)
    ran = cli("fix", "--base", "HEAD", "--no-build")

    assert "0 fixed, 0 left for you" in ran.out and "--scope all takes everything" in ran.out


@pytest.mark.parametrize("rules", [["--rules", "-json-form-command"], ["--rules=-json-form-command"]], ids=len)
def test_a_rule_is_taken_out(project: Sample, cli: CommandLine, rules: list[str]) -> None:
    project.commit(sample.SHELL_FORM)

    assert ("Dockerfile", 6, "json-form-command") in cli.json("check").found
    assert cli.json("check", *rules).found == set()


@pytest.mark.parametrize(
    ("command", "option"),
    [
        *(("check", option) for option in ("--max-size=1GB", "--fail-on-cve=low", "--rebuild-cost=auto", "--no-build")),
        *(("check", option) for option in ("--network=host", "--scope=added")),
        *(("fix", option) for option in ("--fail-on=error", "--max-size=1GB")),
        *(("image", option) for option in ("--scope=all", "--max-increase=5%", "--no-build")),
        *(("compare", option) for option in ("--rules=all", "--fail-on=error")),
        *(("measure", option) for option in ("--rules=all", "--max-size=1GB")),
    ],
)
def test_no_command_takes_an_option_that_does_nothing_there(cli: CommandLine, command: str, option: str) -> None:
    words = {"image": ["."], "compare": [".", "."]}.get(command, [])
    ran = cli(command, *words, option)

    assert ran.status == 2
    assert "unrecognized arguments" in ran.err


def test_names_keep_their_capitals_in_the_help(cli: CommandLine) -> None:
    assert "or built from Dockerfiles." in cli("image", "--help").out
    assert "Publish a review on GitHub" in cli("publish", "--help").out


def test_what_is_passed_over_is_said(project: Sample, cli: CommandLine) -> None:
    project.commit({"node_modules/x/Dockerfile": "FROM debian\n", "empty/readme": "nothing\n"})
    out = cli("check", "node_modules/x/Dockerfile").out

    assert out.startswith("note node_modules/x/Dockerfile: This was not looked at: what lies below `node_modules`")
    assert cli("check", "empty").out.startswith("note empty: There is no Dockerfile, Compose file or `.dockerignore`")


def test_all_that_is_wrong_with_a_configuration_is_told_at_once(project: Sample, cli: CommandLine) -> None:
    wrong = "fail-onn: error\nrules: [recommended, pin-base-imag, -slim-base-imag]\nmax-size: big\nscope: everything\n"
    project.commit({".github/reviewbot.yml": wrong})
    ran = cli("config", "--check")

    assert ran.status == 2
    for line, said in zip(
        ran.err.splitlines(),
        (
            "1: unknown setting `fail-onn`",
            "2: there is no rule `pin-base-imag`",
            "2: there is no rule `slim-base-imag`",
            "3: `max-size`: 'big' is not a size",
            "4: `scope`: 'everything' is none of added",
        ),
        strict=True,
    ):
        assert line.startswith(f"reviewbot: .github/reviewbot.yml:{said}")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("max-size: 1GB\nfail-onn: error\n", ":2: unknown setting `fail-onn`; did you mean `fail-on`?"),
        ("\nrules: [pin-base-imag]\n", ":2: there is no rule `pin-base-imag`; did you mean `pin-base-image`?"),
        ("build: true\nmax-comments: many\n", ":2: `max-comments`: expected a whole number, got a text"),
        ("rules: [all\n", ":1: not valid YAML: nothing closes the bracket that opens here"),
        ("images:\n  - name: web\n    max-size: big\n", ":3: `max-size`: 'big' is not a size; write 20MB or 1.5GB"),
        ("- rules\n", ":1: settings are written as `name: value`"),
    ],
)
def test_a_wrong_configuration_is_told_with_its_line(
    project: Sample, cli: CommandLine, config: str, message: str
) -> None:
    project.commit({".github/reviewbot.yml": config})
    for arguments in (["review", "--base", "HEAD"], ["check"], ["config", "--check"]):
        ran = cli(*arguments)
        assert (ran.status, ran.out) == (2, "")
        assert ran.err.startswith(f"reviewbot: .github/reviewbot.yml{message}")


def test_a_right_configuration(project: Sample, cli: CommandLine) -> None:
    assert cli("config", "--check").out.startswith("There is no .github/reviewbot.yml here")
    project.commit({".github/reviewbot.yml": "rules: [all, -json-form-command]\n", **sample.SHELL_FORM})
    assert cli("config", "--check").out == ".github/reviewbot.yml is right.\n"
    assert cli.json("check").found.isdisjoint({("Dockerfile", 6, "json-form-command")})
    assert "fail-on" in json.loads(cli("config", "--schema").out)["$defs"]["Settings"]["properties"]


# Forms of the report


def test_text_shows_the_lines_and_the_fixes(project: Sample, cli: CommandLine) -> None:
    project.commit(sample.SHELL_FORM)
    out = cli("review", "--base", "HEAD~1", "--no-build").out

    assert "  6 │ CMD sh /srv/serve.sh\n    │     ^^^^^^^^^^^^^^^^\n" in out
    assert '  - CMD sh /srv/serve.sh\n  + CMD ["sh", "/srv/serve.sh"]\n' in out
    assert "\x1b" not in out
    assert "\x1b[" in cli("review", "--base", "HEAD~1", "--no-build", "--color", "always").out


def test_markdown(project: Sample, cli: CommandLine) -> None:
    project.commit(sample.SHELL_FORM)
    out = cli("review", "--base", "HEAD~1", "--no-build", "--format", "markdown").out

    assert out.startswith("# 1 problem to look at\n")
    assert "## `Dockerfile`" in out and "json-form-command" in out


def test_workflow_commands(project: Sample, cli: CommandLine) -> None:
    project.commit(sample.SHELL_FORM)
    out = cli("review", "--base", "HEAD~1", "--no-build", "--format", "github").out

    assert out.startswith("::warning file=Dockerfile,line=6,endLine=6,col=5,endColumn=20,title=json-form-command::")
    assert out.count("\n") == 1


@pytest.mark.parametrize("form", ["text", "json", "markdown", "github"])
def test_a_report_in_a_file_is_the_same(project: Sample, cli: CommandLine, form: str, tmp_path: Path) -> None:
    project.commit(sample.SHELL_FORM)
    command = ["review", "--base", "HEAD~1", "--no-build", "--fail-on", "warning", "--format", form]
    shown, written = cli(*command), cli(*command, "--output", str(tmp_path / "report"))

    assert (written.status, written.out) == (1, "")
    ours, theirs = shown.out, (tmp_path / "report").read_text()
    if form == "json":
        ours, theirs = (json.dumps({**json.loads(text), "timings": None}) for text in (ours, theirs))
    assert ours == theirs


# Fixing


@pytest.mark.parametrize(
    "change",
    [WORSE, sample.ROOT_USER, sample.WINDOWS_LINES, sample.BACKTICKS, sample.WITHOUT_DOCKERIGNORE],
    ids=["several", "user", "windows", "backticks", "new-file"],
)
def test_what_is_fixed_is_gone_and_fixing_again_changes_nothing(
    project: Sample, cli: CommandLine, change: sample.Files
) -> None:
    project.commit(change)
    before = cli.json("review", "--base", "HEAD~1", "--no-build").report
    fixable = {f["fingerprint"] for f in before["findings"] if f["suggestion"]}
    assert fixable

    ran = cli("fix", "--base", "HEAD~1", "--no-build")
    assert ran.status == 0
    lines = [f"  {f['rule']}: {'fixed' if f['suggestion'] else 'left: '}" for f in before["findings"]]
    assert all(line in ran.out for line in lines), "named, also what is left"
    assert f"{len(fixable)} fixed, {len(before['findings']) - len(fixable)} left for you; changed " in ran.out
    after = cli.json("review", "--base", "HEAD~1", "--no-build").report
    assert {f["fingerprint"] for f in after["findings"]} == {f["fingerprint"] for f in before["findings"]} - fixable
    contents = {path: path.read_bytes() for path in project.folder.glob("[!.]*") if path.is_file()}
    assert "0 fixed" in cli("fix", "--base", "HEAD~1", "--no-build").out
    assert all(path.read_bytes() == content for path, content in contents.items())


def test_a_port_that_loses_its_address_is_told_and_given_it_back(project: Sample, cli: CommandLine) -> None:
    local = "services:\n  app:\n    image: example.org/app:1.4.2\n    ports:\n      - 127.0.0.1:8000:8000\n      - 8001:8001\n"
    project.commit({"compose.yaml": local})
    project.commit({"compose.yaml": local.replace("127.0.0.1:", "")})

    for rules in ("recommended", "strict"):
        found = cli.json("review", "--base", "HEAD~1", "--no-build", "--rules", rules).report["findings"]
        assert [(f["rule"], f["line"]) for f in found if "port" in f["rule"]] == [("port-widened", 5)]
    cli("fix", "--base", "HEAD~1", "--no-build")
    assert (project.folder / "compose.yaml").read_text() == local


def test_fixing_keeps_the_line_ends(project: Sample, cli: CommandLine) -> None:
    project.commit(sample.WINDOWS_LINES)
    cli("fix", "--base", "HEAD~1", "--no-build")

    content = (project.folder / "Dockerfile").read_bytes()
    assert content == sample.DOCKERFILE.replace("\n", "\r\n").encode()


def test_a_dry_run_changes_nothing(project: Sample, cli: CommandLine) -> None:
    project.commit(sample.SHELL_FORM)
    ran = cli("fix", "--base", "HEAD~1", "--no-build", "--dry-run")

    assert "1 fixed, 0 left for you; would change Dockerfile" in ran.out
    assert (project.folder / "Dockerfile").read_text() == sample.SHELL_FORM["Dockerfile"]


def test_a_files_name_sends_a_terminal_nothing(project: Sample, cli: CommandLine) -> None:
    project.commit({"\x1b]0;owned\x07/Dockerfile": sample.SHELL_FORM["Dockerfile"]})
    ran = cli("fix", "--base", "HEAD~1", "--no-build", "--dry-run")

    assert "would change /Dockerfile" in ran.out
    assert "\x1b" not in ran.out and "\x07" not in ran.out


def test_a_fix_writes_through_no_link(project: Sample, cli: CommandLine, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "Dockerfile").write_text(str(sample.SHELL_FORM["Dockerfile"]))
    (project.folder / "linked").symlink_to(outside)
    cli("fix", "--base", "HEAD", "--no-build")

    assert (outside / "Dockerfile").read_text() == sample.SHELL_FORM["Dockerfile"]


# Files as they stand, rules and the demonstration


DOCKERFILE_THAT_MOVES = "FROM debian\nUSER 1000\n"


@pytest.mark.parametrize("named", [(), ("Dockerfile",), ("deploy",), ("deploy/Dockerfile",)])
def test_a_link_is_read_as_its_name_says_where_its_file_lies_in_the_folder(
    cli: CommandLine, tmp_path: Path, named: tuple[str, ...]
) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "base.txt").write_text(DOCKERFILE_THAT_MOVES)
    (tmp_path / "Dockerfile").symlink_to("base.txt")
    (tmp_path / "deploy" / "Dockerfile").symlink_to("../base.txt")
    ran = cli("check", "--format", "json", *named, folder=tmp_path)

    assert {(path, line) for path, line, _ in ran.found} == {("base.txt", 1)}
    assert ran.report["notices"] == []


@pytest.mark.parametrize("named", [(), ("compose.yaml",), ("web/compose.yaml",)])
def test_a_compose_file_is_read_through_a_link_beside_it_alone(
    cli: CommandLine, tmp_path: Path, named: tuple[str, ...]
) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "base.yml").write_text("services:\n  web:\n    image: nginx\n    env_file: web.env\n")
    (tmp_path / "web.env").write_text("A=1\n")
    (tmp_path / "web" / "compose.yaml").symlink_to("../base.yml")
    (tmp_path / "compose.yaml").symlink_to("base.yml")
    ran = cli("check", "--format", "json", *named, folder=tmp_path)

    judged = named != ("web/compose.yaml",)
    assert ({"compose-image-pinned"} & {rule for _, _, rule in ran.found} != set()) is judged
    assert ("other files from here" in " ".join(ran.report["notices"])) is (named != ("compose.yaml",))


@pytest.mark.parametrize("named", [(), ("Dockerfile",), ("out/Dockerfile",), ("lost/Dockerfile", "Dockerfile")])
def test_no_link_is_followed_out_of_the_folder(cli: CommandLine, tmp_path: Path, named: tuple[str, ...]) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside, outside, inside / "lost"):
        folder.mkdir()
    (outside / "Dockerfile").write_text(DOCKERFILE_THAT_MOVES)
    (inside / "Dockerfile").symlink_to("../outside/Dockerfile")
    (inside / "out").symlink_to(outside)
    (inside / "lost" / "Dockerfile").write_text("FROM scratch\n")
    ran = cli("check", *named, folder=inside)

    assert "FROM debian" not in ran.out
    assert ran.status == 0
    assert "a symbolic link leads out of the folder" in " ".join(ran.out.split())


def test_a_file_that_lies_elsewhere_is_judged_with_its_own_folder_alone(tmp_path: Path, cli: CommandLine) -> None:
    here, there = tmp_path / "here", tmp_path / "there" / "app"
    here.mkdir()
    there.mkdir(parents=True)
    (here / "Dockerfile").write_text("FROM debian:latest\nUSER 1000\n")
    (there / "Dockerfile").write_text("FROM debian:latest\nUSER 1000\n")

    assert cli.json("check", str(there / "Dockerfile"), folder=here).found == {("Dockerfile", 1, "pin-base-image")}
    both = cli.json("check", ".", str(there / "Dockerfile"), folder=here)
    assert {path for path, _, _ in both.found} == {"here/Dockerfile", "there/app/Dockerfile"}


def test_files_are_judged_without_git(cli: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "Dockerfile").write_text(str(sample.SHELL_FORM["Dockerfile"]))
    (folder / "image.build").write_text("FROM debian:latest\nUSER nobody\n")

    assert cli.json("check", folder=folder).found == {("Dockerfile", 6, "json-form-command")}
    named = cli.json("check", "image.build", folder=folder)
    assert (named.status, named.found) == (1, {("image.build", 1, "pin-base-image")})


def test_the_sample_of_the_readme_is_what_it_says(project: Sample, cli: CommandLine) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    command, _, shown = readme.partition("```console\n$ reviewbot ")[2].partition("```\n")[0].partition("\n")
    (project.folder / "Dockerfile").write_text(
        "FROM debian:13.2-slim\n"
        "RUN apt-get update && apt-get install -y --no-install-recommends nginx\n"
        "USER 1000\n"
        'CMD nginx -g "daemon off;"\n'
    )

    assert cli(*command.split()).out == shown


def test_a_clean_file(project: Sample, cli: CommandLine) -> None:
    ran = cli("check")

    assert (ran.status, ran.err) == (0, "")
    assert ran.out == "No problems in 3 files.\n"


@pytest.mark.parametrize("name", ["json-form-command", "DL3025", "dl3025", "JSONArgsRecommended"])
def test_a_rule_is_explained_by_any_of_its_names(cli: CommandLine, name: str) -> None:
    ran = cli("explain", name)

    assert ran.status == 0
    assert ran.out.startswith("# Write CMD and ENTRYPOINT in JSON form\n")
    assert "### Bad" in ran.out and "# <- finding" in ran.out and "### Good" in ran.out


def test_a_number_that_several_rules_share_explains_them_all(cli: CommandLine) -> None:
    listed = json.loads(cli("rules", "--format", "json").out)
    numbers = [alias for rule in listed for alias in rule["aliases"]]
    shared = next((number for number in numbers if numbers.count(number) > 1), numbers[0])

    titles = [rule["title"] for rule in listed if shared in rule["aliases"]]
    out = cli("explain", shared).out
    assert all(f"# {title}\n" in out for title in titles)


def test_the_rules_are_listed(cli: CommandLine) -> None:
    listed = json.loads(cli("rules", "--format", "json").out)

    assert len(listed) > 20
    for rule in listed:
        assert rule.keys() >= {"name", "title", "category", "severity", "set", "aliases", "fixable"}
    shown = cli("rules").out.splitlines()
    assert [line.split()[0] for line in shown] == [rule["name"] for rule in listed]


def test_the_demonstration(cli: CommandLine, tmp_path: Path) -> None:
    ran = cli("demo", folder=tmp_path)

    assert ran.status == 0
    assert "error" in ran.out and "fix (proven" in ran.out
    assert "No image was built or measured: no Docker Engine answers" in ran.out
    assert list(tmp_path.iterdir()) == [tmp_path / "project"]
    assert cli.json("demo", "--fail-on", "error", folder=tmp_path).status == 1
