"""Take the pictures for README and docs from the program itself, on the sample incident.

Run `make screenshots` after a screen has changed.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from textual.pilot import Pilot

from tui.app import REPOSITORIES, InvestigateApp
from tui.jobs import Jobs

FOLDER = Path(__file__).parent / "screenshots"
EVIDENCE = "samples/incident"

SHOTS: dict[str, tuple[tuple[int, int], Sequence[str]]] = {
    "findings": ((110, 26), ("i", *["j"] * 6)),
    "repositories": ((110, 24), ()),
    "pushes": ((130, 30), ("enter", *["j"] * 6)),
    "push": ((110, 34), ("enter", *["j"] * 6, "enter")),
    "layers": ((110, 22), ("enter", *["j"] * 6, "enter", "2", "end")),
    "principal": ((110, 26), ("enter", *["j"] * 6, "u")),
    "activity": ((130, 32), ("enter", *["j"] * 6, "enter", "a", "w")),
    "raw": ((110, 26), ("enter", *["j"] * 6, "o")),
    "evidence": ((110, 28), ("e",)),
}

_FONT_FACE = re.compile(r"@font-face\s*\{.*?\}", re.DOTALL)


async def settle(pilot: Pilot[None]) -> None:
    """Wait until a screen over the case is shown and all its questions are answered."""
    for _ in range(400):
        await pilot.pause(0.02)
        screen = pilot.app.screen
        if isinstance(screen, Jobs) and not screen.busy:
            await pilot.pause(0.05)
            if not screen.busy:
                return
    raise TimeoutError("the screen does not come to rest")


async def take(name: str, size: tuple[int, int], keys: Sequence[str], cache: str) -> None:
    # A relative path: pictures show no folder of the machine they were taken on.
    app = InvestigateApp([EVIDENCE], case_file=Path(cache) / "demo.duckdb", start=REPOSITORIES)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        for key in keys:
            await pilot.press(key)
            await settle(pilot)
        picture = app.export_screenshot(title="ecr-investigate", simplify=True)
    app.finish()
    # The pictures load nothing: viewers use their own monospaced font.
    (FOLDER / f"{name}.svg").write_text(
        _FONT_FACE.sub("", picture).replace("Fira Code", "monospace"), encoding="utf-8"
    )


async def main() -> None:
    os.chdir(Path(__file__).parent.parent)
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as cache:
        for name, (size, keys) in SHOTS.items():
            await take(name, size, keys, cache)


if __name__ == "__main__":
    asyncio.run(main())
