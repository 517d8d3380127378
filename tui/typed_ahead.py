"""Keys typed faster than screens open: each is for the screen that the keys before it lead to.

Textual hands a key on as soon as it comes. What the key before it led to (a message to the screen,
a screen that is pushed and built) is still on its way then, so that of keys that come in one go, by
a fast hand or a paste, those behind Enter would act on the screen that Enter leaves. Here a key
waits until the one before it has done its work.

Where that is a question to the case (the row is not here yet, or the answer says what is opened),
the keys that come within PATIENCE of it wait as well. Who still types later has seen that nothing
opened: what waits is forgotten, and the key is for the screen that is shown.

A screen that has just opened has no rows for a moment, so that a key could act on none of them: it
waits for them, but never longer than PATIENCE. Esc takes back what waits; if nothing does, it is
obeyed at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from time import monotonic
from typing import Any

from textual import events
from textual.app import App, ScreenStackError
from textual.message_pump import MessagePump
from textual.widgets import Input, TextArea

from tui.jobs import Jobs

PATIENCE = 1.0
"""Seconds after a key in which what is typed is meant for the screen that the key opens; and how
long a key waits for rows."""

AT_ONCE = "ctrl+c"
"""The key that never waits."""
BACK = "escape"

_ROUNDS = 3
"""How often in a row nothing must have changed: one message may lead to the next."""
_LOOK = 0.02
"""Seconds between two looks whether an answer has come, which a thread brings."""


class TypedAhead(App[None]):
    """An app whose keys are obeyed one after the other."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self._waiting: deque[events.Key | events.Paste] = deque()
        self._turn: events.Event | None = None
        """The one that waited and is obeyed now."""
        self._opener: Jobs | None = None
        """The screen that was about to open another when some of them came."""
        self._obedience: asyncio.Task[None] | None = None

    @property
    def obeying(self) -> bool:
        """Whether a key still does its work, or waits."""
        return self._obedience is not None

    async def on_event(self, event: events.Event) -> None:
        if (
            not isinstance(event, events.Key | events.Paste)
            or event.is_forwarded
            or event is self._turn
            or _is_key(event, AT_ONCE)
        ):
            await super().on_event(event)
            return
        if self._obedience is not None or self._must_wait(event):
            self._wait(event)
        else:
            await super().on_event(event)
            if self._is_text(event):
                return
        if self._obedience is None:
            self._obedience = asyncio.create_task(self._obey_in_turn(), name="keys in order")

    def _wait(self, event: events.Key | events.Paste) -> None:
        front = self._front
        if not _is_key(event, BACK):
            self._waiting.append(event)
            if front is not None and front.opening_since is not None:
                self._opener = front
            return
        if front is not None and front.opening_since is not None:
            front.stop_opening()
        elif not self._waiting or front is None or not front.filling:
            self._waiting.append(event)
            return
        self._waiting.clear()

    def _must_wait(self, event: events.Event) -> bool:
        """Whether it comes right behind what opened a screen that is not built or filled yet."""
        front = self._front
        return (
            front is not None
            and (front.filling or not front.is_mounted)
            and not _is_key(event, BACK)
            and monotonic() < event.time + PATIENCE
        )

    def _is_text(self, event: events.Event) -> bool:
        """Whether it only adds to what is typed into a box: nothing else is to come of it."""
        text = isinstance(event, events.Paste) or (
            isinstance(event, events.Key) and event.is_printable
        )
        return text and isinstance(self.focused, Input | TextArea)

    @property
    def _front(self) -> Jobs | None:
        """The screen in front, if it can ask."""
        with suppress(ScreenStackError):
            if isinstance(self.screen, Jobs):
                return self.screen
        return None

    # ---- one after the other ---------------------------------------------------------------

    async def _obey_in_turn(self) -> None:
        """Obey what waits, one by one, each when what came before it is done."""
        try:
            done = False
            while not done and self._lives(self):
                await self._come_to_rest()
                await self._see_it_open()
                while self._waiting and self._must_wait(self._waiting[0]):
                    await asyncio.sleep(_LOOK)
                done = not self._waiting
                while self._waiting:
                    self._turn = event = self._waiting.popleft()
                    text = self._is_text(event)
                    self.post_message(event)
                    await self._reached(self)
                    if not text:
                        break
        except ScreenStackError:
            self._waiting.clear()  # the program ends
        finally:
            self._obedience = self._turn = None

    async def _come_to_rest(self) -> None:
        """Wait until what the last key set off is done: from where it went up to the app, again
        and again, until the same is in front and has the focus as before."""
        quiet = 0
        while quiet < _ROUNDS and self._lives(self):
            before = (self.screen, self.focused)
            pump: MessagePump | None = self.focused or self.screen
            while pump is not None:
                await self._reached(pump)
                pump = pump._parent
            quiet = quiet + 1 if (self.screen, self.focused) == before else 0

    async def _reached(self, pump: MessagePump) -> None:
        """Wait until somebody has dealt with all messages that it had, if it does not end before.
        A screen that is being built does so when its widgets are there."""
        reached = asyncio.Event()
        if not pump.call_later(reached.set):
            return
        while not reached.is_set() and self._lives(pump):
            with suppress(TimeoutError):
                await asyncio.wait_for(reached.wait(), _LOOK)

    def _lives(self, pump: MessagePump) -> bool:
        return self.is_running and not self._exit and (pump is self or pump.is_attached)

    async def _see_it_open(self) -> None:
        """Wait for the screen that a key asked for, unless somebody lost patience. What was typed
        for one that did not open is obeyed by none."""
        front = self._front
        if front is not None and (front.opening_since is not None or self._opener is front):
            await self._see_it_open_from(front)
        self._opener = None

    async def _see_it_open_from(self, front: Jobs) -> None:
        while self._front is front and (since := front.opening_since) is not None:
            newest = self._waiting[-1].time if self._waiting else monotonic()
            if newest > since + PATIENCE:
                while self._waiting and self._waiting[0].time <= since + PATIENCE:
                    self._waiting.popleft()
                return
            await asyncio.sleep(_LOOK)
        await self._come_to_rest()
        if self._front is front:
            self._waiting.clear()


def _is_key(event: events.Event, name: str) -> bool:
    return isinstance(event, events.Key) and event.key == name
