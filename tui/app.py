"""The interface: a thin shell that opens the case and shows the first screen."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.message import Message
from textual.notifications import SeverityLevel
from textual.screen import Screen

from queries.enrichment.model import Enrichment
from queries.errors import Cancelled
from queries.progress import CancelToken, Progress
from queries.safe_text import safe_text
from tui import enriched, years
from tui.configuration import key_words
from tui.configuration.preferences import Preferences
from tui.configuration.themes import OWN
from tui.growing import GrowingApp
from tui.history import History
from tui.rules_job import RulesJob
from tui.screens.loading import LoadingScreen

if TYPE_CHECKING:
    from queries.case import Case
    from queries.engines.opening import Choice as EngineChoice
    from queries.findings.settings import Settings
    from queries.sources.buckets.choice import Choice, Offer
    from queries.sources.buckets.remote import Remote
    from tui.tour import Tour
    from tui.window import Window

FINDINGS, REPOSITORIES = STARTS = ("findings", "repositories")
"""Where the program can begin."""


class Opened(Message, bubble=False):
    """The case is open; posted from the reading thread."""

    def __init__(self, case: Case) -> None:
        super().__init__()
        self.case = case


class NotOpened(Message, bubble=False):
    """The evidence could not be opened at all."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class Listed(Message, bubble=False):
    """A bucket was listed and there is something to choose; the reading thread waits."""

    def __init__(self, offer: Offer) -> None:
        super().__init__()
        self.offer = offer


class RulesAsked(Message, bubble=False):
    """The rules are through; posted from their thread."""


def _usual_settings() -> Settings:
    from queries.findings.settings import load_settings

    return load_settings()


def _screen_commands() -> type[Provider]:
    from tui.palette import ScreenCommands

    return ScreenCommands


class InvestigateApp(GrowingApp):
    """Reads the evidence on a thread, then looks for findings and starts there."""

    TITLE = "ecr-investigate"
    CSS_PATH = "app.tcss"
    COMMANDS = {_screen_commands}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "quit", "Quit", show=False, priority=True),
        Binding("q", "quit", "Quit"),
        Binding("space", "tour('go_on')", "Tour: on", show=False, priority=True),
        Binding("backspace", "tour('go_back')", "Tour: back", show=False, priority=True),
        Binding("escape", "tour('end')", "End of the tour", show=False, priority=True),
    ]

    def __init__(
        self,
        paths: Sequence[str],
        *,
        case_file: Path | None = None,
        use_cache: bool = True,
        preferences: Preferences | None = None,
        theme_name: str | None = None,
        remote: Remote | None = None,
        engine: EngineChoice | None = None,
        ask_what: bool = True,
        follow: float | None = None,
        start: str = FINDINGS,
        start_at: str | None = None,
        settings: Callable[[], Settings] | None = None,
        enrichment: Enrichment | None = None,
        tour: bool = False,
    ) -> None:
        """`engine`: who answers over the converted folder that the path is.
        `ask_what`: whether to ask what of a bucket is loaded, before anything is fetched.
        `follow`: seconds after which to look for new evidence, again and again.
        `start`: the place to begin at; the rules run at once only if that is the findings.
        `start_at`: a value (key, address, person, digest, time …) whose screen opens first.
        `settings`: the configuration, asked for when the rules run.
        `preferences`: what it says about the interface; `theme_name` goes before its theme."""
        # Without this Textual turns colours into greys, which are colours to a terminal.
        super().__init__(follow, ansi_color=True if "NO_COLOR" in os.environ else None)
        self._paths = list(paths)
        self._case_file = case_file
        self._use_cache = use_cache
        self._remote = remote
        self._engine = engine
        self._ask_what = ask_what
        self._said_none = False
        """Whether it was said that there are no findings, and still is so."""
        self._start = start
        self._start_at = start_at
        self.history = History()
        enriched.use(enrichment or Enrichment())
        self.window: Window | None = None
        """The window of time that narrows the lists of every screen."""
        self.rules = RulesJob(settings or _usual_settings, self._rules_asked)
        self._cancel = CancelToken()
        self._listing_cancel = CancelToken(self._cancel)
        self._chosen: SimpleQueue[Choice | None] = SimpleQueue()
        self._progress = Progress()
        self._reader: threading.Thread | None = None
        self.failure = ""
        self.evidence_seen = False
        """Whether the evidence screen was opened, so that what is missing has been seen."""
        self.preferences = preferences or Preferences()
        self._theme_name = theme_name or self.preferences.theme
        self._absent = ""
        self._tour_wanted = tour
        self.tour: Tour | None = None
        """The walk over the demo, while there is one."""

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Say something in passing. It may hold text from a log or a file's name: it is never
        markup, and no terminal obeys it."""
        shown = safe_text(message, keep="\n")
        super().notify(
            shown, title=safe_text(title), severity=severity, timeout=timeout, markup=False
        )

    @property
    def evidence_name(self) -> str:
        """A short name for what is open."""
        if not self._paths:
            return self._case_file.name if self._case_file else ""
        names = [Path(path).absolute().name or path for path in self._paths]
        return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"

    @property
    def evidence_complete(self) -> bool:
        return self._case is not None and bool(self._case.totals["evidence_complete"])

    def on_mount(self) -> None:
        for theme in (*OWN, *self.preferences.themes):
            self.register_theme(theme)
        self.theme = self._theme_name
        key_words.use(self.preferences.keys.changed)
        self.set_keymap(self.preferences.keys.changed)
        self.push_screen(self._loading())
        self._reader = threading.Thread(target=self._open, name="open case", daemon=True)
        self._reader.start()

    def _loading(self) -> LoadingScreen:
        return LoadingScreen(self._progress, self._cancel, self.evidence_name, self._listing_cancel)

    def _open(self) -> None:
        from tui.opening import open_evidence

        opening = open_evidence(
            self._paths,
            case_file=self._case_file,
            use_cache=self._use_cache,
            progress=self._progress,
            cancel=self._cancel,
            remote=self._remote,
            choose=self._choose if self._ask_what else None,
            listing_cancel=self._listing_cancel,
            engine=self._engine,
        )
        if opening.case is None:
            self.post_message(NotOpened(opening.reason))
            return
        self._absent = opening.absent
        self._case = opening.case
        self.post_message(Opened(opening.case))

    def _choose(self, offer: Offer) -> Choice:
        """On the reading thread: ask, and wait for the answer."""
        self.post_message(Listed(offer))
        choice = self._chosen.get()
        if choice is None:
            raise Cancelled("nothing was chosen")
        return choice

    def on_listed(self, message: Listed) -> None:
        from queries.sources.buckets.options import is_remote
        from tui.screens.selection import SelectionScreen

        def done(choice: Choice | None) -> None:
            self._chosen.put(choice)
            if choice is None:
                self.exit(return_code=0)
            else:
                self.switch_screen(self._loading())

        name = ", ".join(path for path in self._paths if is_remote(path))
        self.switch_screen(SelectionScreen(message.offer, name, done))

    def on_opened(self, message: Opened) -> None:
        from tui.screens.evidence import EvidenceScreen
        from tui.screens.repositories import RepositoriesScreen

        totals = message.case.totals
        years.of_evidence(totals)
        if self._tour_wanted:
            from tui.tour import Tour

            self.tour = Tour(self)
        if not totals["raw_records"] and "part" not in totals:
            self.switch_screen(EvidenceScreen())
            self.notify(
                "no CloudTrail record could be read: the notes say why, file by file",
                severity="warning",
                timeout=10,
            )
        elif self._start_at is not None:
            from tui.start import open_start

            first = RepositoriesScreen()
            self.switch_screen(first)
            self.call_after_refresh(open_start, first, self._start_at)
        elif self._start == FINDINGS:
            from tui.screens.findings import FindingsScreen

            self.switch_screen(FindingsScreen(self.rules))
        else:
            self.switch_screen(RepositoriesScreen())
        if self._absent:
            self.notify(self._absent, severity="warning", timeout=15, markup=False)
        if totals.get("stopped"):
            self.notify("reading was stopped: what was read is shown, the rest is missing")
        self.go_on_looking()

    def action_command_palette(self) -> None:
        from tui.palette import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    # ---- the tour --------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The keys of the tour are its own only while there is one, and nobody types."""
        if action != "tour":
            return super().check_action(action, parameters)
        if self.tour is None:
            return False
        in_dialog = self.tour.at_its_dialog and parameters != ("go_on",)
        return self.tour.takes_keys or in_dialog

    def action_tour(self, step: str) -> None:
        """`go_on`, `go_back` or `end`."""
        if self.tour is not None:
            getattr(self.tour, step)()

    def on_tour_panel_chosen(self, message: Any) -> None:
        self.action_tour({"next": "go_on", "back": "go_back"}.get(message.word, "end"))

    # ---- the window of time ----------------------------------------------------------------

    def set_window(self, window: Window | None) -> None:
        """Narrow the lists of every screen, or show all of the time again."""
        self.window = window
        for screen in self.built_screens:
            screen.show_status()
            screen.window_changed()
            screen.refresh_bindings()

    # ---- history ---------------------------------------------------------------------------

    def push_screen(self, screen: Any, *more: Any, **named: Any) -> Any:
        self.history.opened(screen)
        opened = super().push_screen(screen, *more, **named)
        if self.tour is not None and screen.is_modal:
            self.call_later(self.tour.follow, screen)
        return opened

    def pop_screen(self) -> Any:
        self.history.left(self.screen)
        return super().pop_screen()

    # ---- findings --------------------------------------------------------------------------

    def _rules_asked(self) -> None:
        """On the thread of the rules."""
        self.post_message(RulesAsked())

    def on_rules_asked(self) -> None:
        """Whoever waits for the rules shows what they found. Where the program began with looking
        and found nothing, it goes on to the repositories."""
        from tui.configuration.key_words import key_of
        from tui.screens.findings import FindingsScreen, asked_rules
        from tui.screens.repositories import RepositoriesScreen
        from tui.screens.timeline import TimelineScreen

        self.rules.told = not self.rules.running
        found = self.rules.found
        front = self.screen_stack[-1] if self.screen_stack else None
        begun = isinstance(front, FindingsScreen) and not front.shown and self._is_first(front)
        if begun and found is not None and not found.stories:
            self.switch_screen(RepositoriesScreen())
            self.notify(f"no findings · {asked_rules(found)}", timeout=6)
            self._said_none = True
            return
        if self._said_none and found is not None and found.stories:
            self._said_none = False
            said = f"findings now, as more was read · {key_of('go-findings')} opens them"
            self.notify(said, severity="warning", timeout=10)
        for screen in self.screen_stack:
            if isinstance(screen, FindingsScreen | TimelineScreen):
                screen.asked()

    def _is_first(self, screen: Screen[Any]) -> bool:
        """Whether nothing was opened before this screen."""
        return self.case_screens == [screen]

    def _handle_exception(self, error: Exception) -> None:
        """Textual would print a traceback with what the variables hold: log text, and worse."""
        from queries.unexpected import in_a_sentence

        self.failure = self.failure or in_a_sentence(error)
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Whoever runs the interface says what `failure` is, once the terminal is free."""
        self._close_messages_no_wait()

    def on_not_opened(self, message: NotOpened) -> None:
        self.failure = message.reason
        self.exit(return_code=1 if message.reason else 0)

    async def action_quit(self) -> None:
        nothing = self._case is not None and not self._case.totals["raw_records"]
        self._stop_reading()
        self.exit(return_code=1 if nothing else 0)

    def _stop_reading(self) -> None:
        self._lookout.stop()
        self._cancel.cancel()
        self._chosen.put(None)  # for whoever waits for a choice

    async def _on_exit_app(self) -> None:
        self._stop_reading()
        await super()._on_exit_app()

    def finish(self) -> None:
        """After the interface has ended: wait for whatever still reads, and close the case."""
        if self._reader is not None:
            self._reader.join(timeout=10)
        self._lookout.join()
        self.rules.stop()
        from tui.jobs import join_questions

        join_questions()
        self.rules.close()
        if self._late is not None:
            self._late.close()
        if self._case is not None:
            self._case.close()
