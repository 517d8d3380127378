"""A number opens to the records that it counts: no more, no fewer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from queries.scope import ORIGIN, Filters, Scope
from tests.evidence_files import ACCOUNT, at, image, push, record, trail, write
from tests.tui.driving import NARROW, Driver, driving
from tests.tui.walking import SAM
from tui.screens.activity import ActivityScreen
from tui.screens.behind import BehindScreen
from tui.screens.entries import RESOURCES, EntryScreen
from tui.screens.pulls import PullsScreen
from tui.screens.raw import RawScreen
from tui.screens.where import WhereScreen

ROLE = f"arn:aws:iam::{ACCOUNT}:role/deploy"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/night"
KEY = "ASIANIGHTEXAMPLE"


def by_role(name: str, minute: int, *, issuer: bool, **fields: Any) -> dict[str, Any]:
    """A call of a session; some exports leave out whose session it is."""
    identity: dict[str, Any] = {"type": "AssumedRole", "arn": SESSION, "accountId": ACCOUNT}
    identity["accessKeyId"] = KEY
    if issuer:
        identity["sessionContext"] = {"sessionIssuer": {"type": "Role", "arn": ROLE}}
    return record(name, at(minute), userIdentity=identity, **fields)


@pytest.fixture
def half_named(tmp_path: Path) -> Path:
    """Four records say whose session it is, two do not; one of the four pushes."""
    pushed = push(image("base"), "v1", at(3))
    pushed["userIdentity"] = by_role("x", 0, issuer=True)["userIdentity"]
    calls = [by_role("DescribeImages", n, issuer=True) for n in range(3)]
    lossy = [by_role("ListImages", 10 + n, issuer=False) for n in range(2)]
    return write(tmp_path / "logs", {"a.json": trail([*calls, pushed, *lossy])})


async def listed(driver: Driver) -> int:
    """How many events are shown; the calls for layers would be folded away otherwise."""
    driver.on(ActivityScreen)
    return await driver.total()


async def test_a_session_named_like_a_principal_is_not_counted_with_it(half_named: Path) -> None:
    async with driving(half_named) as driver:
        await driver.press("p")
        counted = {row["identity_arn"]: row["events"] for row in await driver.rows()}
        assert counted == {ROLE: 4, SESSION: 2}
        for who, events in counted.items():
            await driver.go_to(identity_arn=who)
            await driver.press("enter")
            assert driver.facts("#facts")["did"].startswith(f"{events} events")
            await driver.press("2")
            assert sum(row["events"] for row in await driver.rows()) == events
            await driver.press("a")
            assert await listed(driver) == events
            await driver.press("escape", "escape")


async def test_pushes_are_counted_as_pushes_and_found_with_whoever_made_them(
    half_named: Path,
) -> None:
    async with driving(half_named) as driver:
        await driver.press("p")
        counted = {row["identity_arn"]: row["pushes"] for row in await driver.rows()}
        assert counted == {ROLE: 1, SESSION: 0}
        await driver.go_to(identity_arn=ROLE)
        await driver.press("enter")
        assert "team/api (1)" in driver.facts("#facts")["pushed to"]
        await driver.press("4")
        assert await driver.total() == 1


async def test_every_principal_of_the_incident_opens_to_what_is_counted() -> None:
    async with driving() as driver:
        await driver.press("p")
        rows = [row for row in await driver.rows() if row["pushes"] or row["failures"]]
        for row in rows:
            await driver.go_to(identity_arn=row["identity_arn"])
            await driver.press("enter", "4")
            pushed = [push for push in await driver.rows() if push["outcome"] == "ok"]
            assert len(pushed) == row["pushes"], row["identity_arn"]
            await driver.press("escape")


async def test_what_somebody_used_and_each_session_open_to_their_own_events() -> None:
    async with driving(start_at=SAM) as driver:
        await driver.press("3")
        for kind in ("address", "client", "service", "error", "region", "key", "principal"):
            row = next(row for row in await driver.rows() if row["kind"] == kind)
            await driver.go_to(kind=kind, value=row["value"])
            await driver.press("enter")
            assert await listed(driver) == row["events"], kind
            await driver.press("escape")
        await driver.press("2")
        for row in await driver.rows():
            await driver.go_to(principal=row["principal"], access_key_id=row["access_key_id"])
            await driver.press("enter", "L")
            assert await listed(driver) == row["events"]
            await driver.press("escape")


async def test_what_was_touched_opens_to_the_calls_that_are_counted() -> None:
    async with driving(start_at=SAM) as driver:
        await driver.press("w")
        driver.on(BehindScreen)
        await driver.press("2")
        seen = set()
        for row in await driver.rows():
            if row["through"] in seen:
                continue
            seen.add(row["through"])
            await driver.go_to(through=row["through"], resource=row["resource"])
            await driver.press("enter")
            assert await listed(driver) == row["writes"] + row["reads"] + row["refused"]
            await driver.press("escape")


async def test_a_key_that_was_created_opens_to_what_was_done_with_it(tmp_path: Path) -> None:
    made = record(
        "CreateAccessKey",
        at(0),
        eventSource="iam.amazonaws.com",
        requestParameters={"userName": "eve"},
        responseElements={"accessKey": {"accessKeyId": "AKIAMADEEXAMPLE", "userName": "eve"}},
    )
    used = [record("ListImages", at(5 + n), f"arn:aws:iam::{ACCOUNT}:user/eve") for n in range(3)]
    for call in used:
        call["userIdentity"]["accessKeyId"] = "AKIAMADEEXAMPLE"
    logs = write(tmp_path, {"a.json": trail([made, *used])})
    async with driving(logs, start_at=made["userIdentity"]["arn"]) as driver:
        await driver.press("w", "3")
        assert driver.row["uses"] == 3
        await driver.press("a")
        assert await listed(driver) == 3


async def test_who_else_was_at_an_address_opens_to_what_was_done_from_there(
    tmp_path: Path,
) -> None:
    other = f"arn:aws:iam::{ACCOUNT}:user/eve"
    records = [record("DescribeImages", at(0))]
    records += [record("ListImages", at(1 + n), other) for n in range(2)]
    records += [record("ListImages", at(5), other, sourceIPAddress="198.51.100.9")]
    logs = write(tmp_path, {"a.json": trail(records)})
    async with driving(logs, start_at=records[0]["userIdentity"]["arn"]) as driver:
        await driver.press("w", "4")
        assert driver.row["events"] == 2
        await driver.press("a")
        assert await listed(driver) == 2


async def test_a_resource_opens_to_what_is_counted_of_it() -> None:
    async with driving() as driver:
        await driver.press("O")
        assert driver.on(EntryScreen).segment == RESOURCES.title
        for row in (await driver.rows())[::40]:
            await driver.go_to(resource=row["resource"], event_source=row["event_source"])
            await driver.press("enter")
            assert await listed(driver) == row["events"], row["resource"]
            await driver.press("escape")


async def test_folded_calls_are_not_forgotten() -> None:
    async with driving() as driver:
        await driver.press("p")
        await driver.go_to(identity_arn=f"arn:aws:iam::{ACCOUNT}:role/ci-push")
        events = driver.row["events"]
        await driver.press("a")
        assert await listed(driver) < events
        assert f"layer calls folded (L: all {events:,})" in driver.part("#scope")
        await driver.press("L")
        assert await listed(driver) == events


async def test_events_are_narrowed_by_address_client_key_and_principal() -> None:
    async with driving() as driver:
        await driver.press("E")
        for wanted in ("address", "client", "access key", "principal", "repository"):
            await driver.press("F")
            await driver.write(wanted)
            await driver.press("enter")
            chosen = driver.part("#choices").splitlines()[1].split()
            await driver.press("down", "enter")
            assert await listed(driver) > 0
            assert f"· {wanted} " in driver.part("#scope"), chosen
            await driver.press("\\")


async def test_two_principals_side_by_side_open_to_the_events_of_each() -> None:
    async with driving() as driver:
        await driver.press("p")
        await driver.go_to(identity_arn=SAM)
        await driver.press("c")
        await driver.write("dana.ops")
        await driver.press("enter")
        rows = await driver.rows()
        for kind in sorted({row["kind"] for row in rows}):
            of_kind = [row for row in rows if row["kind"] == kind]
            row = next((row for row in of_kind if row["shared"] == "both"), of_kind[0])
            numbers = [row[name] for name in ("first_events", "second_events") if row[name]]
            for step, number in enumerate(numbers):
                await driver.go_to(kind=kind, thing=row["thing"])
                await driver.press("enter", *["down"] * step, "enter")
                assert await listed(driver) == number, (kind, row["thing"])
                await driver.press("escape")


async def test_a_call_counts_with_all_versions_of_its_api_beside_somebody_else(
    tmp_path: Path,
) -> None:
    other = f"arn:aws:iam::{ACCOUNT}:user/eve"
    made = [
        record(name, at(n), eventSource="lambda.amazonaws.com")
        for n, name in enumerate(("CreateFunction20150331", "CreateFunction"))
    ]
    logs = write(tmp_path, {"a.json": trail([*made, record("ListImages", at(5), other)])})
    async with driving(logs) as driver:
        await driver.press("p")
        await driver.go_to(identity_arn=made[0]["userIdentity"]["arn"])
        await driver.press("c", "enter")
        await driver.go_to(kind="call", thing="CreateFunction")
        assert driver.row["first_events"] == 2
        await driver.press("enter", "enter")
        assert await listed(driver) == 2


def pulled(n: int, *images: dict[str, str], **fields: Any) -> dict[str, Any]:
    asked = {"repositoryName": "team/api", "imageIds": [*images]}
    return record("BatchGetImage", at(n), requestParameters=asked, **fields)


@pytest.fixture
def several_pulls(tmp_path: Path) -> Path:
    """An image pulled by its tag, by its digest, together with one nobody knows, and in vain."""
    pushed = push(image("base"), "v1", at(0))
    digest = pushed["responseElements"]["image"]["imageId"]["imageDigest"]
    by_tag, by_digest = {"imageTag": "v1"}, {"imageDigest": digest}
    refused = {"errorCode": "AccessDenied", "errorMessage": "no"}
    records = [pushed, pulled(1, by_tag), pulled(2, by_digest), pulled(3, by_tag, **refused)]
    records.append(pulled(4, by_tag, {"imageTag": "never-seen"}))
    return write(tmp_path / "logs", {"a.json": trail(records)})


async def pulls_listed(driver: Driver) -> list[str]:
    driver.on(PullsScreen)
    rows = await driver.rows()
    assert len(rows) == await driver.total()
    return [row["outcome"] for row in rows]


async def test_pulls_of_a_repository_open_to_each_of_them_and_its_record(
    several_pulls: Path,
) -> None:
    async with driving(several_pulls) as driver:
        assert driver.row["pulls"] == 4
        await driver.press("P")
        assert await pulls_listed(driver) == ["ok"] * 4
        await driver.go_to(image_tag="never-seen")
        assert driver.facts("#preview")["is"] == "unknown, tag unresolved"
        await driver.press("enter")
        driver.on(RawScreen)
        await driver.press("escape", "escape")
        assert driver.row["repository"].endswith("/team/api")


async def test_pulls_of_an_image_are_those_by_its_tag_as_well(several_pulls: Path) -> None:
    async with driving(several_pulls) as driver:
        await driver.press("I")
        [row] = [row for row in await driver.rows() if row["pushes"]]
        await driver.go_to(image_digest=row["image_digest"])
        assert row["pulls"] == 3
        await driver.press("P")
        assert await pulls_listed(driver) == ["ok"] * 3
        await driver.press("escape", "d")
        driver.on(WhereScreen)
        await driver.press("2")
        assert (driver.row["pulls"], driver.row["refused"]) == (3, 1)
        await driver.press("enter")
        assert sorted(await pulls_listed(driver)) == ["denied", "ok", "ok", "ok"]
        await driver.press("escape", "3")
        assert sorted(row["pulls"] for row in await driver.rows()) == [1, 2]


async def test_pulls_by_whom_and_by_image_open_to_each_of_them() -> None:
    async with driving() as driver:
        await driver.press("D", "2")
        for row in await driver.rows():
            await driver.go_to(
                identity_arn=row["identity_arn"],
                workload=row["workload"],
                repository=row["repository"],
                account_id=row["account_id"],
            )
            await driver.press("enter")
            found = await pulls_listed(driver)
            assert found.count("ok") == row["pulls"], row
            assert len(found) == row["pulls"] + row["refused"], row
            await driver.press("escape")
        await driver.press("3")
        for row in (await driver.rows())[::10]:
            await driver.go_to(
                repository=row["repository"],
                image_tag=row["image_tag"],
                resolved_digest=row["resolved_digest"],
            )
            await driver.press("enter")
            assert await pulls_listed(driver) == ["ok"] * row["pulls"], row
            await driver.press("escape")


async def test_pulls_of_every_repository_and_image_of_the_incident_are_listed() -> None:
    async with driving() as driver:
        for place, name in (("R", "repository"), ("I", "image_digest")):
            await driver.press(place)
            for row in [row for row in await driver.rows() if row["pulls"]][::6]:
                await driver.go_to(**{name: row[name]})
                await driver.press("P")
                assert await pulls_listed(driver) == ["ok"] * row["pulls"], row
                await driver.press("escape")


async def test_what_ran_of_an_image_opens_to_the_calls() -> None:
    async with driving() as driver:
        await driver.press("I")
        rows = [row for row in await driver.rows() if row["deployments"]]
        for row in rows[::5]:
            await driver.go_to(image_digest=row["image_digest"])
            await driver.press("d")
            assert await driver.total() == row["deployments"], row
            await driver.press("escape")


async def test_an_image_pushed_several_times_opens_to_all_its_pushes() -> None:
    async with driving() as driver:
        await driver.press("I")
        row = next(row for row in await driver.rows() if row["pushes"] > 1)
        await driver.go_to(image_digest=row["image_digest"])
        await driver.press("enter")
        pushed = [push for push in await driver.rows() if push["outcome"] == "ok"]
        assert len(pushed) == row["pushes"]
        await driver.press("escape")
        assert driver.row["image_digest"] == row["image_digest"]


async def test_all_that_narrows_a_list_is_read_on_a_narrow_screen() -> None:
    async with driving(size=NARROW) as driver:
        scope = Scope(ORIGIN, SAM)
        filters = Filters(address="198.51.100.77", service="ecr.amazonaws.com", failures=True)
        driver.app.push_screen(ActivityScreen(scope, filters=filters))
        await driver.settle()
        said = " ".join(driver.part("#scope").split())
        assert said == "origin sam.sre · service ecr · address 198.51.100.77 · failures only"
