"""`python -m tests.fuzz.interface --minutes 20`: somebody at the keyboard and the mouse who presses
anything, by hand, never in CI.

The sample incident is opened, keys, clicks and new sizes come singly and in bursts, and now and
then everything is left alone. Then nothing may be awaited any more, each row on the screen must be
here, no defect may have been met, and Escape must lead back to the first screen. What fails is
printed with its seed and the last things that were done: `--seed N` does them again.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import deque
from pathlib import Path

from textual.errors import NoWidget
from textual.pilot import OutOfBounds

from queries.unexpected import FOLDER
from samples import incident_path
from tests.tui.driving import Driver, driving
from tui.app import FINDINGS, REPOSITORIES
from tui.screens.base import CaseScreen
from tui.widgets.paged_table import PagedTable

KEYS = [
    *("enter", "escape", "up", "down", "left", "right", "pageup", "pagedown", "home", "end"),
    *("tab", "shift+tab", "space", "backspace", "delete"),
    *("ctrl+f", "ctrl+p", "ctrl+a", "ctrl+u", "alt+left", "alt+right"),
    *"abcdefghijklmnoprstuvwxyzABCDEFGHIJKLMNOPRSTUVWXYZ0123456789/?:<>+-[](){}.,;=*#%",
]
"""Not `q`: it ends the program."""
LIKELY = ["enter", "escape", "down", "j", "G", "pagedown", "end", "s", "/", "w", "f", "x", "tab"]
SIZES = [(80, 24), (120, 40), (200, 60), (60, 20), (100, 30)]
STEPS = 60
PATIENCE = 60.0
"""Seconds for everything to come to rest."""


async def walk(seed: int, did: deque[str]) -> str:
    """One session at random; what is wrong at its end, or nothing."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        evidence = Growing(chance, Path(folder)) if chance.random() < 0.3 else None
        where = evidence.folder if evidence else incident_path()
        follow = 0.2 if evidence and chance.random() < 0.5 else None
        size, start = chance.choice(SIZES), chance.choice([FINDINGS, REPOSITORIES])
        did.append(
            f"opens at {start}{', grows' if evidence else ''}{', follows' if follow else ''}"
        )
        async with driving(where, size=size, start=start, follow=follow) as driver:
            return await _session(chance, driver, did, evidence)


class Growing:
    """The incident, of which some files come while it is looked at."""

    def __init__(self, chance: random.Random, folder: Path) -> None:
        self.folder = folder / "evidence"
        files = sorted(path for path in incident_path().rglob("*") if path.is_file())
        self._later = [path for path in files if chance.random() < 0.4]
        for path in set(files).difference(self._later):
            self._copy(path)

    def come(self, some: int) -> None:
        """So many more files are there."""
        for path in self._later[:some]:
            self._copy(path)
        del self._later[:some]

    def _copy(self, path: Path) -> None:
        target = self.folder / path.relative_to(incident_path())
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)


async def _session(
    chance: random.Random, driver: Driver, did: deque[str], evidence: Growing | None
) -> str:
    for _ in range(STEPS):
        if evidence and chance.random() < 0.1:
            did.append("(files come)")
            evidence.come(chance.randrange(1, 9))
        await _one_thing(chance, driver, did)
        if driver.app.return_code is not None:
            return ""  # a click on what quits
        if chance.random() < 0.15:
            did.append("(waits)")
            if said := await _at_rest(driver):
                return said
    if said := await _at_rest(driver):
        return said
    return await _back(driver, did)


async def _one_thing(chance: random.Random, driver: Driver, did: deque[str]) -> None:
    kind = chance.random()
    if kind < 0.06:
        size = chance.choice(SIZES)
        did.append(f"resize {size}")
        await driver.pilot.resize_terminal(*size)
    elif kind < 0.16:
        width, height = driver.app.size
        at = (chance.randrange(width), chance.randrange(height))
        times = chance.choice([1, 1, 2])
        did.append(f"click {at} x{times}")
        try:
            await driver.pilot.click(offset=at, times=times)
        except (OutOfBounds, NoWidget):  # the screen is not there yet
            did.append("(nothing)")
    else:
        some = chance.choice([1, 1, 1, 2, 3, 8])
        keys = [chance.choice(LIKELY if chance.random() < 0.6 else KEYS) for _ in range(some)]
        did.append(" ".join(keys))
        driver.send(*keys)
        if chance.random() < 0.5:
            await driver.pilot.pause(chance.choice([0, 0, 0.01, 0.05]))


async def _at_rest(driver: Driver) -> str:
    """Wait for rest; what is wrong then, or nothing."""
    try:
        await asyncio.wait_for(driver.settle(), PATIENCE)
    except TimeoutError:
        jobs = {type(s).__name__: list(getattr(s, "_jobs", ())) for s in driver.app.screen_stack}
        return f"something is awaited for good: {jobs}, keys waiting: {driver.app.obeying}"
    front = driver.app.screen
    for table in front.query(PagedTable):
        if missing := _missing_rows(table):
            return f"{type(front).__name__}: rows {missing} of {table.id} never came"
    if front.focused is None and isinstance(front, CaseScreen):
        return f"{type(front).__name__}: nothing has the focus"
    return ""


def _missing_rows(table: PagedTable) -> list[int]:
    """Rows on the screen that are not here."""
    if not table.display or not table.size.height:
        return []
    first = table.scroll_offset.y
    shown = range(first, min(table.row_count, first + table.size.height - 1))
    return [at for at in shown if table._rows.row(at) is None]


async def _back(driver: Driver, did: deque[str]) -> str:
    for _ in range(80):
        if len(driver.app.screen_stack) <= 2 and not driver.app.screen.is_modal:
            return ""
        did.append("escape")
        driver.send("escape")
        if said := await _at_rest(driver):
            return said
    return f"Escape does not lead back: {[type(s).__name__ for s in driver.app.screen_stack]}"


def reports() -> list[str]:
    folder = Path(os.environ["XDG_CACHE_HOME"]) / "ecr-investigate" / FOLDER
    found = [path.read_text() for path in sorted(folder.glob("*"))]
    for path in folder.glob("*"):
        path.unlink()
    return found


def session(seed: int) -> str:
    """What is wrong with the session of a seed, with what was done last."""
    did: deque[str] = deque(maxlen=25)
    try:
        wrong = asyncio.run(walk(seed, did))
    except Exception:
        wrong = traceback.format_exc()
    wrong = "\n".join([wrong, *reports()]).strip()
    return f"seed {seed}: {wrong}\n  last: {' | '.join(did)}" if wrong else ""


def main() -> int:
    """Run until the time is over; exit code 1 when something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.interface", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, help="do one session again")
    parser.add_argument("--from", type=int, default=int(time.time()), dest="first")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as home:
        for name in ("CACHE", "CONFIG", "DATA"):
            os.environ[f"XDG_{name}_HOME"] = str(Path(home) / name.lower())
        os.chdir(home)  # some keys write a report
        if options.seed is not None:
            said = session(options.seed)
            print(said or "fine")
            return 1 if said else 0
        end, seed, found = time.monotonic() + 60 * options.minutes, options.first, 0
        while time.monotonic() < end:
            if said := session(seed):
                found += 1
                print(said, flush=True)
            seed += 1
    print(f"{seed - options.first} sessions, {found} of them found something")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
