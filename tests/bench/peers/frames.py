"""Polars: the records in a frame in memory (it keeps no nested object as text, so the request's
other members and the response are left out)."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

from tests.bench.peers.asked import Ask, job, tell

GIVEN = job()


def load() -> Ask:
    import polars as pl

    identity = pl.Struct({"arn": pl.String, "accessKeyId": pl.String})
    request = pl.Struct({"repositoryName": pl.String, "imageTag": pl.String})
    names = ("eventTime", "eventID", "eventName", "sourceIPAddress", "eventSource", "awsRegion")
    record = pl.Struct(
        {
            **dict.fromkeys((*names, "userAgent", "errorCode"), pl.String),
            "userIdentity": identity,
            "requestParameters": request,
        }
    )
    document = pl.Struct({"Records": pl.List(record)})

    def read(file: str) -> pl.DataFrame:
        text = gzip.decompress(Path(file).read_bytes()).decode()
        rows = pl.Series([text]).str.json_decode(document).struct.unnest()
        flat = rows.explode("Records").unnest("Records")
        return flat.unnest("userIdentity").unnest("requestParameters")

    frame = pl.concat([read(file) for file in GIVEN["files"]]).rename(
        {
            "eventTime": "event_time",
            "eventID": "event_id",
            "eventName": "event_name",
            "arn": "identity_arn",
            "accessKeyId": "access_key_id",
            "sourceIPAddress": "source_ip_address",
            "repositoryName": "repository_name",
            "imageTag": "image_tag",
        }
    )
    held = pl.SQLContext(events=frame)

    def ask(sql: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = held.execute(sql, eager=True).rows()
        return found

    return ask


if __name__ == "__main__":
    tell(load, GIVEN["questions"])
