"""This program: the index is made, then asked."""

from __future__ import annotations

import atexit

from queries.case import open_case
from tests.bench.peers.asked import Ask, job, tell

GIVEN = job()


def load() -> Ask:
    case = open_case([GIVEN["folder"]], use_cache=False)
    atexit.register(case.close)
    return lambda sql: case.ask(sql).rows


if __name__ == "__main__":
    tell(load, GIVEN["questions"])
