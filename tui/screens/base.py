"""The frame of every screen: status line, breadcrumb, body, footer; and the keys they share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.css.query import NoMatches
from textual.events import ScreenResume
from textual.widget import Widget
from textual.widgets import Input, TabbedContent, TabPane, TextArea

from queries.question import Question
from tui.awaiting import Awaiting
from tui.dialogs import Choice, Picker, SqlView
from tui.key_help import KeyHelp
from tui.list_filter import ListFilter
from tui.question_table import QuestionTable
from tui.status import StatusLine
from tui.widgets.banner import Banner
from tui.widgets.breadcrumb import Breadcrumb
from tui.widgets.facts import Facts
from tui.widgets.filter_box import FilterBox
from tui.widgets.key_bar import KeyBar
from tui.widgets.paged_table import PagedTable, Row

if TYPE_CHECKING:
    from tui.remembered import Remembered

Fact = tuple[str, Content | str]


class CaseScreen(ListFilter, Awaiting, KeyHelp):
    """Base of all screens over a case. A subclass gives `segment`, `body` and what Enter does."""

    HORIZONTAL_BREAKPOINTS = [
        (0, "-narrow"),
        (150, "-wide"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back"),
        Binding("alt+left,less_than_sign", "previous", "Screen before", show=False),
        Binding("alt+right,greater_than_sign", "forward", "Screen after", show=False),
        Binding("slash", "filter", "Filter"),
        Binding("s", "sort", "Sort"),
        Binding("x", "pivot", "Pivot"),
        Binding("r", "app.look_again", "Look again", show=False),
        Binding("X", "app.stop_reading_on", "Stop reading", show=False),
        Binding("y", "copy_cell", "Copy", show=False),
        Binding("Y", "copy_row", "Copy row", show=False),
        Binding("v", "show_sql", "SQL behind this screen", show=False),
        Binding("i", "go('findings')", "Findings", show=False),
        Binding("R", "go('repositories')", "Repositories", show=False),
        Binding("p", "go('principals')", "Principals", show=False),
        Binding("D", "go('where')", "Where it ran", show=False),
        Binding("e", "go('evidence')", "Evidence", show=False),
        Binding("E", "go('events')", "All events", show=False),
        Binding("ctrl+f", "go('search')", "Search raw records", show=False),
        Binding("T", "go('timeline')", "Timeline", show=False),
        Binding("W", "clear_window", "Whole time", show=False),
        Binding("Q", "go('sql')", "SQL prompt", show=False),
        Binding("S", "start", "Start from", show=False),
        Binding("K", "go('keys')", "Sessions and keys", show=False),
        Binding("A", "go('addresses')", "Addresses", show=False),
        Binding("O", "go('resources')", "Resources", show=False),
        Binding("I", "go('images')", "Images and layers", show=False),
        Binding("question_mark", "help", "Keys"),
        Binding("colon", "app.command_palette", "Command", show=False),
    ]

    _renewing = False
    search_text = ""
    """What a search of the raw records, opened from here, looks for at once."""
    _made: tuple[tuple[Any, ...], dict[str, Any]]
    recalled: Remembered | None = None
    """Where one was on this screen when it was left, if it is shown again."""

    def __new__(cls, *given: Any, **named: Any) -> Self:
        """Note what it is made from, so that going forward can make it again."""
        self = super().__new__(cls)
        self._made = (given, named)
        return self

    def again(self) -> CaseScreen:
        """A screen like this one, for going forward to it after it was left."""
        given, named = self._made
        return type(self)(*given, **named)

    def body(self) -> Iterable[Widget]:
        """The widgets between breadcrumb and footer."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        yield StatusLine(self.case.totals, self.app.evidence_name)  # type: ignore[attr-defined]
        if self._warns() or self._fetching():
            yield Banner(self.case.totals, self._fetching())
        yield Breadcrumb(id="crumbs")
        with Container(id="body"):
            yield from self.body()
        yield FilterBox(lambda: self._close_filter(clear=False))
        yield KeyBar()

    def _warns(self) -> bool:
        """Whether the banner stands here: evidence is missing, nobody has looked yet, and it is not
        just being read."""
        app: Any = self.app
        return not (app.evidence_seen or app.reads_on or self.case.totals["evidence_complete"])

    def _fetching(self) -> str:
        """How far the objects are of which the rest is being read."""
        app: Any = self.app
        line: str = app.fetching_line(self.app.size.width - 2)
        return line

    @on(ScreenResume)
    def _follow(self) -> None:
        app: Any = self.app
        if app.tour is not None:
            app.tour.follow(self)

    @property
    def typing(self) -> bool:
        """Whether a box that is typed into has the focus."""
        return isinstance(self.focused, Input | TextArea)

    @on(ScreenResume)
    def show_banner(self) -> None:
        """Show, change or take away the line about what is missing or on its way."""
        shown, fetching = self.query(Banner), self._fetching()
        if not self._warns() and not fetching:
            shown.remove()
        elif shown:
            shown.first().show(self.case.totals, fetching)
        else:
            self.mount(Banner(self.case.totals, fetching), before="#crumbs")

    @on(Banner.Opened)
    def _open_evidence(self, message: Banner.Opened) -> None:
        message.stop()
        self.action_go("evidence")

    def on_mount(self) -> None:
        if not self.app.is_running:
            return  # somebody quits while it opens: its widgets will not come
        self.query_one("#filter", Input).display = False
        self._set_crumbs()
        self.show_status()
        if self.recalled is not None:
            self.recalled.find_places(self)
        self.ready()
        if self.recalled is not None:
            # Behind what `ready` has asked for in the same way.
            self.app.call_later(self._recall)

    def _recall(self) -> None:
        if self.recalled is not None and self.is_attached:
            self.recalled.find_tab(self)
            self.recalled = None

    def ready(self) -> None:
        """Called once the widgets are there: ask the questions."""

    def show_status(self) -> None:
        """The line on top, with what there is to say about looking again."""
        app: Any = self.app
        window = app.window.words if app.window is not None else ""
        if window and not self.follows_window():
            window += " · here all of the time"
        self.query_one(StatusLine).set(self.case.totals, app.lookout_words, window)

    def follows_window(self) -> bool:
        """Whether what is shown now is narrowed by the window of time; if not, the line on top
        says so."""
        table = self.table
        return table is not None and table.question is not None and self.narrowable(table.question)

    def table_asked(self) -> None:
        """What is shown has changed, and with it perhaps whether the window narrows it."""
        self.call_after_refresh(self._status_again)  # it is known then which table is shown

    def _status_again(self) -> None:
        if self.query(StatusLine):
            self.show_status()
            self._set_crumbs()

    @on(TabbedContent.TabActivated)
    def _other_tab_shown(self) -> None:
        self.table_asked()

    def window_changed(self) -> None:
        """Another window of time narrows the lists: ask them anew, and stay at the same row."""
        for table in self.query(QuestionTable):
            if table.question is not None and self.narrowable(table.question):
                row = table.selected_row
                table.show(table.question, keep=True)
                if row is not None:
                    table.move_to_row_key(row.key)

    @staticmethod
    def narrowable(question: Question) -> bool:
        """Whether a window of time can narrow it."""
        return {"since", "until"} <= question.statement.parameters

    def action_clear_window(self) -> None:
        """All of the time again, on every screen."""
        app: Any = self.app
        app.set_window(None)

    def renew(self) -> None:
        """The case has grown: ask everything again, and stay at the same place."""
        held = [
            (table, table.question, table.view_state, table.selected_row)
            for table in self.query(QuestionTable)
        ]
        self._renewing = True
        self.show_banner()
        self.ready()
        for table, question, state, row in held:
            table.show_years()
            if question is not None:
                table.show(question, keep=True)
                table.restore_row(state, row.key if row is not None else None)
        # Behind what `ready` has asked for in the same way.
        self.app.call_later(self._renewed)

    def _renewed(self) -> None:
        self._renewing = False

    def set_focus(
        self, widget: Widget | None, scroll_visible: bool = True, from_app_focus: bool = False
    ) -> None:
        """While a screen is asked anew, the focus stays (and with it the tab that is open)."""
        if not self._renewing:
            super().set_focus(widget, scroll_visible, from_app_focus)

    def _set_crumbs(self) -> None:
        stack = self.app.screen_stack
        names = [screen.segment for screen in stack if isinstance(screen, CaseScreen)]
        self.query_one("#crumbs", Breadcrumb).set(names, self.filter_words)

    @on(Breadcrumb.SegmentSelected)
    def _go_to_segment(self, message: Breadcrumb.SegmentSelected) -> None:
        screens = [s for s in self.app.screen_stack if isinstance(s, CaseScreen)]
        for _ in range(len(screens) - 1 - message.index):
            self.app.pop_screen()

    # ---- the table the keys act on ---------------------------------------------------------

    @property
    def table(self) -> QuestionTable | None:
        """The table that has the focus, or the first one that is shown."""
        if isinstance(self.focused, QuestionTable):
            return self.focused
        return next((t for t in self.query(QuestionTable) if t.is_on_screen), None)

    @property
    def row(self) -> Row | None:
        """The row under the cursor of `table`."""
        table = self.table
        return table.selected_row if table is not None else None

    def questions(self) -> Sequence[Question]:
        """The questions behind this screen, for the SQL key."""
        return [t.question for t in self.query(QuestionTable) if t.question is not None]

    def preview(self, row: Row) -> list[Fact]:
        """What the preview says about a row; nothing by default."""
        return []

    @on(PagedTable.RowHighlighted)
    def _show_preview(self, message: PagedTable.RowHighlighted) -> None:
        try:
            facts = self.query_one("#preview", Facts)
        except NoMatches:
            return
        if message.table is not self.table:
            return  # one behind another tab
        facts.set(self.preview(message.row) if message.row is not None else [])

    # ---- shared actions --------------------------------------------------------------------

    def action_previous(self) -> None:
        """To the screen before, with filters left as they are."""
        if len([s for s in self.app.screen_stack if isinstance(s, CaseScreen)]) > 1:
            self.app.pop_screen()

    def action_back(self) -> None:
        box = self.query_one("#filter", Input)
        if box.display:
            self._close_filter(clear=True)
        elif self.table is not None and self.table.question and self.table.question.needle:
            self.table.filter_by("")
            box.value = ""
        elif len([s for s in self.app.screen_stack if isinstance(s, CaseScreen)]) > 1:
            self.app.pop_screen()

    def action_forward(self) -> None:
        """To the screen that was left last by going back."""
        app: Any = self.app
        app.history.forward(self)

    def action_sort(self) -> None:
        table = self.table
        if table is None:
            return
        now = table.sort[0] if table.sort else None
        choices = [
            Choice(key, label, note="sorted now; again turns it round" if key == now else "")
            for key, label in table.sortable
        ]
        self.app.push_screen(Picker("Sort by", choices), self._sort)

    def _sort(self, key: str | None) -> None:
        if key is not None and self.table is not None:
            self.table.sort_by(key)

    def action_show_sql(self) -> None:
        text = "\n".join(question.pasteable() for question in self.questions())
        if text:
            self.app.push_screen(SqlView(f"-- duckdb -readonly '{self.case.path}'\n\n{text}"))

    def action_tab(self, name: str) -> None:
        """Show a tab and put the focus into it (screens with tabs bind keys to this)."""
        tabs = self.query_one("#tabs", TabbedContent)
        tabs.active = name
        next(iter(tabs.get_pane(name).query("QuestionTable, Facts"))).focus()

    def action_next_tab(self) -> None:
        tabs = self.query_one("#tabs", TabbedContent)
        names = [str(pane.id) for pane in tabs.query(TabPane)]
        self.action_tab(names[(names.index(tabs.active) + 1) % len(names)])

    def own_bindings(self) -> Iterable[Binding]:
        for kind in type(self).__mro__:
            if kind is CaseScreen:
                return
            yield from Binding.make_bindings(vars(kind).get("BINDINGS", ()))

    def action_go(self, place: str) -> None:
        """Open one of the places that are not part of the drill-down."""
        from tui.screens import places

        if self.segment != places.TITLES.get(place):
            app: Any = self.app
            app.push_screen(places.make(place, app))

    def action_start(self) -> None:
        """The menu of places and ready questions."""
        from tui.start import open_menu

        open_menu(self)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide keys that would do nothing here: the footer never lies."""
        if self.lacks_row(action):
            return False
        if action == "back":
            return self._can_go_back()
        if action == "previous":
            return len([s for s in self.app.screen_stack if isinstance(s, CaseScreen)]) > 1
        if action == "clear_window":
            return self.app.window is not None  # type: ignore[attr-defined]
        if action == "forward":
            app: Any = self.app
            return bool(app.history)
        if action in ("mark", "undo_mark"):
            return self.can_mark(action)
        if action == "copy_row":
            return self.row is not None
        if action == "go":
            from tui.screens import places

            return self.segment != places.TITLES.get(str(parameters[0]))
        if action in ("filter", "sort"):
            return self.table is not None and (action == "sort" or self.can_filter(self.table))
        return True

    def _can_go_back(self) -> bool:
        if len([s for s in self.app.screen_stack if isinstance(s, CaseScreen)]) > 1:
            return True
        table = self.table
        filtered = bool(table and table.question and table.question.needle)
        return filtered or bool(self.query("#filter") and self.query_one("#filter").display)
