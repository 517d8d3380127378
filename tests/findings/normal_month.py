"""A month of everyday life in the company of the sample incident, without the incident.

Seeded: builds, releases, pushes by hand, retries, clean-ups, audits, travelling people, base images
and the hum of services, every working day. `python -m tests.findings.normal_month FOLDER` writes it
as one trail file.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

from samples import background, everyday
from samples.ecs import node_pulls
from samples.story import _EVERY, Agenda, Step
from samples.world import World
from tests.evidence_files import trail, zipped

SEED, DAYS = 7, 30
_START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday


def month(seed: int = SEED, days: int = DAYS) -> bytes:
    """The trail file, compressed."""
    world = World(seed)
    agenda = list(_agenda(world, Random(f"month {seed}"), days))
    for start, step in sorted(agenda, key=lambda entry: entry[0]):
        clock = world.clock(start)
        clock.tick(0, 50)
        step(world, clock)
    return zipped(trail([entry.record for entry in world.trail.entries]))


def _agenda(world: World, rng: Random, days: int) -> Agenda:
    builds = 0
    for day in range(days):
        midnight = _START + timedelta(days=day)
        for (account, region), hours in _EVERY.items():
            for hour in range(0, 24, hours):
                hum = partial(background.hum, account=account, region=region)
                yield midnight + timedelta(hours=hour, minutes=7), hum
        if day % 3 == 0:
            date = f"{midnight:%Y-%m-%d}"
            base = partial(everyday.build_base, date=date, debian=f"deb-{date}", python="3.12.9")
            yield midnight + timedelta(hours=5, minutes=2), base
        if midnight.weekday() >= 5:
            continue
        builds += 1
        yield from _working_day(world, rng, midnight, builds)


def _working_day(world: World, rng: Random, midnight: datetime, number: int) -> Agenda:
    cast = world.cast

    def at(first: int, last: int) -> datetime:
        return midnight + timedelta(hours=first, minutes=rng.randrange((last - first) * 60))

    version = f"1.18.{number}"
    yield at(9, 11), partial(everyday.build_api, version=version)
    yield at(11, 13), partial(everyday.build_web, version=f"4.7.{number}")
    yield at(9, 10), partial(everyday.build_worker, version=f"0.9.{number + 3}")
    for half in ("a", "b"):
        commit = f"{rng.randrange(16**6):06x}{half}"
        yield at(9, 17), partial(everyday.build_dev_api, commit=commit)
    if number % 2 == 0:
        yield at(15, 16), partial(everyday.release_api, version=version)
        yield at(13, 15), partial(everyday.release_web, version=f"4.7.{number}")
        yield at(10, 11), partial(everyday.release_worker, version=f"0.9.{number + 3}")
    if number % 5 == 3:
        yield at(13, 14), partial(everyday.retry_same, version=version)
        yield at(14, 15), partial(everyday.retry_rebuilt, version=version)
        yield at(16, 17), partial(everyday.push_chart, version=f"0.7.{number}")
    people = (
        (cast.dana, world.migrate, f"{number + 21}", 4),
        (cast.lee, world.scratch, f"spike-{number}", 2),
        (cast.sam, world.toolbox, f"2026.3.{number}", 3),
    )
    for who, repository, tag, every in people:
        if number % every == 0:
            step = partial(everyday.person_pushes, user=who, repository=repository, tag=tag)
            yield at(9, 17), step
    habits: tuple[tuple[Step, int], ...] = (
        (everyday.dana_at_the_console, 2),
        (everyday.dana_audits, 5),
        (everyday.sam_looks_around, 2),
        (everyday.lee_checks_images, 3),
        (everyday.lee_is_refused, 4),
    )
    for habit, every in habits:
        if number % every == 1:
            yield at(8, 17), habit
    if number % 5 == 4:
        yield at(15, 17), partial(everyday.mira_reads_scans, tag="prod")
    if number == 12:
        yield at(19, 20), everyday.lee_travels
    yield (
        at(7, 8),
        partial(node_pulls, instance=rng.choice(cast.instances), wanted=[(world.api, "main")]),
    )


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "month.json.gz").write_bytes(month())


if __name__ == "__main__":
    main()
