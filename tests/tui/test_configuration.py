"""What the configuration says about the interface: keys, themes; and how it complains."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from textual.color import Color

from queries.errors import WrongUsage
from queries.findings.settings import load_settings
from tests.evidence_files import write
from tests.headless.test_commands import DONE, USAGE, call, complaint, output
from tests.tui.driving import API, driving
from tui.configuration.key_map import KeyMap, actions, clashes, load_places
from tui.configuration.key_words import in_configuration, spelled, with_keys
from tui.configuration.preferences import Preferences, load_preferences, theme_of
from tui.configuration.written import commented
from tui.dialogs import Help, Picker
from tui.screens.base import CaseScreen
from tui.screens.evidence import EvidenceScreen
from tui.screens.pushes import PushesScreen
from tui.screens.repositories import RepositoriesScreen
from tui.widgets.key_bar import KeyBar


def read(folder: Path, text: str) -> Preferences:
    write(folder, {"c.toml": text.encode()})
    return load_preferences(folder / "c.toml")


# ---- keys -------------------------------------------------------------------------------------


async def test_changed_keys_work_and_are_shown_wherever_keys_are_shown(tmp_path: Path) -> None:
    preferences = read(
        tmp_path,
        '[keys]\nquit = "ctrl+q"\nhelp = ["f1", "ctrl+g"]\ngo-evidence = "?"\nactivity = "f6"\n'
        '[keys.pushes]\ntags = "f7"\nwhere = "t"\n',
    )
    async with driving(preferences=preferences) as driver:
        await driver.press("q", "e")
        driver.on(RepositoriesScreen)  # neither quits nor opens anything any more
        bar = driver.text(driver.app.screen.query_one(KeyBar))
        assert "? Evidence" in bar
        assert "f6 Activity" in bar
        assert "f1 Keys" in bar
        assert "^q Quit" in bar
        await driver.press("?")
        driver.on(EvidenceScreen)
        await driver.press("escape")
        await driver.go_to(repository=API)
        await driver.press("enter", "f1")
        driver.on(Help)
        listed = driver.text()
        assert re.search(r"f7\s+Tags", listed)
        assert re.search(r"\bt\s+Where it ran", listed)
        await driver.press("escape")
        bar_widget = driver.on(PushesScreen).query_one(KeyBar)
        at = driver.text(bar_widget).index("f7 Tags")
        await driver.click(bar_widget, at + 1)
        assert driver.screen.segment.startswith("tags")


async def test_a_key_of_the_tour_is_free_outside_of_it(tmp_path: Path) -> None:
    preferences = read(tmp_path, '[keys.repositories]\nstart = "space"\n')
    async with driving(preferences=preferences) as driver:
        await driver.press("space")
        driver.on(Picker)


async def test_two_actions_can_change_places(tmp_path: Path) -> None:
    preferences = read(tmp_path, '[keys]\ngo-evidence = "p"\ngo-principals = "e"\n')
    async with driving(preferences=preferences) as driver:
        await driver.press("p")
        driver.on(EvidenceScreen)


async def test_sentences_name_the_key_as_it_is_now(tmp_path: Path) -> None:
    preferences = read(tmp_path, '[keys]\nmark = "f8"\n')
    async with driving(preferences=preferences) as driver:
        await driver.press("B")
        assert "nothing is marked yet · f8 marks" in driver.text()
    async with driving() as driver:
        await driver.press("B")
        assert "nothing is marked yet · M marks" in driver.text()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[keys]\nfliter = "f5"', "line 2: there is no action or screen 'fliter'; did you mean"
         " 'filter'?"),
        ('[keys.pushs]\ntags = "f5"', "line 1: there is no action or screen 'pushs'; did you mean"
         " 'push"),
        ('[keys.pushes]\ntasg = "f5"', "line 2: there is no action of the screen pushes 'tasg'; did"
         " you mean 'tags'?"),
        ('[keys]\nfilter = "strg+f"', "line 2: 'strg' in 'strg+f' is none of ctrl, alt,"),
        ('[keys]\nfilter = "pgdown"', "line 2: 'pgdown' is no key; write a character, or ctrl+n"),
        ('[keys]\nfilter = "shift+f"', "line 2: write 'F' for 'shift+f'"),
        ('[keys]\nfilter = []', "line 2: 'filter' needs at least one key"),
        ('[keys]\nfilter = 5', "line 2: 'filter' is a list of texts"),
        ('[keys]\npushes = "f5"', "line 2: 'pushes' is a table: write [keys.pushes]"),
        ('[keys]\nfilter = "s"', "line 2: 'filter' and 'sort' would both be on 's' on the screen"),
        # The table has the key first, so the screen would never see it.
        ('[keys]\nstart = "j"', "line 2: 'start' and 'down' would both be on 'j' on the screen"),
        ('[keys]\nstart = "f5"\nhelp = "f5"', "would both be on 'f5' on the screen"),
        ('[keys.timeline]\nzone = "+"', "line 2: 'zone' and 'zoom-in' would both be on '+' on the"
         " screen timeline"),
        ('[keys]\nfilter = "ctrl+p"', "line 2: 'filter' and 'command-palette' would both be on"
         " 'ctrl+p'"),
        ('[interface]\ntheme = "gruvbx"', "line 2: there is no theme 'gruvbx'; did you mean"
         " 'gruvbox'?"),
        ('[interface]\nplain = "yes"', "line 2: 'plain' is true or false, not a text"),
        ('[interface]\nthme = "dark"', "line 2: there is no key of [interface] 'thme'"),
        ('[themes.dark]\ndanger = "#ff0000"', "line 1: there is a theme 'dark' already"),
        ('[themes.mine]\nbase = "drk"', "line 2: there is no theme 'drk'; did you mean 'dark'?"),
        ('[themes.mine]\ndanger = "rot"', "line 2: 'rot' is no colour"),
        ('[themes.mine]\nbase = "ansi-dark"\ndanger = "red"', "line 2: 'ansi-dark' has the"
         " terminal's own colours"),
        ('[themes.mine]\ndanger = "#111111"', "line 2: 'danger' cannot be read on the background"
         " (contrast 1.0; at least 3)"),
        ('[themes.mine]\ndanger = "#00ff00"\nattention = "#00ff00"', "line 2: 'danger' has the same"
         " colour as 'attention'"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(WrongUsage) as refused:
        read(tmp_path, text)
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


def test_every_key_is_a_named_action() -> None:
    for place in load_places():
        for binding in vars(place)["BINDINGS"]:
            assert binding.id or binding.priority, f"{place.__name__}: {binding.key}"
    names = [action.name for action in actions()]
    assert len(names) == len(set(names))


def test_the_program_itself_has_no_clash() -> None:
    everything = KeyMap({action.name: ",".join(action.keys) for action in actions()})
    changed = set(everything.changed)
    assert not [clash for clash in clashes(KeyMap()) if set(clash.names) & changed]


def test_the_help_of_every_screen_names_keys_that_exist() -> None:
    kinds = [CaseScreen]
    for kind in kinds:
        kinds += kind.__subclasses__()
        assert "{" not in with_keys(kind.explains)
    assert len(kinds) > 15


def test_the_written_configuration_holds_every_action_and_its_keys() -> None:
    lines = [line.removeprefix("# ") for line in commented().splitlines()]
    taken = "\n".join(line for line in lines if line.startswith("[") or " = " in line)
    tables = tomllib.loads(taken)
    for action in actions():
        place, _, name = action.name.rpartition(".")
        table = tables["keys"][place] if place else tables["keys"]
        written = table[name] if isinstance(table[name], list) else [table[name]]
        assert [spelled(key) for key in written] == list(action.keys)
        assert [in_configuration(key) for key in action.keys] == written


# ---- themes -----------------------------------------------------------------------------------


async def test_a_theme_of_the_configuration_keeps_what_it_does_not_change(tmp_path: Path) -> None:
    preferences = read(
        tmp_path,
        '[interface]\ntheme = "night"\n[themes.night]\nbase = "dark"\ndanger = "#ff5050"\n'
        'background = "black"\n',
    )
    async with driving(preferences=preferences) as driver:
        colours = driver.app.theme_variables
        assert driver.app.theme == "night"
        assert Color.parse(colours["text-error"]) == Color.parse("#ff5050")
        assert Color.parse(colours["background"]) == Color.parse("#000000")
        assert Color.parse(colours["text-warning"]) == Color.parse("#ffc83d")


async def test_textuals_themes_have_a_name_here_too(tmp_path: Path) -> None:
    preferences = read(tmp_path, '[interface]\ntheme = "gruvbox"\n')
    async with driving(preferences=preferences) as driver:
        assert driver.app.theme == "gruvbox"
    assert theme_of(preferences, "light") == "light"


def test_a_theme_that_does_not_exist_is_said_before_the_screen_is_taken(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="there is no theme 'drak'; did you mean 'dark'"):
        theme_of(Preferences(), "drak")


# ---- the command ------------------------------------------------------------------------------

WHOLE = """\
off = ["tag-moved"]
learning_days = 7
[hours]
time_zone = "Europe/Berlin"
from = "07:30"
until = "20:00"
days = ["mon", "sat"]
[interface]
theme = "mine"
tour = false
[themes.mine]
base = "light"
danger = "#aa0000"
[keys]
quit = "ctrl+q"
clear-range = "|"
[keys.pushes]
tags = ["f7", "ctrl+t"]
[severity]
push-by-root = "low"
[thresholds.registry-recon]
least_calls = 20
"""


def test_what_is_in_force_is_printed_as_a_configuration_that_says_the_same(tmp_path: Path) -> None:
    write(tmp_path, {"c.toml": WHOLE.encode()})
    shown = output("config", "--show", "--config", tmp_path / "c.toml")
    assert 'theme = "mine"\n' in shown
    assert "habit_pushes = 5  # default\n" in shown
    assert 'pushes.tags = ["f7", "ctrl+t"]\n' in shown
    write(tmp_path, {"again.toml": shown.encode()})
    one, other = (load_settings(tmp_path / name) for name in ("c.toml", "again.toml"))
    assert (one.off, one.hours, one.days, one.severities, one.learning_days) == (
        other.off, other.hours, other.days, other.severities, other.learning_days
    )  # fmt: skip
    assert all(one.values_of(rule) == other.values_of(rule) for rule in one.rules)
    was, now = (load_preferences(tmp_path / name) for name in ("c.toml", "again.toml"))
    assert (was.theme, was.keys, was.tour) == (now.theme, now.keys, now.tour)


def test_every_key_is_printed_with_what_it_was(tmp_path: Path) -> None:
    write(tmp_path, {"c.toml": WHOLE.encode()})
    listed = output("config", "--keys", "--config", tmp_path / "c.toml")
    assert re.search(r"^quit +ctrl\+q +q +Quit$", listed, re.MULTILINE)
    assert re.search(r"^pushes\.tags +f7 ctrl\+t +t +Tags$", listed, re.MULTILINE)


def test_the_check_reads_the_tables_of_the_interface_too(tmp_path: Path) -> None:
    write(tmp_path, {"c.toml": WHOLE.encode(), "bad.toml": b'[keys]\nfilter = "s"\n'})
    assert call("config", "--check", tmp_path / "c.toml").returncode == DONE
    wrong = call("config", "--check", tmp_path / "bad.toml")
    assert wrong.returncode == USAGE
    assert "line 2: 'filter' and 'sort' would both be on 's'" in complaint(wrong)
