"""Whether the meanings of colours are told apart and read, whoever looks.

How people with protanopia, deuteranopia and tritanopia see a colour is computed with the matrices
of Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision
Deficiency" (2009), at full severity, on linear RGB. Distance is that of CIE 1976 L*a*b*, where
2.3 is just noticeable; contrast is WCAG 2.2's, which asks for 4.5 for text.
"""

from __future__ import annotations

import colorsys
from itertools import combinations

import pytest
from textual.app import App
from textual.color import Color

from tests.tui.driving import driving
from tui.configuration.themes import DARK, LIGHT, contrast_of, linear

Light = tuple[float, float, float]

VIEWS: dict[str, tuple[Light, Light, Light]] = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def seen(colour: Color, view: str) -> Light:
    light = tuple(linear(part) for part in colour.rgb)
    red, green, blue = (
        min(1.0, max(0.0, sum(a * b for a, b in zip(row, light, strict=True))))
        for row in VIEWS[view]
    )
    return red, green, blue


def lab(light: Light) -> Light:
    red, green, blue = light
    x = (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047
    y = 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue
    z = (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def distance(one: Color, other: Color, view: str) -> float:
    pairs = zip(lab(seen(one, view)), lab(seen(other, view)), strict=True)
    return float(sum((a - b) ** 2 for a, b in pairs) ** 0.5)


def palette(app: App[None]) -> tuple[dict[str, Color], list[Color]]:
    """What has a meaning, as it is drawn, and the grounds it is drawn on."""
    variables = app.theme_variables
    grounds = [Color.parse(variables[name]) for name in ("background", "surface")]
    plain = grounds[0].get_contrast_text(1.0)
    names = {"attention": "warning", "danger": "error", "write": "primary", "complete": "success"}
    meant = {meaning: Color.parse(variables[f"text-{name}"]) for meaning, name in names.items()}
    meant["text"] = grounds[0].blend(plain, 0.87)  # $text and $text-muted: "auto 87%", "auto 60%"
    meant["dim"] = grounds[0].blend(plain, 0.60)
    return meant, grounds


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_meanings_are_told_apart_and_read_with_every_kind_of_sight(theme: str) -> None:
    async with driving(theme=theme) as driver:
        meant, grounds = palette(driver.app)
        near = {
            (one, other, view): round(distance(meant[one], meant[other], view), 1)
            for one, other in combinations(meant, 2)
            for view in VIEWS
            if distance(meant[one], meant[other], view) < 15
        }
        assert not near
        faint = {
            name: round(contrast_of(colour, ground), 1)
            for name, colour in meant.items()
            for ground in grounds
            if contrast_of(colour, ground) < 4.5
        }
        assert not faint


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_danger_attention_and_complete_keep_the_hues_people_know(theme: object) -> None:
    def hue(name: str) -> float:
        red, green, blue = Color.parse(theme.variables[name]).normalized  # type: ignore[attr-defined]
        return colorsys.rgb_to_hls(red, green, blue)[0] * 360

    assert hue("text-error") < 20 or hue("text-error") > 340
    assert 30 < hue("text-warning") < 55
    assert 120 < hue("text-success") < 170
    assert 200 < hue("text-primary") < 230
