"""What the user's files say about addresses and accounts."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from queries.case import Rows, open_case
from queries.enrichment.files import GeoDatabase, account_names, aws_ranges, network_list
from queries.enrichment.model import Enrichment, Place
from queries.enrichment.settings import Sources
from queries.errors import WrongUsage
from queries.findings.settings import load_settings
from samples import incident_path
from tests.enrichment.mmdb_file import mmdb
from tests.evidence_files import write
from tests.headless.test_commands import DONE, USAGE, call, output
from tests.tui.driving import MIDDLE, NARROW, Driver
from tui.app import FINDINGS, REPOSITORIES, InvestigateApp
from tui.screens.activity import ActivityScreen

SAM = "198.51.100.77"
"""Where the intruder of the sample incident came from."""
CITY = {
    "198.51.100.0/24": {
        "city": {"names": {"en": "Berlin", "de": "Berlin"}},
        "country": {"iso_code": "DE"},
    },
    "203.0.113.0/24": {"country": {"iso_code": "IE"}, "city": {"names": {"en": "Dublin"}}},
    "2001:db8::/32": {"registered_country": {"iso_code": "FR"}},
}
ASN = {
    "198.51.100.64/26": {
        "autonomous_system_number": 64500,
        "autonomous_system_organization": "Example Hosting",
    }
}
IPINFO = {
    "192.0.2.0/24": {
        "country": "US",
        "country_code": "US",
        "city": "Reno",
        "asn": "AS64501",
        "as_name": "Ex [b]",
    }
}
RANGES = {
    "prefixes": [
        {"ip_prefix": "203.0.113.0/24", "region": "eu-west-1", "service": "AMAZON"},
        {"ip_prefix": "203.0.113.0/24", "region": "eu-west-1", "service": "EC2"},
        {"ip_prefix": "203.0.113.64/26", "region": "eu-west-1", "service": "CODEBUILD"},
    ],
    "ipv6_prefixes": [{"ipv6_prefix": "2001:db8:1::/48", "region": "x", "service": "S3"}],
}
ACCOUNTS = "id,name\n111122223333,production\n444455556666,build\n"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(
        tmp_path_factory.mktemp("files"),
        {
            "city.mmdb": mmdb(CITY),
            "asn.mmdb": mmdb(ASN, ip_version=4),
            "ipinfo.mmdb": mmdb(IPINFO),
            "ip-ranges.json": json.dumps(RANGES).encode(),
            "runners.json": json.dumps({"actions": ["192.0.2.0/25"], "web": []}).encode(),
            "ours.txt": b"# builds\n192.0.2.128/25\n2001:db8:ffff::1\n",
            "accounts.csv": ACCOUNTS.encode(),
        },
    )


@pytest.fixture(scope="module")
def known(files: Path) -> Enrichment:
    return Sources(
        geo=tuple(files / name for name in ("city.mmdb", "asn.mmdb", "ipinfo.mmdb")),
        aws_ranges=(files / "ip-ranges.json",),
        ci=(files / "runners.json", files / "ours.txt"),
        accounts=(files / "accounts.csv",),
        names={"444455556666": "tools"},
    ).opened()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("demo") / "demo.case"
    open_case([str(incident_path())], case_file=file).close()
    return file


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (SAM, "DE, Berlin · AS64500 Example Hosting"),
        ("198.51.100.200", "DE, Berlin"),
        ("203.0.113.10", "IE, Dublin · AWS EC2 eu-west-1"),
        ("203.0.113.70", "IE, Dublin · AWS CODEBUILD eu-west-1"),
        ("192.0.2.7", "US, Reno · AS64501 Ex [b] · runners actions"),
        ("192.0.2.200", "US, Reno · AS64501 Ex [b] · ours"),
        ("2001:db8:1::5", "FR · AWS S3 x"),
        ("2001:db8:ffff::1", "FR · ours"),
        ("8.8.8.8", ""),
        ("AWS Internal", ""),
        (None, ""),
    ],
)
def test_what_is_known_of_an_address(known: Enrichment, address: str, words: str) -> None:
    assert known.place(address).words() == words


def test_columns_stand_beside_what_they_are_about(known: Enrichment) -> None:
    rows = Rows(
        ["source_ip_address", "n", "account_id"], [(SAM, 1, "444455556666"), (None, 2, "x")]
    )
    said = known.beside(rows)
    assert said.columns == [
        "source_ip_address", "source_country", "source_city", "source_asn", "source_organisation",
        "source_network", "n", "account_id", "account_name",
    ]  # fmt: skip
    assert said.rows[0] == (
        SAM, "DE", "Berlin", "AS64500", "Example Hosting", None, 1, "444455556666", "tools",
    )  # fmt: skip
    assert said.rows[1] == (None, None, None, None, None, None, 2, "x", None)
    assert Enrichment().beside(rows) is rows


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"Accounts": [{"Id": "111122223333", "Name": "production"}]}'),
        ("a.json", '{"111122223333": "production"}'),
        ("a.txt", "# names\n111122223333 = production\n"),
        ("a.csv", 'name;id\n"production";111122223333\n'),
    ],
)
def test_account_names_in_any_form(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path, {name: text.encode()})
    assert account_names(tmp_path / name) == {"111122223333": "production"}


@pytest.mark.parametrize(
    ("read", "text", "complaint"),
    [
        (GeoDatabase, b"no database", "is no .mmdb database"),
        (aws_ranges, b"{}", "is no ip-ranges.json of AWS"),
        (aws_ranges, b"{", "is no JSON"),
        (network_list, b"192.0.2.0/24\nnowhere\n", "line 2: 'nowhere' is no network"),
        (network_list, b'{"x": []}', "holds no network"),
        (account_names, b"1,x\n", "holds no account id"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    tmp_path: Path, read: Any, text: bytes, complaint: str
) -> None:
    write(tmp_path, {"file": text})
    for path in (tmp_path / "file", tmp_path / "missing"):
        with pytest.raises(WrongUsage) as refused:
            read(path)
        assert str(refused.value).startswith(f"{path}")
        assert "\n" not in str(refused.value)
        if path.name == "file":
            assert complaint in str(refused.value)


def test_damage_inside_a_database_is_no_crash(tmp_path: Path) -> None:
    whole = mmdb(CITY)
    for at in range(0, len(whole) - 200, 7):
        spoilt = bytearray(whole)
        spoilt[at] ^= 0xFF
        path = tmp_path / f"{at}.mmdb"
        path.write_bytes(spoilt)
        try:
            database = GeoDatabase(path)
        except WrongUsage:
            continue
        Enrichment([database]).place(SAM)


def test_the_configuration_names_files_and_accounts(files: Path) -> None:
    text = '[enrichment]\ngeo = ["city.mmdb"]\n[account_names]\n"111122223333" = "ours"\n'
    write(files, {"config.toml": text.encode()})
    opened = load_settings(files / "config.toml").sources.opened()
    assert opened.place(SAM) == Place("DE", "Berlin")
    assert opened.account("111122223333") == "ours"
    for wrong, complaint in (
        (text.replace("geo", "goe"), "line 2: there is no key of [enrichment] 'goe'"),
        (text.replace("111122223333", "1111"), "line 4: '1111' is no account id"),
    ):
        write(files, {"wrong.toml": wrong.encode()})
        with pytest.raises(WrongUsage) as refused:
            load_settings(files / "wrong.toml")
        assert complaint in str(refused.value)


# --- headless -------------------------------------------------------------------------------------


def enriched(case: Path, files: Path) -> tuple[str | Path, ...]:
    """The options for a case with files about addresses and accounts."""
    places, names = files / "city.mmdb", files / "accounts.csv"
    return ("--case", case, "--geo", places, "--account-names", names)


def test_exports_have_columns_about_addresses_and_accounts(
    demo: Path, files: Path, tmp_path: Path
) -> None:
    options = enriched(demo, files)
    told = output("activity", *options, "--address", SAM, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(told)))
    assert {(row["source_country"], row["source_city"]) for row in rows} == {("DE", "Berlin")}
    assert {row["recipient_account_name"] for row in rows} <= {"production", "build"}
    target = tmp_path / "out.parquet"
    output("activity", *options, "--country", "de", "--format", "parquet", "-o", target)
    with duckdb.connect() as shell:
        found = shell.execute(f"SELECT DISTINCT source_city FROM '{target}'").fetchall()
    assert found == [("Berlin",)]
    plain = output("activity", "--case", demo, "--address", SAM, "--format", "csv")
    assert "source_country" not in plain


@pytest.mark.parametrize("form", ["csv", "timesketch-csv", "jsonl", "timesketch-jsonl"])
def test_events_that_are_handed_on_say_it_too(demo: Path, files: Path, form: str) -> None:
    options = enriched(demo, files)
    told = output("export", *options, "--what", "events", "--as", form)
    if form.endswith("csv"):
        rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(told)))
    else:
        rows = [json.loads(line) for line in told.splitlines()]
    sam = [row for row in rows if row["source_ip_address"] == SAM]
    assert {(row["source_country"], row["source_city"]) for row in sam} == {("DE", "Berlin")}
    assert {row["account_name"] for row in sam} == {"production", "build"}


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_the_report_says_it_too(demo: Path, files: Path, form: str) -> None:
    asked = ("report", "--case", demo, "--format", form, "--at", "2026-03-11")
    plain = output(*asked)
    assert "Addresses and accounts" not in plain
    geo = ("--geo", files / "city.mmdb", "--geo", files / "asn.mmdb")
    told = output(*asked, *geo, "--account-names", files / "accounts.csv")
    text = re.sub(r"<[^>]*>|[|`\\]", " ", told[told.rindex("Addresses and accounts") :])
    words = " ".join(text.split())
    assert re.search(
        rf"{SAM} \d+ 2026-03-08 [\d:]+ 2026-03-09 [\d:]+ DE Berlin AS64500 Example", words
    )
    assert "111122223333 production" in words
    assert "444455556666 build" in words


def test_a_stix_bundle_says_it_in_the_standards_own_words(demo: Path, files: Path) -> None:
    asked = ("export", "--case", demo, "--as", "stix", "--what", "findings", "--at", "2026-03-11")
    options = ("--geo", files / "city.mmdb", "--geo", files / "asn.mmdb")
    made = json.loads(output(*asked, *options))["objects"]
    [system] = [thing for thing in made if thing["type"] == "autonomous-system"]
    assert (system["number"], system["name"]) == (64500, "Example Hosting")
    places = {thing["country"]: thing for thing in made if thing["type"] == "location"}
    assert places["DE"]["city"] == "Berlin"
    addresses = {thing["id"]: thing["value"] for thing in made if thing["type"] == "ipv4-addr"}
    related = {
        (addresses.get(thing["source_ref"]), thing["relationship_type"], thing["target_ref"])
        for thing in made
        if thing["type"] == "relationship"
    }
    assert (SAM, "belongs-to", system["id"]) in related
    assert (SAM, "related-to", places["DE"]["id"]) in related


def test_events_of_a_country_a_city_and_an_operator(demo: Path, files: Path) -> None:
    options = ("--case", demo, "--geo", files / "city.mmdb", "--geo", files / "asn.mmdb")
    one = json.loads(output("activity", *options, "--address", SAM, "--format", "json"))
    for how in (("--asn", "64500"), ("--asn", "as64500")):
        assert json.loads(output("activity", *options, *how, "--format", "json")) == one
    german = json.loads(output("activity", *options, "--country", "DE", "--format", "json"))
    assert {row["event_id"] for row in one} <= {row["event_id"] for row in german}
    assert (
        json.loads(output("activity", *options, "--city", "berlin", "--format", "json")) == german
    )
    assert json.loads(output("activity", *options, "--country", "AQ", "--format", "json")) == []
    refused = call("activity", "--case", demo, "--country", "DE")
    assert refused.returncode == USAGE
    assert b"--country needs a database of addresses: --geo FILE" in refused.stderr


def test_findings_say_where_their_addresses_are(demo: Path, files: Path) -> None:
    options = ("--case", demo, "--geo", files / "city.mmdb", "--rule", "login-from-new-address")
    told = output("findings", *options)
    assert f"from: {SAM} (DE, Berlin)" in told
    answer = json.loads(output("findings", *options, "--format", "json"))
    assert any(f["event_places"] == f"{SAM} (DE, Berlin)" for f in answer["findings"])
    wrong = call("findings", "--case", demo, "--geo", files / "accounts.csv")
    assert wrong.returncode == USAGE != DONE
    assert b"accounts.csv: is no .mmdb database" in wrong.stderr


# --- on the screen --------------------------------------------------------------------------------


async def test_places_and_names_stand_beside_addresses_and_accounts(known: Enrichment) -> None:
    app = InvestigateApp([str(incident_path())], enrichment=known, start=REPOSITORIES)
    app.animation_level = "none"
    try:
        async with app.run_test(size=MIDDLE) as pilot:
            driver = Driver(app, pilot)
            await driver.settle()
            assert "production/us-east-1/" in driver.text()
            await driver.press("A")
            await driver.go_to(source_ip_address=SAM)
            assert "DE, Berlin" in driver.text(driver.table)
            assert driver.facts("#preview")["address"].startswith(f"{SAM} (DE, Berlin · AS64500")
            everything = driver.row["events"]
            # From the address to all events of its country.
            await driver.press("x")
            await driver.write("country")
            await driver.press("enter")
            driver.on(ActivityScreen)
            assert driver.part("#scope").strip().startswith("addresses of country DE")
            assert await driver.total() >= everything
            assert "(DE, Berlin" in driver.facts("#preview")["from"]
            await driver.press("u")
            assert "DE, Berlin" in driver.facts("#facts")["addresses"]
            assert "444455556666 (tools)" in driver.facts("#facts")["account"]
    finally:
        app.finish()


async def test_findings_show_where_it_came_from(known: Enrichment) -> None:
    app = InvestigateApp([str(incident_path())], enrichment=known, start=FINDINGS)
    app.animation_level = "none"
    try:
        async with app.run_test(size=NARROW) as pilot:
            driver = Driver(app, pilot)
            await driver.settle()
            await driver.go_to(rule="login-from-new-address")
            assert driver.facts("#preview")["from"].startswith(f"{SAM} (DE, Berlin")
            await driver.go_to(rule="implant-shaped-push")
            await driver.press("o")
            assert "(DE, Berlin · AS64500" in driver.facts("#facts")["login"]
    finally:
        app.finish()
