"""One conversion at a time into a folder, among all clients of one server.

A file system that only the server sees has nothing that two clients could not both take. The server
has: a global temporary view is made by one of them, and the other hears that it is there.
https://spark.apache.org/docs/latest/sql-ref-syntax-ddl-create-view.html
It is a name with a row of text, so no machine but the driver has to do anything for it.
"""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from queries.engines.spark_session import SparkSession
from queries.errors import InvestigationError, WrongUsage

BEAT = 20.0
"""Seconds between two signs of life."""
FORGOTTEN = 360
"""Seconds without one after which a claim counts for nothing. A server goes on for five minutes
with what a client that went away has asked for (spark.connect.execute.manager.detachedTimeout)."""
_PATIENCE = 5.0


class Claim:
    """That this conversion writes into a folder."""

    def __init__(self, session: SparkSession, place: str, named: str) -> None:
        """`place`: the folder as the server calls it, `named`: as the user does."""
        self._session = session
        self._named = named
        self._view = f"ecr_investigate_{hashlib.sha256(place.encode()).hexdigest()[:32]}"
        self._own = uuid.uuid4().hex

    @contextmanager
    def held(self) -> Iterator[None]:
        """Raises `WrongUsage` where another conversion has it."""
        self._take()
        over = threading.Event()
        beating = threading.Thread(target=self._beat, args=(over,), name="claim", daemon=True)
        beating.start()
        try:
            yield
        finally:
            over.set()
            beating.join(timeout=_PATIENCE)
            with suppress(Exception):
                if self._holder()[0] == self._own:
                    self._session.spark.catalog.dropGlobalTempView(self._view)

    def check(self) -> None:
        """Raises `WrongUsage` where another conversion has taken it, because nothing was heard of
        this one for too long."""
        if self._holder()[0] != self._own:
            raise WrongUsage(f"{self._named}: another conversion writes into it")

    def _take(self) -> None:
        while not self._say(replace=False):
            holder, silent = self._holder()
            if holder and silent < FORGOTTEN:
                raise WrongUsage(
                    f"{self._named}: another conversion writes into it, and was heard of"
                    f" {silent} seconds ago; one that was killed is forgotten after {FORGOTTEN}"
                )
            with self._session.running(None):
                self._session.spark.catalog.dropGlobalTempView(self._view)

    def _beat(self, over: threading.Event) -> None:
        while not over.wait(BEAT):
            with suppress(Exception):
                if self._holder()[0] == self._own:
                    self._say(replace=True)

    def _say(self, *, replace: bool) -> bool:
        """Write who has it, and when; returns False where it is there already."""
        row = [(self._own, self._now())]
        try:
            with self._session.running(None):
                frame = self._session.spark.createDataFrame(row, "holder STRING, heard BIGINT")
                if replace:
                    frame.createOrReplaceGlobalTempView(self._view)
                else:
                    frame.createGlobalTempView(self._view)
        except InvestigationError as error:
            if "ALREADY_EXISTS" not in str(error):
                raise
            return False
        return True

    def _holder(self) -> tuple[str, int]:
        """Who has it, and how many seconds ago that was said; nobody where it is not there."""
        try:
            with self._session.running(None):
                rows = self._session.ask(f"SELECT holder, heard FROM global_temp.{self._view}").rows  # noqa: S608
        except InvestigationError as error:
            if "NOT_FOUND" not in str(error):
                raise
            return "", 0
        [(holder, heard)] = rows
        return holder, self._now() - heard

    def _now(self) -> int:
        """Seconds, by the clock of the server."""
        with self._session.running(None):
            [(now,)] = self._session.ask(
                "SELECT unix_seconds(current_timestamp()) FROM VALUES (1)"
            ).rows
        return int(now)
