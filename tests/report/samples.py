"""Reviews to render: each shows one thing that a report has to say well."""

from __future__ import annotations

from msgspec.structs import replace

from reviewbot.change.model import Hunk
from reviewbot.finding import Finding, Location, Notice, Severity, Side, Suppression
from reviewbot.image.model.report import BuildFailure, ImageReport, ImageStatus, Rebuild, RebuiltStep, WithSuggestions
from reviewbot.image.model.size import ImageSize, LayerChange, LayerDelta
from reviewbot.image.model.spec import ImageSpec
from reviewbot.outcome import Comment, Proof, Review, Suggestion, Verdict
from reviewbot.source.text import Span, Text

DOCKERFILE = Text(
    "Dockerfile",
    """\
FROM debian:12.5-slim
RUN apt-get update && apt-get install build-essential
WORKDIR /srv
COPY . .
EXPOSE 8080
CMD ./serve --port 8080
""",
)
BASE_DOCKERFILE = Text("Dockerfile", DOCKERFILE.content.replace("EXPOSE 8080\n", "EXPOSE 8080\nUSER app\n"))
COMPOSE = Text("compose.yaml", "services:\n  db:\n    image: postgres:16.4\n")
HUNKS = {"Dockerfile": (Hunk(1, 7, 1, 6, (6,), (2,)),)}
HEAD = "9fceb02d0ae598e95dc970b74767f19372d61af8"
BASE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def at(text: Text, quoted: str, side: Side = Side.RIGHT) -> Location:
    """The place of a quoted part of a file."""
    start = text.content.index(quoted)
    return Location.of(text, Span(start, start + len(quoted)), side)


APT_YES = Finding(
    "apt-get-yes",
    Severity.ERROR,
    at(DOCKERFILE, "apt-get install"),
    "`apt-get install` without `-y` waits for an answer that never comes",
    "debian apt-get install",
    why="Nobody answers during a build, so this step ends in `Abort.`.",
)
NO_RECOMMENDS = Finding(
    "apt-get-no-recommends",
    Severity.INFO,
    at(DOCKERFILE, "apt-get install"),
    "`apt-get install` brings recommended packages along",
    "debian apt-get recommends",
    why="They are rarely needed in an image.",
)
NON_ROOT = Finding(
    "non-root-user",
    Severity.WARNING,
    at(DOCKERFILE, "./serve --port 8080"),
    "This container runs as root",
    "debian",
    why="The stage ends without `USER`, and `debian:12.5-slim` sets none.",
    evidence="the image built from this commit runs as uid 0",
)
REMOVED_USER = replace(
    NON_ROOT,
    location=at(BASE_DOCKERFILE, "USER app", Side.LEFT),
    evidence="The base has this line, and with it no such problem; removing it alone brings it in.",
)
IGNORE_FILE = Finding(
    "dockerignore-missing",
    Severity.WARNING,
    at(DOCKERFILE, ". ."),
    "`COPY . .` copies the repository's history into the image",
    "context",
    why="There is no `.dockerignore`, and `.git` has 12.4 MB.",
)
HEALTHCHECK = Finding(
    "healthcheck-missing",
    Severity.WARNING,
    at(COMPOSE, "db"),
    "Service `db` has no healthcheck",
    "db",
    why="`api` starts as soon as the container of `db` exists.",
    advice="Add a `healthcheck` that asks `pg_isready`, and let `api` wait with `condition: service_healthy`.",
)
BUILD_FAILURE = Finding(
    "build-failure",
    Severity.ERROR,
    at(DOCKERFILE, "RUN apt-get update && apt-get install build-essential"),
    "The image does not build: this step ends with exit code 1",
    "Dockerfile",
    log="#5 [2/4] RUN apt-get update && apt-get install build-essential\n#5 Do you want to continue? [Y/n] Abort.\n",
)

APT_FIX = Suggestion(
    "Dockerfile",
    2,
    2,
    "RUN apt-get update && apt-get install -y --no-install-recommends build-essential\n",
    (APT_YES, NO_RECOMMENDS),
)
USER_FIX = Suggestion(
    "Dockerfile",
    6,
    6,
    'RUN useradd --system --create-home app\nUSER app\nCMD ["./serve", "--port", "8080"]\n',
    (NON_ROOT,),
    Proof.BUILT,
)
IGNORE_FIX = Suggestion(".dockerignore", 1, 0, ".git\nnode_modules\n", (IGNORE_FILE,), creates_file=True)


def comment(*findings: Finding, suggestion: Suggestion | None = None, **given: bool) -> Comment:
    where = findings[0].location
    first, last = (suggestion.first_line, suggestion.last_line) if given.get("is_applicable") and suggestion else (0, 0)
    return Comment(
        where.path,
        where.side,
        first or where.line,
        last or where.line,
        findings,
        suggestion,
        is_placeable=given.get("is_placeable", True),
        is_applicable=given.get("is_applicable", False),
    )


API = ImageSpec("api", "Dockerfile", "")
GROWN = ImageReport(
    API,
    ImageStatus.MEASURED,
    "linux/amd64",
    size=ImageSize(148_200_000, 189_400_000, 74_800_000, 74_800_000, 55_100_000, 68_200_000),
    layers=(
        LayerDelta(
            "RUN apt-get update && apt-get install build-essential", 2, 40_000_000, 78_900_000, LayerChange.GROWN
        ),
        LayerDelta("WORKDIR /srv", 3, 0, 0, LayerChange.SAME),
        LayerDelta("COPY . .", 4, 33_400_000, 35_700_000, LayerChange.GROWN),
    ),
    broken_budgets=("It grows by 41.2 MB, 21.2 MB more than the 20.0 MB allowed.",),
    rebuild=Rebuild(
        "src/|app.js", (RebuiltStep("COPY . .", 4, 0.02), RebuiltStep("RUN npm ci | `tee`", None, 31.25)), 2, 32.04
    ),
    with_suggestions=WithSuggestions(149_000_000, 3, starts=True),
)
UNCHANGED = replace(
    GROWN,
    size=ImageSize(148_200_000, 148_203_100, 74_800_000, 74_800_000),
    layers=(LayerDelta("COPY . .", 4, 73_400_000, 73_403_100, LayerChange.DRIFT),),
    broken_budgets=(),
    rebuild=None,
    with_suggestions=None,
)
DOES_NOT_BUILD = ImageReport(
    ImageSpec("worker", "worker/Dockerfile", "worker"),
    ImageStatus.FAILED,
    "linux/amd64",
    failure=BuildFailure("worker/Dockerfile", 2, "the step in line 2 ends with exit code 1", BUILD_FAILURE.log),
)
NOT_BUILT = ImageReport(
    ImageSpec("web", "web/Dockerfile", "web"), ImageStatus.SKIPPED, "linux/amd64", reason="no Docker Engine answers"
)

PLACED = (
    comment(APT_YES, NO_RECOMMENDS, suggestion=APT_FIX, is_applicable=True),
    comment(NON_ROOT, suggestion=USER_FIX, is_applicable=True),
    comment(IGNORE_FILE, suggestion=IGNORE_FIX),
    comment(HEALTHCHECK, is_placeable=False),
)
REVIEW = Review(
    Verdict.FAIL,
    BASE,
    HEAD,
    findings=(APT_YES, NO_RECOMMENDS, IGNORE_FILE, NON_ROOT, HEALTHCHECK),
    suppressed=((replace(HEALTHCHECK, subject="cache"), Suppression("comment", "restarted by the cluster")),),
    fixed=(replace(APT_YES, rule="legacy-env", message="`ENV` in its old form"),),
    suggestions=(APT_FIX, IGNORE_FIX, USER_FIX),
    comments=PLACED,
    images=(GROWN,),
    notices=(Notice("docker-bake.hcl is not read: no `buildx` here"),),
    files=("Dockerfile", "compose.yaml"),
    texts={"Dockerfile": DOCKERFILE, "compose.yaml": COMPOSE},
    base_texts={"Dockerfile": BASE_DOCKERFILE},
    hunks=HUNKS,
    timings={"review": 0.041},
)
CLEAN = Review(
    Verdict.PASS,
    BASE,
    HEAD,
    images=(UNCHANGED,),
    files=("Dockerfile",),
    texts={"Dockerfile": DOCKERFILE},
    hunks=HUNKS,
)
