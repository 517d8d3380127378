"""The conversation: reads a line, answers below it, never draws anything again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from queries.marks.events import mark_event
from queries.marks.tables import MarkTables
from queries.question import Order, Question
from queries.safe_text import safe_text
from queries.scope import ALL, VALUE, Scope
from queries.start_at import find_start
from queries.unexpected import in_a_sentence
from tui.plain import further, places
from tui.plain.places import Place, Way
from tui.plain.words import details, row_in_words, spoken
from tui.widgets.columns import Row

if TYPE_CHECKING:
    from queries.case import Case
    from queries.findings.found import Found
    from queries.findings.settings import Settings

PAGE = 10
"""Rows that are read at a time."""


@dataclass
class _Stand:
    """A place, and how far its list was read."""

    place: Place
    question: Question | None
    first: int = 0
    rows: tuple[Row, ...] = ()
    more: bool = False


class Session:
    """One conversation over a case. `lines` are what is typed, without line ends."""

    def __init__(
        self,
        case: Case,
        lines: Iterable[str],
        out: TextIO,
        settings: Callable[[], Settings],
        name: str,
    ) -> None:
        self._case, self._lines, self._out = case, lines, out
        self._settings, self._name = settings, name
        self._found: Found | None = None
        self._tables = MarkTables()
        self._stack: list[_Stand] = []
        self._commands: dict[str, tuple[str, Callable[[str], None]]] = {
            "next": ("more of the list; Enter alone does the same", lambda _: self._next()),
            "list": ("the place again, from its beginning", lambda _: self._again()),
            "back": ("to the place before", lambda _: self._back()),
            "here": ("where you are, and the way here", lambda _: self._here()),
            "filter": ("filter TEXT: only rows with it; filter alone: all rows", self._filter),
            "sort": ("sort COLUMN: by it; again turns it round", self._sort),
            "details": ("details NUMBER: all that a row holds", self._details),
            "pivot": ("pivot NUMBER: everything with a value of that row", self._pivot),
            "value": ("value TEXT: everything with this value", self._value),
            "search": ("search TEXT: in the raw records; /…/ is a pattern", self._search),
            "mark": ("mark NUMBER, or mark alone on a record: as evidence", self._mark),
            "unmark": ("take back the last step of marking", lambda _: self._undo()),
            "go": ("go PLACE, such as go findings; go alone lists the places", self._go),
            "start": (
                "start VALUE: where a key, address, digest, person or time leads",
                self._start,
            ),
            "report": ("report html or report markdown: write it into this folder", self._report),
            "help": ("what can be said here", lambda _: self._help()),
            "quit": ("the end", lambda _: None),
        }

    # ---- talking ---------------------------------------------------------------------------

    def run(self, start_at: str | None = None, first: str = "findings") -> None:
        """Talk until `quit` or the end of the input."""
        self._say("Plain mode: type a number to open a line, help for what can be said.")
        self._attempt(lambda: self._open(self._places()[first][1]))
        if start_at:
            self._attempt(lambda: self._start(start_at))
        self._prompt()
        for line in self._lines:
            if not self._obey(line.strip()):
                break
            self._prompt()
        self._tables.close()
        if self._found is not None:
            self._found.close()

    def _obey(self, line: str) -> bool:
        word, _, rest = line.partition(" ")
        if line.isdecimal():
            self._attempt(lambda: self._enter(int(line)))
            return True
        command = self._command(word.lower()) if word else "next"
        if command == "quit":
            return False
        if command is None:
            self._say(f"There is no command {safe_text(word, 40)} here; help lists them.")
        elif command in self._commands:
            self._attempt(lambda: self._commands[command][1](rest.strip()))
        else:
            self._attempt(lambda: self._way(command, rest.strip()))
        return True

    def _command(self, word: str) -> str | None:
        """The command that a word, or the beginning of one, stands for."""
        known = [*self._commands, *self._stand.place.ways, *self._stand.place.row_ways]
        if word == "?":
            return "help"
        if word in known:
            return word
        found = [name for name in known if name.startswith(word)]
        return found[0] if found else None

    def _attempt(self, act: Callable[[], None]) -> None:
        try:
            act()
        except KeyboardInterrupt:
            self._say("Stopped.")
        except Exception as error:  # the session goes on, whatever one command met
            self._say(f"That did not work: {safe_text(in_a_sentence(error), 500)}")

    def _say(self, text: str) -> None:
        self._out.write(text + "\n")

    def _prompt(self) -> None:
        self._out.write("> ")
        self._out.flush()

    @property
    def _stand(self) -> _Stand:
        return self._stack[-1]

    # ---- places ----------------------------------------------------------------------------

    def _open(self, way: Way) -> None:
        place = way(self._case)
        self._stack.append(_Stand(place, place.question))
        self._again()

    def _again(self) -> None:
        stand = self._stand
        self._say(f"{spoken(safe_text(stand.place.title))}.")
        for line in stand.place.facts:
            self._say(line)
        stand.first, stand.rows, stand.more = 0, (), True
        if stand.question is not None:
            self._next()
        elif not stand.place.facts:
            self._say("Nothing more is known.")

    def _next(self) -> None:
        stand = self._stand
        if stand.question is None or not stand.more:
            self._say("That is the end of it.")
            return
        stand.first += len(stand.rows)
        page = stand.question.with_page(PAGE + 1, stand.first)
        answer = stand.place.asked(self._case).ask(page.sql, page.bound)
        rows = tuple(Row.of(n, answer.columns, row) for n, row in enumerate(answer.rows))
        stand.rows, stand.more = rows[:PAGE], len(rows) > PAGE
        if not rows:
            self._say("The list is empty." if not stand.first else "That is the end of it.")
        for number, row in enumerate(stand.rows, stand.first + 1):
            self._say(row_in_words(number, stand.place.columns, row))
        if stand.more:
            self._say("There is more: Enter goes on.")

    def _back(self) -> None:
        if len(self._stack) == 1:
            self._say("This is the first place.")
            return
        self._stack.pop()
        stand = self._stand
        self._say(f"{spoken(safe_text(stand.place.title))}. List reads it again.")

    def _here(self) -> None:
        for number, stand in enumerate(self._stack, 1):
            self._say(f"{number}. {spoken(safe_text(stand.place.title))}")
        needle = self._stand.question.needle if self._stand.question else ""
        if needle:
            self._say(f"Filtered by: {safe_text(needle)}")

    def _row(self, text: str) -> Row | None:
        stand = self._stand
        number = int(text) if text.isdecimal() else 0
        if not number >= 1:
            self._say("Say which line, by its number.")
            return None
        if stand.first < number <= stand.first + len(stand.rows):
            return stand.rows[number - stand.first - 1]
        if stand.question is not None:
            page = stand.question.with_page(1, number - 1)
            answer = stand.place.asked(self._case).ask(page.sql, page.bound)
            if answer.rows:
                return Row.of(0, answer.columns, answer.rows[0])
        self._say(f"There is no line {number} here.")
        return None

    def _enter(self, number: int) -> None:
        row = self._row(str(number))
        enter = self._stand.place.enter
        if row is None:
            return
        if enter is None:
            self._details(str(number))
        else:
            self._open(enter(row))

    def _way(self, word: str, rest: str) -> None:
        place = self._stand.place
        if word in place.ways and not rest:
            self._open(place.ways[word][1])
        elif word in place.row_ways:
            row = self._row(rest)
            if row is not None:
                self._open(place.row_ways[word][1](row))
        else:
            self._say(f"{word} stands alone here.")

    # ---- what can be said ------------------------------------------------------------------

    def _filter(self, text: str) -> None:
        stand = self._stand
        if stand.question is None or not stand.place.searched:
            self._say("There is nothing to filter here.")
            return
        stand.question = stand.question.with_needle(text, stand.place.searched)
        self._again()

    def _sort(self, text: str) -> None:
        stand = self._stand
        named = {spoken(c.label).lower(): c.key for c in stand.place.columns if c.label}
        held = stand.rows[0].values if stand.rows else {}
        named = {label: key for label, key in named.items() if key in held}
        key = next(
            (k for label, k in named.items() if text and label.startswith(text.lower())), None
        )
        if stand.question is None or key is None:
            self._say(f"Sort by one of: {', '.join(named) or 'nothing here'}.")
            return
        now = stand.question.order[0] if stand.question.order else None
        descending = bool(now and now.column == key and not now.descending)
        stand.question = stand.question.with_order(Order(key, descending))
        self._again()

    def _details(self, text: str) -> None:
        row = self._row(text)
        for line in details(row) if row is not None else ():
            self._say(line)

    def _pivot(self, text: str) -> None:
        from tui.pivots import pivots_of

        number, _, which = text.partition(" ")
        row = self._row(number)
        if row is None:
            return
        columns = [column.key for column in self._stand.place.columns]
        choices = {c.key: c for name in columns for c in pivots_of(row, name)}
        listed = list(choices.values())
        if which.isdecimal() and 0 < int(which) <= len(listed):
            self._value(listed[int(which) - 1].key)
            return
        for at, choice in enumerate(listed, 1):
            self._say(f"{at}. {safe_text(choice.note)} {safe_text(choice.label)}")
        self._say(f"Say pivot {number} and one of these numbers.")

    def _value(self, text: str) -> None:
        if not text:
            self._say("Say value and the text of it.")
            return
        self._open(places.activity(Scope(VALUE, text)))

    def _search(self, text: str) -> None:
        self._open(further.search(text))

    def _mark(self, text: str) -> None:
        place = self._stand.place
        key = place.own_event if not text else None
        if text and place.event_key is not None and (row := self._row(text)) is not None:
            key = place.event_key(row)
        if key is None:
            self._say("There is no event to mark here.")
            return
        mark = mark_event(self._case, key)
        problem = self._case.marks.problem
        what = safe_text(str(mark.subject.get("event_name") or "event"))
        self._say(f"Marked: {what}." + (f" {problem}" if problem else ""))

    def _undo(self) -> None:
        step = self._case.marks.undo()
        self._say("Nothing is left to take back." if step is None else "Taken back.")

    def _places(self) -> dict[str, tuple[str, Way]]:
        return {
            "findings": ("what the rules found", self._findings),
            "repositories": ("who pushed what, where", places.repositories),
            "pushes": ("every push and attempt", places.pushes(None)),
            "ran": ("deployments", places.deployments(None)),
            "principals": ("roles, users, services", places.principals),
            "keys": ("sessions and keys", places.entry("keys")),
            "addresses": ("who came from there", places.entry("addresses")),
            "resources": ("everything done to it", places.entry("resources")),
            "events": ("all events in order of time", places.activity(Scope(ALL))),
            "images": ("by digest", further.images),
            "layers": ("of images", further.layers),
            "tags": ("which moved, and how often", further.tags(None)),
            "pulls": ("by whom", further.pulls),
            "scans": ("what scans found", further.scans),
            "contain": ("what could be done, as text", self._contain),
            "marked": ("what is marked as evidence", places.marked(self._tables)),
            "evidence": ("files, and what is missing", places.evidence),
        }

    def _contain(self, case: Case) -> Place:
        return further.contain(self._rules())(case)

    def _findings(self, case: Case) -> Place:
        return places.findings(self._rules())(case)

    def _rules(self) -> Found:
        if self._found is None:
            from queries.findings.run import find

            self._say("Asking the rules.")
            self._out.flush()
            self._found = find(self._case, self._settings())
        return self._found

    def _go(self, text: str) -> None:
        known = self._places()
        found = [name for name in known if text and name.startswith(text.lower())]
        if found:
            self._open(known[found[0]][1])
            return
        for name, (why, _) in known.items():
            self._say(f"go {name}: {why}")

    def _start(self, text: str) -> None:
        start = find_start(self._case, text)
        if isinstance(start, str):
            self._say(safe_text(start, 300))
            return
        way = places.started(start)
        if way is not None:
            self._open(way)
            return
        self._say(safe_text(start.said, 300))
        for name in start.several:
            self._say(f"start {safe_text(name)}")

    def _report(self, text: str) -> None:
        from queries.marks import keeper
        from tui.commands.handover import report_text
        from tui.enriched import enrichment

        form = text.lower() or "html"
        endings = {"html": "html", "markdown": "md"}
        if form not in endings:
            self._say("Say report html or report markdown.")
            return
        moment = keeper.now().replace(microsecond=0)
        target = Path.cwd() / f"report-{moment:%Y%m%dT%H%M%SZ}.{endings[form]}"
        known = enrichment()
        written = report_text(self._case, self._rules(), form, moment, self._name, known)
        with target.open("x", encoding="utf-8", newline="") as out:
            target.chmod(0o600)
            out.write(written)
        self._say(f"Written: {safe_text(str(target))}")

    def _help(self) -> None:
        place = self._stand.place
        if place.enter is not None:
            self._say("NUMBER: open that line")
        for word, (why, _) in place.ways.items():
            self._say(f"{word}: {why}")
        for word, (why, _) in place.row_ways.items():
            self._say(f"{word} NUMBER: {why}")
        for word, (why, _) in self._commands.items():
            self._say(f"{word}: {why}")
        self._say("The beginning of a word is enough.")


def typed(lines: Iterable[str]) -> Iterator[str]:
    """Lines as they come from a terminal or a file, without their ends."""
    for line in lines:
        yield line.rstrip("\r\n")
