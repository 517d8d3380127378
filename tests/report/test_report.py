"""The report: what is in it, that it is the same each time, and that log text stays text."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from queries.case import open_case
from queries.marks.events import mark_event
from queries.report.document import FOUND, MARKED, Code, Document, Moment
from queries.report.html import html
from queries.report.markdown import markdown
from queries.safe_text import safe_text
from samples import incident_path
from tests.evidence_files import trail, write
from tests.headless.test_commands import USAGE, call, output
from tests.tui.test_hostile import CONTROL, MARKUP, NESTED, attacked

AT = ("--at", "2026-03-11T09:00:00Z")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PUSH = "09ebcf94-9098-4a9d-9585-d1afde64c383"

HOSTILE = [
    *MARKUP,
    *CONTROL,
    "`code` ``two`` ```three",
    "`",
    "a | b || c \\| d \\\\| e",
    "[link](http://example.com) ![image](x.png) [ref]: http://example.com",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "<!-- comment --> &lt;b&gt; &#x3c; &amp;copy;",
    "http://example.com/x www.example.com someone@example.com https://example.com",
    "# heading",
    "- item",
    "+ item",
    "1. item",
    "2) item",
    "> quote",
    "=== setext",
    "---",
    "***bold*** __bold__ ~~gone~~ snake_case_name $x$",
    '" onmouseover="alert(1)',
    "'; alert(1); //",
    "    indented",
    "```\nfence\n```",
    "~~~\nfence",
    "line\\",
    "</pre></code></table></svg></title>",
    "\u202eevil \u2066x",
    "=cmd|' /C calc'!A0",
    "\\",
    "*",
    "\t tab",
]


@pytest.fixture(scope="module")
def case_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample incident with a push marked, in another folder than its evidence."""
    folder = tmp_path_factory.mktemp("report")
    shutil.copytree(incident_path(), folder / "incident")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setenv("XDG_DATA_HOME", str(folder / "data"))
        patch.setenv("ECR_INVESTIGATE_AUTHOR", "ana")
        with open_case([str(folder / "incident")], case_file=folder / "first.case") as case:
            [(key,)] = case.ask(
                "SELECT event_key FROM events WHERE event_id = $id", {"id": PUSH}
            ).rows
            mark_event(case, key, ["implant"], "not from the pipeline")
    (folder / "elsewhere").mkdir()
    shutil.rmtree(folder / "incident")
    return Path(shutil.move(folder / "first.case", folder / "elsewhere" / "moved.case"))


def test_a_case_without_its_evidence_is_reported_whole(case_file: Path) -> None:
    text = output("report", "--case", case_file, *AT)
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings == [
        "Scope",
        "Coverage and gaps",
        "Findings",
        "What happened",
        "Marked evidence",
        "What could be done",
        "What was not read",
        "Methods and versions",
        "Every file of the evidence",
    ]
    assert "not from the pipeline" in text
    chain = re.findall(r"\*\*chain\*\*: `(.*)`", text)
    assert [link.split(":")[-1] for link in chain[0].split(" → ")] == [
        "user/sam.sre",
        "assumed-role/jump/sam.sre",
        "assumed-role/ci-push/1773012388",
    ]
    fences = [t for t in MarkdownIt().parse(text) if t.type == "fence" and t.info == "json"]
    assert f'"eventID": "{PUSH}"' in fences[0].content or f'"eventID":"{PUSH}"' in fences[0].content
    record = hashlib.sha256(fences[0].content.rstrip("\n").encode()).hexdigest()
    assert record in text, "the hash that is told is that of the record shown"
    with open_case([], case_file=case_file) as case:
        hashes = [row[0] for row in case.ask("SELECT sha256 FROM files").rows]
        rules = case.totals
    assert len(hashes) == rules["files"] > 200
    assert all(digest in text for digest in hashes)
    for word in ("DuckDB", "ecr-investigate", "2026-03-11 09:00:00", "implant-shaped-push"):
        assert word in text
    assert "arn:aws:iam::444455556666:user/sam.sre` (`AKIAURNFBJC6SEXAMPLE`) → " in text


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_the_same_case_gives_the_same_report(case_file: Path, form: str) -> None:
    asked = ("report", "--case", case_file, *AT, "--format", form)
    assert output(*asked) == output(*asked)


def test_the_page_needs_nothing_and_runs_nothing(case_file: Path) -> None:
    page = read(output("report", "--case", case_file, *AT, "--format", "html"))
    assert page.tags <= ALLOWED
    assert "svg" in page.tags
    assert {name for name, _ in page.attributes} <= ATTRIBUTES
    targets = [value for name, value in page.attributes if name == "href"]
    assert targets
    ids = {value for name, value in page.attributes if name == "id"}
    assert {target.removeprefix("#") for target in targets} == ids
    policy = [value for name, value in page.attributes if name == "content"]
    assert any("default-src 'none'" in value for value in policy)
    style = "".join(page.texts("style"))
    assert "@media print" in style
    assert "url(" not in style
    assert "@import" not in style


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")
def test_a_browser_prints_the_page_on_paper(case_file: Path, tmp_path: Path) -> None:
    page, paper = tmp_path / "report.html", tmp_path / "report.pdf"
    page.write_text(output("report", "--case", case_file, "--format", "html", *AT))
    options = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'own'}")
    command = [str(CHROMIUM), *options, f"--print-to-pdf={paper}", page.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    printed = paper.read_bytes()
    assert printed.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) > 10  # all of it, not the first screen


def test_times_and_addresses_are_not_broken_in_a_table() -> None:
    document = Document("times")
    document.table(
        ("when", "from", "what"),
        [("2026-03-08 23:54:57", Code("198.51.100.77"), "it may be broken anywhere")],
    )
    page = html(document)
    assert '<td class="whole">2026-03-08 23:54:57</td>' in page
    assert '<td class="whole"><code>198.51.100.77</code></td>' in page
    assert "<td>it may be broken anywhere</td>" in page


def test_a_time_that_is_none_is_refused() -> None:
    done = call("report", "--demo", "--at", "yesterday")
    assert done.returncode == USAGE


# --- hostile text --------------------------------------------------------------------------------

ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "nav", "ul", "li", "a"),
    *("p", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "code", "pre"),
    *("figure", "figcaption", "svg", "line", "text", "circle", "rect"),
}
ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "href", "id", "class"),
    *("xmlns", "viewbox", "role", "aria-label", "font-family", "font-size", "text-anchor"),
    *("x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "width", "height", "fill"),
    *("stroke", "stroke-width"),
}


class Page(HTMLParser):
    """What a browser would find."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.comments: list[str] = []
        self._open: list[str] = []
        self._found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in ("meta", "line"):
            self._open.append(tag)
            self._found.append((tag, ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, "tags close as they open"

    def handle_data(self, data: str) -> None:
        if self._open:
            for at in range(len(self._found) - 1, -1, -1):
                if self._found[at][0] == self._open[-1]:
                    self._found[at] = (self._found[at][0], self._found[at][1] + data)
                    break

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def texts(self, tag: str) -> list[str]:
        return [text for name, text in self._found if name == tag]


def read(text: str) -> Page:
    page = Page()
    page.feed(text)
    page.close()
    assert page.comments == []
    return page


def spoilt(text: str) -> Document:
    """The text wherever a document can have one."""
    document = Document(text)
    document.heading(text, level=3)
    document.say(text)
    document.say("our words, ", text, " and ", Code(text), kind="note")
    document.bullets([(text,), (Code(text),)])
    document.facts([("plain", text), ("code", Code(text))])
    document.table(("plain", "code"), [(text, Code(text))])
    document.verbatim(text, "json")
    when = datetime(2026, 3, 2, 10)
    moments = [Moment(when, text, text, MARKED), Moment(when, text, text, FOUND)]
    document.timeline(moments, text)
    return document


def inline_text(token: Token) -> str:
    return "".join(child.content for child in token.children or ())


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_shows_log_text_and_means_nothing_by_it(text: str) -> None:
    tokens = (
        MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown(spoilt(text)))
    )
    kinds = {token.type for token in tokens}
    kinds |= {child.type for token in tokens for child in token.children or ()}
    assert not kinds & {
        *("link_open", "image", "html_inline", "html_block", "em_open", "s_open", "hr"),
        *("code_block", "ordered_list_open", "softbreak", "hardbreak"),
    }
    assert [t.tag for t in tokens if t.type == "heading_open"] == ["h1", "h3"]
    assert len([t for t in tokens if t.type == "fence"]) == 1
    assert len([t for t in tokens if t.type == "table_open"]) == 2
    assert len([t for t in tokens if t.type == "td_open"]) == 2 + 2 * 4
    assert len([t for t in tokens if t.type == "bullet_list_open"]) == 2
    safe = safe_text(text)
    inlines = [inline_text(token) for token in tokens if token.type == "inline"]
    assert inlines[0] == safe.strip()
    at = next(i for i, t in enumerate(tokens) if t.type == "td_open")
    assert inline_text(tokens[at + 1]) == safe.strip()
    assert inline_text(tokens[at + 4]) == safe.strip()
    [fence] = [t for t in tokens if t.type == "fence"]
    assert fence.content == safe_text(text, keep="\n\t") + "\n"
    source = markdown(spoilt(text))
    outside = re.sub(r"```.*?```|`[^`]*`", "", source, flags=re.DOTALL)
    if "`" not in text:
        assert not re.search(r"(?i)https?://|www\.", outside), "no reader makes a link of it"


@pytest.mark.parametrize("text", HOSTILE)
def test_html_shows_log_text_and_means_nothing_by_it(text: str) -> None:
    page = read(html(spoilt(text)))
    assert page.tags <= ALLOWED
    assert {name for name, _ in page.attributes} <= ATTRIBUTES
    safe = safe_text(text)
    assert page.texts("td")[0] == safe
    assert page.texts("h1") == [safe]
    assert page.texts("pre") == [safe_text(text, keep="\n\t")]
    assert safe in page.texts("figcaption")


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_a_hostile_case_is_reported(tmp_path: Path, form: str) -> None:
    write(tmp_path / "logs", {"a.json": trail(attacked([*MARKUP, *CONTROL, *NESTED]))})
    with open_case([str(tmp_path / "logs")]) as case:
        for (key,) in case.ask("SELECT event_key FROM events ORDER BY event_key").rows:
            mark_event(case, key, ["<b>"], "[x](javascript:alert(1)) `|`")
    text = output("report", tmp_path / "logs", *AT, "--format", form, "--name", "<i>`x`|")
    assert all(char.isprintable() or char in "\n\t" for char in text)
    if form == "html":
        page = read(text)
        assert page.tags <= ALLOWED
        assert all(v.startswith("#") for name, v in page.attributes if name == "href")
    else:
        tokens = MarkdownIt("commonmark").enable("table").parse(text)
        found = {child.type for token in tokens for child in token.children or ()}
        assert not found & {"link_open", "image", "html_inline"}
        assert "html_block" not in {token.type for token in tokens}
