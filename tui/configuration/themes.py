"""Themes: two of our own, Textual's, and the user's.

Colour means attention, danger, write or selected, and nothing else. In the two own themes these are
told apart with every kind of colour vision, and read easily; `tests/tui/test_colours.py` computes
both. Textual's own themes keep the meanings, but nobody promises that much of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual.color import Color, ColorParseError
from textual.theme import BUILTIN_THEMES, Theme

if TYPE_CHECKING:
    from queries.findings.toml_file import Table

DARK = replace(
    BUILTIN_THEMES["textual-dark"],
    name="dark",
    variables={
        "text-warning": "#FFC83D",
        "text-error": "#EA6237",
        "text-success": "#35E09A",
        "text-primary": "#57A5E2",
    },
)
LIGHT = replace(
    BUILTIN_THEMES["textual-light"],
    name="light",
    background="#F4F4F4",
    surface="#E8E8E8",
    panel="#DCDCDC",
    variables={
        **BUILTIN_THEMES["textual-light"].variables,
        "text-warning": "#8E5D07",
        "text-error": "#7C0007",
        "text-success": "#117740",
        "text-primary": "#1A4FB0",
        "foreground-muted": "#5E5E5E",
    },
)
OWN = (DARK, LIGHT)

MEANINGS = {
    "attention": ("warning", "text-warning"),
    "danger": ("error", "text-error"),
    "complete": ("success", "text-success"),
    "write": ("", "text-primary"),
    "selected": ("primary", "block-cursor-background"),
}
"""What a colour of the user's stands for: the member of a theme, and the variable of its text."""

GROUNDS = ("foreground", "background", "surface", "panel")
LEAST_CONTRAST = 3.0
"""Below this nobody reads a text: WCAG 2.2, 1.4.11, asks as much even of a line in a picture."""


def known(own: Sequence[Theme] = ()) -> dict[str, Theme]:
    """Every theme by its name; the user's first, then ours, then Textual's."""
    return {theme.name: theme for theme in (*own, *OWN)} | {
        name: theme for name, theme in BUILTIN_THEMES.items() if name not in {t.name for t in own}
    }


def contrast_of(one: Color, other: Color) -> float:
    """From 1 (the same) to 21 (black on white), as WCAG 2.2 defines it under "contrast ratio"."""
    dim, bright = sorted(_luminance(colour) for colour in (one, other))
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: Color) -> float:
    red, green, blue = (linear(part) for part in colour.rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(part: int) -> float:
    """A part of an sRGB colour (0 to 255) as light (0 to 1)."""
    share = part / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def read_themes(table: Table) -> list[Theme]:
    """The tables [themes.NAME]. Raises `WrongUsage` with the line that is wrong."""
    return [_read(name, table.table(name), table) for name in table.names]


def _read(name: str, table: Table, above: Table) -> Theme:
    if name in known():
        above.fail(name, f"there is a theme '{name}' already; give yours another name")
    table.only("base", *MEANINGS, *GROUNDS)
    base = known()[table.choice("base", list(known()), "theme", "dark")]
    if base.ansi:
        table.fail("base", f"'{base.name}' has the terminal's own colours: none can be changed")
    members: dict[str, Any] = {}
    variables = dict(base.variables)
    for key in table.names:
        if key == "base":
            continue
        colour = _colour(table, key)
        if key in GROUNDS:
            members[key] = colour
            continue
        member, variable = MEANINGS[key]
        if member:
            members[member] = colour
        variables[variable] = colour
    theme = replace(base, name=name, variables=variables, **members)
    _check(theme, table)
    return theme


def _colour(table: Table, key: str) -> str:
    text = table.text(key, "")
    try:
        colour = Color.parse(text)
    except ColorParseError:
        table.fail(key, f'\'{text}\' is no colour; write "#ffc83d" or a name such as "orange"')
    if colour.a < 1 or colour.ansi is not None:
        table.fail(key, f"'{text}' must be a colour of its own, not see-through or the terminal's")
    return colour.hex


def _check(theme: Theme, table: Table) -> None:
    """The meanings stay: each is seen on the ground, and none looks like another."""
    colours = theme.to_color_system().generate() | theme.variables
    ground = Color.parse(colours["background"])
    seen: dict[str, str] = {}
    for meaning in ("attention", "danger", "write"):
        colour = Color.parse(colours[MEANINGS[meaning][1]])
        key = meaning if meaning in table.names else next(iter(table.names), "")
        if (contrast := contrast_of(colour, ground)) < LEAST_CONTRAST:
            table.fail(
                key,
                f"'{meaning}' cannot be read on the background (contrast {contrast:.1f}; at least"
                f" {LEAST_CONTRAST:g})",
            )
        if (other := seen.setdefault(colour.hex, meaning)) != meaning:
            table.fail(key, f"'{meaning}' has the same colour as '{other}'")
