"""The calendar: what happens when, and the telling of it in order of time."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import TypeAlias

from samples import background, everyday, intrusion
from samples.cast import BUILD, IRELAND, PRODUCTION, VIRGINIA
from samples.cloudtrail import Clock
from samples.ecs import node_pulls
from samples.world import World

Step: TypeAlias = Callable[[World, Clock], object]
Agenda: TypeAlias = Iterator[tuple[datetime, Step]]

DAYS = range(1, 11)
CHANCE_COPIES = 5

# How often, in hours, the background is heard in each stream.
_EVERY = {
    (PRODUCTION, VIRGINIA): 6,
    (PRODUCTION, IRELAND): 12,
    (BUILD, VIRGINIA): 8,
    (BUILD, IRELAND): 8,
}


def at(day: int, hour: int, minute: int) -> datetime:
    """A time in March 2026, UTC. The 1st and the 8th are Sundays."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def tell(seed: int) -> World:
    """Let the ten days happen and return the world with the full trail."""
    world = World(seed)
    agenda = [*_background(), *_pipelines(), *_releases(), *_people(world), *_nodes(world)]
    agenda += _intrusion()
    for start, step in sorted(agenda, key=lambda item: item[0]):
        clock = world.clock(start)
        clock.tick(0, 50)
        step(world, clock)
    _repeat_some(world)
    return world


def _background() -> Agenda:
    for (account, region), hours in _EVERY.items():
        for day in DAYS:
            for hour in range(0, 24, hours):
                hum = partial(background.hum, account=account, region=region)
                yield at(day, hour, 7), hum


def _pipelines() -> Agenda:
    api = [
        (2, 10, 12), (2, 15, 31), (3, 11, 5), (4, 9, 48), (4, 14, 20), (5, 10, 40),
        (6, 9, 33), (6, 13, 17), (9, 11, 21), (10, 10, 3), (10, 15, 12),
    ]  # fmt: skip
    for number, when in enumerate(api, start=1):
        yield at(*when), partial(everyday.build_api, version=f"1.18.{number}")
    web = [(2, 13, 40), (3, 10, 15), (5, 14, 25), (6, 11, 50), (9, 14, 45), (10, 11, 30)]
    for number, when in enumerate(web, start=1):
        yield at(*when), partial(everyday.build_web, version=f"4.7.{number}")
    for number, when in enumerate([(2, 9, 20), (4, 11, 0), (6, 15, 30), (10, 9, 10)], start=4):
        yield at(*when), partial(everyday.build_worker, version=f"0.9.{number}")
    develop = [
        ((2, 9, 40), "3fa91c2"), ((2, 16, 10), "b07d5e8"), ((3, 13, 30), "91ce4a0"),
        ((4, 10, 30), "e5520bd"), ((5, 12, 0), "0c8e71f"), ((6, 10, 10), "7d1b3a6"),
        ((9, 10, 50), "c2f4e90"), ((9, 17, 0), "58ab017"), ((10, 14, 0), "f6093dd"),
    ]  # fmt: skip
    for when, commit in develop:
        yield at(*when), partial(everyday.build_dev_api, commit=commit)
    for when, date, debian, python in (
        ((1, 5, 2), "2026-03-01", "bookworm-20260220", "3.12.9"),
        ((4, 5, 2), "2026-03-04", "bookworm-20260303", "3.12.9"),
        ((8, 5, 2), "2026-03-08", "bookworm-20260303", "3.12.10"),
    ):
        step = partial(everyday.build_base, date=date, debian=debian, python=python)
        yield at(*when), step
    yield at(3, 11, 26), partial(everyday.retry_same, version="1.18.3")
    yield at(5, 10, 58), partial(everyday.retry_rebuilt, version="1.18.6")
    yield at(4, 16, 10), partial(everyday.push_chart, version="0.7.2")
    february = [datetime(2026, 2, day, 10, 30, tzinfo=UTC) for day in (6, 13, 20)]
    expired = list(zip(("0.9.1", "0.9.2", "0.9.3"), february, strict=True))
    expired.append(("0.9.4", at(2, 9, 21)))
    yield at(7, 3, 14), partial(everyday.expire_images, pushed=expired)


def _releases() -> Agenda:
    for when, version in (((2, 16, 30), "1.18.2"), ((4, 15, 40), "1.18.5"), ((6, 14, 5), "1.18.8")):
        yield at(*when), partial(everyday.release_api, version=version)
    for when, version in (((3, 12, 10), "4.7.2"), ((6, 12, 40), "4.7.4"), ((10, 13, 0), "4.7.6")):
        yield at(*when), partial(everyday.release_web, version=version)
    for when, version in (((4, 13, 0), "0.9.5"), ((10, 9, 40), "0.9.7")):
        yield at(*when), partial(everyday.release_worker, version=version)


def _people(world: World) -> Agenda:
    cast = world.cast
    by_hand = (
        (cast.dana, world.migrate, [((3, 14, 0), "22"), ((9, 15, 30), "23")]),
        (
            cast.lee,
            world.scratch,
            [((2, 11, 30), "cache-a"), ((3, 16, 20), "cache-b"), ((5, 11, 10), "cache-c"),
             ((6, 16, 45), "retries"), ((10, 9, 25), "retries-2")],
        ),
        (cast.sam, world.toolbox, [((3, 9, 15), "2026.3.1"), ((6, 10, 55), "2026.3.2")]),
    )  # fmt: skip
    for user, repository, pushes in by_hand:
        for when, tag in pushes:
            step = partial(everyday.person_pushes, user=user, repository=repository, tag=tag)
            yield at(*when), step
    for when in ((2, 8, 31), (4, 16, 42), (6, 8, 47), (9, 9, 4)):
        yield at(*when), everyday.dana_at_the_console
    for when in ((2, 17, 5), (9, 16, 12)):
        yield at(*when), everyday.dana_audits
    for when in ((2, 9, 5), (4, 9, 11), (5, 15, 20), (6, 9, 2)):
        yield at(*when), everyday.sam_looks_around
    for when, tag in (((3, 15, 0), "main"), ((4, 17, 10), "prod"), ((6, 15, 2), "prod")):
        yield at(*when), partial(everyday.mira_reads_scans, tag=tag)
    yield at(4, 11, 40), partial(everyday.dana_tidies_up, tag="21")
    yield at(7, 19, 25), everyday.lee_travels
    yield at(9, 8, 12), everyday.lee_checks_images
    for when in ((3, 16, 50), (9, 14, 2)):
        yield at(*when), everyday.lee_is_refused


def _nodes(world: World) -> Agenda:
    api, web, worker = (world.api, "prod"), (world.web, "main"), (world.worker, "0.9.5")
    base, tools = (world.base, "3.12"), (world.migrate, "22")
    first, second, third = world.cast.instances
    for when, instance, wanted in (
        ((2, 18, 3), first, [api, base]),
        ((3, 17, 40), second, [web, tools]),
        ((4, 16, 20), first, [api, worker]),
        ((6, 14, 50), second, [api, web]),
        ((7, 6, 30), third, [worker, api]),
        ((9, 7, 41), third, [api, base]),
        ((10, 12, 15), first, [web]),
    ):
        yield at(*when), partial(node_pulls, instance=instance, wanted=wanted)


def _intrusion() -> Agenda:
    yield at(8, 22, 58), intrusion.break_in
    yield at(9, 1, 2), _aftermath


def _aftermath(world: World, clock: Clock) -> None:
    replaced = world.api.tags[intrusion.FIXED_TAG]
    intrusion.stay_and_clean_up(world, clock, replaced)


def _repeat_some(world: World) -> None:
    """Pick a few records that reach the bucket twice, as happens in real trails."""
    early = [entry for entry in world.trail.entries if entry.when.day in (2, 3, 4)]
    chosen = world.rng.sample(early, CHANCE_COPIES)
    world.trail.twice += [str(entry.record["eventID"]) for entry in chosen]
