"""The configuration: what it changes, and how it complains."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from queries.errors import WrongUsage
from queries.findings.known_good import read_digests
from queries.findings.rules import built_in_rules
from queries.findings.settings import load_settings
from queries.findings.settings_text import settings_text
from queries.folders import settings_path
from tests.evidence_files import sha, write
from tests.findings.sigma_rules import RULES

WHOLE = """\
off = ["push-by-root"]
learning_days = 7

[expected]
principals = ["repo:example-org/*"]
accounts = ["111122223333"]
networks = ["203.0.113.0/24", "2001:db8::/32"]

[known_good]
digests = ["builds.txt"]

[hours]
time_zone = "Europe/Berlin"
from = "07:30"
until = "20:00"
days = ["mon", "sat"]

[severity]
tag-moved = "critical"

[thresholds.registry-recon]
least_calls = 20
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, {"config.toml": WHOLE.encode(), "builds.txt": f"{sha('a')}\n".encode()})


def test_everything_that_can_be_configured(folder: Path) -> None:
    settings = load_settings(folder / "config.toml")
    assert settings.off == {"push-by-root"}
    assert settings.learning_days == 7
    assert settings.digests == {sha("a")}
    assert settings.hours == (450, 1200)
    assert settings.days == "16"
    assert settings.time_zone == "Europe/Berlin"
    assert [str(network) for network in settings.networks] == ["203.0.113.0/24", "2001:db8::/32"]
    assert settings.severities == {"tag-moved": "critical"}
    recon = next(rule for rule in settings.rules if rule.id == "registry-recon")
    assert settings.values_of(recon)["least_calls"] == 20
    assert settings.values_of(recon)["least_repositories"] == 3


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("learning_days = 7", "learnig_days = 7"), "line 2: there is no key 'learnig_days';"
         " did you mean 'learning_days'?"),
        (("learning_days = 7", 'learning_days = "7"'), "line 2: 'learning_days' is a number, not"
         " a text"),
        (("learning_days = 7", "learning_days = -1"), "line 2: 'learning_days' must be 0 or more"),
        (("learning_days = 7", "learning_days = "), "line 2: invalid value"),
        (('off = ["push-by-root"]', 'off = ["push-by-rot"]'), "line 1: there is no rule"
         " 'push-by-rot'; did you mean 'push-by-root'?"),
        (('off = ["push-by-root"]', 'off = "push-by-root"'), "line 1: 'off' is a list of texts"),
        (('["111122223333"]', '["1111222233"]'), "line 6: '1111222233' is no account id"),
        (("2001:db8::/32", "203.0.113.300"), "line 7: '203.0.113.300' is no network"),
        (("networks", "netwroks"), "line 7: there is no key of [expected] 'netwroks'; did you mean"
         " 'networks'?"),
        (("builds.txt", "missing.txt"), "missing.txt: the list of digests cannot be read"),
        (("Europe/Berlin", "Europe/Berln"), "line 13: there is no time zone 'Europe/Berln'; did you"
         " mean 'Europe/Berlin'?"),
        (('from = "07:30"', 'from = "7.30"'), "line 14: '7.30' is no time of day"),
        (('from = "07:30"', ""), "line 15: 'until' needs 'from' beside it"),
        (('until = "20:00"', 'until = "06:00"'), "line 15: 'until' must be later in the day"),
        (('"sat"', '"satur"'), "line 16: there is no day 'satur'"),
        (('tag-moved = "critical"', 'tag-moved = "bad"'), "line 19: there is no severity 'bad'"),
        (("least_calls", "least_cals"), "line 22: there is no threshold of registry-recon"
         " 'least_cals'; did you mean 'least_calls'?"),
        (("[thresholds.registry-recon]", "[thresholds.registry-recn]"), "line 21: there is no rule"
         " 'registry-recn'; did you mean 'registry-recon'?"),
        (("[expected]", "[[expected]]"), "line 4: 'expected' is a table"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(
    folder: Path, change: tuple[str, str], complaint: str
) -> None:
    file = folder / "config.toml"
    assert change[0] in WHOLE
    file.write_text(WHOLE.replace(*change, 1))
    with pytest.raises(WrongUsage) as refused:
        load_settings(file)
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_usual_place_is_read_when_no_file_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "home"))
    assert not load_settings().off
    write(folder / "home" / "ecr-investigate", {"config.toml": b'off = ["tag-moved"]'})
    assert settings_path() == folder / "home" / "ecr-investigate" / "config.toml"
    assert load_settings().off == {"tag-moved"}


def test_the_written_configuration_changes_nothing_and_holds_every_threshold(
    tmp_path: Path,
) -> None:
    text = settings_text(built_in_rules(), "somewhere")
    assert all(not value for value in tomllib.loads(text).values())
    write(tmp_path, {"c.toml": text.encode()})
    settings = load_settings(tmp_path / "c.toml")
    plain = load_settings()
    assert settings.common == plain.common
    assert settings.off == plain.off == frozenset()
    for rule in built_in_rules():
        for name, threshold in rule.thresholds.items():
            assert f"# [thresholds.{rule.id}]\n" in text
            assert f"# {name} = {threshold.value:g}  # {threshold.means}\n" in text


def test_taken_out_of_its_comments_the_written_configuration_is_right(tmp_path: Path) -> None:
    lines = settings_text(built_in_rules(), "somewhere").splitlines()
    code = ("=", "[")
    taken = [
        line[2:]
        if line.startswith("# ") and any(s in line for s in code) and _is_toml(line)
        else line
        for line in lines
    ]
    write(tmp_path, {"c.toml": "\n".join(taken).encode(), "builds.csv": f"x,{sha('a')}".encode()})
    rule = b"-- r: t\n-- sees: s\n-- severity: low\n-- technique: T1525\n-- needs: pushes\n"
    rule += b"-- benign when: b\n-- why: w\nSELECT event_key, event_time, repository, principal,"
    write(tmp_path / "my-rules", {"r.sql": rule + b" origin FROM pushed"})
    write(tmp_path / "my-sigma-rules", {"r.yml": RULES["policy.yml"]})
    settings = load_settings(tmp_path / "c.toml")
    assert settings.hours == (7 * 60, 20 * 60)
    assert {"r", "sigma-r"} <= {rule.id for rule in settings.rules}
    assert settings.off == {"push-outside-hours"}


def _is_toml(line: str) -> bool:
    try:
        tomllib.loads(line[2:])
    except tomllib.TOMLDecodeError:
        return False
    return True


@pytest.mark.parametrize(
    "text",
    [
        f"# nothing\n{sha('a')}\n{sha('b').removeprefix('sha256:')}\n",
        f"repository,digest\nteam/api,{sha('a').upper()}\r\nweb,registry/web@{sha('b')}\r\n",
        f'{{"builds": [{{"image": "{sha("a")}"}}, {{"x": {{"y": "{sha("b")}"}}}}]}}',
    ],
    ids=["text", "CSV", "JSON"],
)
def test_digests_are_found_in_any_list(tmp_path: Path, text: str) -> None:
    write(tmp_path, {"list": text.encode()})
    assert read_digests(tmp_path / "list") == {sha("a"), sha("b")}


def test_a_list_without_digests_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"list": b"sha256:abc\nlatest\n" + b"a" * 65})
    with pytest.raises(WrongUsage, match="holds no digest"):
        read_digests(tmp_path / "list")
