"""chDB: ClickHouse in the process, the records in a MergeTree sorted by time."""

from __future__ import annotations

import json
from typing import Any

from tests.bench.peers.asked import Ask, job, tell

GIVEN = job()
_FORMAT = "JSONCompactEachRow"


def load() -> Ask:
    from chdb import session

    held = session.Session(f"{GIVEN['scratch']}/chdb")
    names = ",".join(file.rsplit("/", 1)[-1] for file in GIVEN["links"])
    folder = GIVEN["links"][0].rsplit("/", 1)[0]
    held.query("CREATE DATABASE IF NOT EXISTS d ENGINE = Atomic")
    held.query(
        f"""
        CREATE TABLE d.events ENGINE = MergeTree ORDER BY (event_time, event_id) AS
        SELECT parseDateTimeBestEffort(JSONExtractString(r, 'eventTime'), 'UTC') AS event_time,
          JSONExtractString(r, 'eventID') AS event_id,
          JSONExtractString(r, 'eventName') AS event_name,
          JSONExtract(r, 'userIdentity', 'arn', 'Nullable(String)') AS identity_arn,
          JSONExtractString(r, 'sourceIPAddress') AS source_ip_address,
          JSONExtract(r, 'requestParameters', 'repositoryName', 'Nullable(String)')
            AS repository_name,
          JSONExtract(r, 'requestParameters', 'imageTag', 'Nullable(String)') AS image_tag,
          JSONExtractString(r, 'eventSource') AS event_source,
          JSONExtractString(r, 'awsRegion') AS aws_region,
          JSONExtractString(r, 'userAgent') AS user_agent,
          JSONExtractString(r, 'errorCode') AS error_code,
          JSONExtract(r, 'userIdentity', 'accessKeyId', 'Nullable(String)') AS access_key_id,
          JSONExtractRaw(r, 'requestParameters') AS request_parameters,
          JSONExtractRaw(r, 'responseElements') AS response_elements
        FROM (
          SELECT arrayJoin(JSONExtractArrayRaw(json, 'Records')) AS r
          FROM file('{folder}/{{{names}}}', 'JSONAsString', 'json String', 'gzip')
        )
        """
    )

    def ask(sql: str) -> list[list[Any]]:
        where = sql.replace("FROM events", "FROM d.events")
        answer = held.query(f"{where} SETTINGS date_time_output_format = 'iso'", _FORMAT)
        return [json.loads(line) for line in str(answer).splitlines() if line]

    return ask


if __name__ == "__main__":
    tell(load, GIVEN["questions"])
