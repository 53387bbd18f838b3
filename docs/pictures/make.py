"""Make the pictures of this folder: what the demo's review looks like on GitHub, as a page and at a terminal.

It needs Chromium, npm (for mermaid and GitHub's style sheet) and, for the sizes, a Docker Engine; with pngquant the
pictures become smaller. Run it from the repository's root: ``make screenshots``.
"""

from __future__ import annotations

import contextlib
import html
import io
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt

from reviewbot.change.read import read_change
from reviewbot.demo.repository import demo_repository
from reviewbot.image.docker.engine import Engine
from reviewbot.outcome import Comment, Review
from reviewbot.report.comment import comment_body
from reviewbot.report.context import ReportContext
from reviewbot.report.page import to_html
from reviewbot.report.summary import summary
from reviewbot.report.terminal import terminal_report
from reviewbot.run.change import gather
from reviewbot.run.choices import settings_from

FOLDER = Path(__file__).resolve().parent
CONTEXT = ReportContext(repository_url="https://github.com/acme/shop", head_sha="9fceb02", base_sha="4b825dc")
_BOT = "<b>github-actions</b> bot"
_RULER = """<script>addEventListener("load", () => setTimeout(
  () => document.title = "H" + document.documentElement.scrollHeight, 3000))</script>"""
_MOST_HEIGHT = 1500
"""Pixels: enough to see how it looks."""
PACKAGES = ("mermaid@12.3.0", "github-markdown-css@5.9.0")
_ANSI = {"1": "font-weight:700", "2": "opacity:.65", "1;31": "color:#ff7b72;font-weight:700", "31": "color:#ff7b72",
         "1;33": "color:#e3b341;font-weight:700", "1;34": "color:#79c0ff;font-weight:700", "32": "color:#7ee787",
         "36": "color:#76e3ea"}  # fmt: skip


def main() -> int:
    chromium = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    if chromium is None:
        print("there is no Chromium here", file=sys.stderr)
        return 1
    review = demo_review(sys.argv[1] if len(sys.argv) > 1 else "default")
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        camera = Camera(chromium, scratch, Style(scratch))
        comments = [comment for comment in review.comments if comment.is_placeable][:3]
        camera.take("comment", camera.style.page("".join(inline(comment, review) for comment in comments)), 900)
        for theme in ("light", "dark"):
            said = camera.style.box(markdown(summary(review, context=CONTEXT)))
            camera.take(
                f"summary-{theme}", camera.style.page(said.replace("<details>", "<details open>", 1)), 900, theme
            )
            camera.take(f"page-{theme}", to_html(review, CONTEXT), 1000, theme)
        camera.take("page-narrow", to_html(review, CONTEXT), 500)
        camera.take("terminal", terminal(terminal_report(review, color=True, width=110)), 980)
    return 0


def demo_review(network: str) -> Review:
    with demo_repository() as folder, read_change(folder, "HEAD~1", "HEAD") as read:
        settings = settings_from(read.change.base_tree, {"network": network})
        with contextlib.redirect_stdout(io.StringIO()):
            return gather(read, settings, engine=Engine.find()).review()


class Style:
    """The style sheet and the script that GitHub's pages have."""

    def __init__(self, scratch: Path) -> None:
        command = ["npm", "install", "--silent", "--ignore-scripts", "--no-save", f"--prefix={scratch}", *PACKAGES]
        subprocess.run(command, check=True, cwd=scratch)
        modules = scratch / "node_modules"
        self._css = (modules / "github-markdown-css" / "github-markdown.css").read_text()
        self._mermaid = (modules / "mermaid" / "dist" / "mermaid.min.js").as_uri()

    def page(self, content: str) -> str:
        return f"""<!DOCTYPE html><meta charset="utf-8"><style>{self._css}
body {{ margin: 0; padding: 20px; background: light-dark(#fff, #0d1117); color-scheme: light dark;
  font-family: "Liberation Sans", sans-serif; }}
.box {{ border: 1px solid light-dark(#d1d9e0, #3d444d); border-radius: 6px; margin: 0 0 18px; overflow: hidden; }}
.box .who {{ padding: 8px 14px; font-size: 13px; background: light-dark(#f6f8fa, #151b23);
  color: light-dark(#59636e, #9198a1); border-bottom: 1px solid light-dark(#d1d9e0, #3d444d); }}
.box .markdown-body {{ padding: 14px; font-size: 14px; }}
.lines {{ font: 12px/20px "Liberation Mono", monospace; color: light-dark(#1f2328, #f0f6fc); white-space: pre; }}
.lines div {{ padding: 0 14px; }} .minus {{ background: light-dark(#ffebe9, #3c1618); }}
.plus {{ background: light-dark(#dafbe1, #12311d); }}
.suggested {{ border: 1px solid light-dark(#d1d9e0, #3d444d); border-radius: 6px; margin-bottom: 12px; overflow: hidden; }}
.suggested .who {{ font-size: 12px; padding: 5px 14px; }}
</style><body>{content}<script src="{self._mermaid}"></script><script>
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
mermaid.initialize({{ startOnLoad: true, theme: dark ? "dark" : "default" }});
</script>"""

    def box(self, content: str) -> str:
        return f'<div class="box"><div class="who">{_BOT}</div><div class="markdown-body">{content}</div></div>'


class Camera:
    def __init__(self, chromium: str, scratch: Path, style: Style) -> None:
        self._chromium = chromium
        self._scratch = scratch
        self.style = style

    def take(self, name: str, content: str, width: int, theme: str = "light") -> None:
        """Write ``name.png``: the page at that width, as high as it is."""
        page = self._scratch / f"{name}.html"
        page.write_text(content)
        # The HTML report allows no script, so a copy without that rule is measured.
        measured = page.with_name(f"{name}-measured.html")
        measured.write_text(re.sub(r"<meta http-equiv[^>]*>", "", content) + _RULER)
        height = self._height(measured, width, theme)
        height = min(height, _MOST_HEIGHT)
        picture = FOLDER / f"{name}.png"
        self._run(page, theme, f"--window-size={width},{height}", f"--screenshot={picture}")
        if quantize := shutil.which("pngquant"):
            subprocess.run([quantize, "--force", "--speed=1", "--output", picture, "48", picture], check=False)
        print(f"{picture.name}: {width}x{height}, {picture.stat().st_size // 1024} KB")

    def _height(self, page: Path, width: int, theme: str) -> int:
        dump = self._run(page, theme, f"--window-size={width},200", "--dump-dom")
        found = re.search(r"<title>H(\d+)</title>", dump)
        return int(found[1]) if found else 1200

    def _run(self, page: Path, theme: str, *options: str) -> str:
        scheme = [f"--blink-settings=preferredColorScheme={int(theme != 'dark')}"]
        command = [
            *(
                self._chromium,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--allow-file-access-from-files",
            ),
            *(
                f"--user-data-dir={self._scratch / 'profile'}",
                "--allow-file-access-from-files",
                "--virtual-time-budget=8000",
                *scheme,
                *options,
                page.as_uri(),
            ),
        ]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def markdown(text: str) -> str:
    """Markdown as GitHub renders it: tables, folded parts, and diagrams."""
    made: str = MarkdownIt("gfm-like").render(text)
    return re.sub(
        r'<pre><code class="language-mermaid">(.*?)</code></pre>',
        r'<pre class="mermaid">\1</pre>',
        made,
        flags=re.DOTALL,
    )


def inline(comment: Comment, review: Review) -> str:
    """A comment below the line that it stands on, its suggestion as GitHub shows it."""
    texts = review.texts if comment.side.value == "RIGHT" else review.base_texts
    text = texts[comment.path]
    sign, style = ("+", "plus") if comment.side.value == "RIGHT" else ("-", "minus")
    lines = "".join(
        f'<div class="{style if number >= comment.start_line else ""}">'
        f"{sign if number >= comment.start_line else ' '} {html.escape(text.line_text(number))}</div>"
        for number in range(max(1, comment.start_line - 1), comment.line + 1)
    )
    suggestion = comment.suggestion
    body = markdown(comment_body(comment, review))
    if suggestion is not None and comment.is_applicable:
        old = [text.line_text(number) for number in range(suggestion.first_line, suggestion.last_line + 1)]
        rows = [
            *(("minus", "-", line) for line in old),
            *(("plus", "+", line) for line in suggestion.replacement.splitlines()),
        ]
        shown = "".join(f'<div class="{name}">{mark} {html.escape(line)}</div>' for name, mark, line in rows)
        block = f'<div class="suggested"><div class="who">Suggested change</div><div class="lines">{shown}</div></div>'
        body = re.sub(
            r'<pre><code class="language-suggestion">.*?</code></pre>', lambda _: block, body, flags=re.DOTALL
        )
    return (
        f'<div class="box"><div class="who">{html.escape(comment.path)}</div><div class="lines">{lines}</div></div>'
        f'<div class="box" style="margin: -8px 0 30px 30px"><div class="who">{_BOT}</div>'
        f'<div class="markdown-body">{body}</div></div>'
    )


def terminal(text: str) -> str:
    """A terminal's text with its colours."""

    def spans() -> Iterator[str]:
        for part in re.split(r"(\x1b\[[0-9;]*m)", text):
            code = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
            if code is None:
                yield html.escape(part)
            else:
                yield "</span>" if code[1] in ("", "0") else f'<span style="{_ANSI.get(code[1], "")}">'

    return (
        '<!DOCTYPE html><meta charset="utf-8"><body style="margin:0;background:#0d1117;color:#e6edf3"><pre style="margin:0;'
        f"padding:18px;font:13px/1.4 'Liberation Mono',monospace\">{''.join(spans())}</pre>"
    )


if __name__ == "__main__":
    sys.exit(main())
