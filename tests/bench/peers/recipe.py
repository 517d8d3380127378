"""DuckDB as people publish it: inference, unnest, a flat table in a file."""

from __future__ import annotations

from tests.bench.peers.asked import Ask, job, tell

GIVEN = job()


def load() -> Ask:
    import duckdb

    connection = duckdb.connect(f"{GIVEN['scratch']}/recipe.duckdb")
    connection.execute(
        "CREATE TEMP TABLE records AS SELECT unnest(Records) AS event"
        " FROM read_json_auto($files, maximum_object_size = 268435456)",
        {"files": GIVEN["files"]},
    )
    connection.execute(
        """
        CREATE TABLE events AS SELECT
          event.eventTime AS event_time, event.eventID AS event_id,
          event.eventName AS event_name, event.userIdentity.arn AS identity_arn,
          event.sourceIPAddress AS source_ip_address,
          json_extract_string(to_json(event.requestParameters), '$.repositoryName')
            AS repository_name,
          json_extract_string(to_json(event.requestParameters), '$.imageTag') AS image_tag,
          event.eventSource AS event_source, event.awsRegion AS aws_region,
          event.userAgent AS user_agent, event.errorCode AS error_code,
          event.userIdentity.accessKeyId AS access_key_id,
          to_json(event.requestParameters)::VARCHAR AS request_parameters,
          to_json(event.responseElements)::VARCHAR AS response_elements
        FROM records
        """
    )
    return lambda sql: connection.execute(sql).fetchall()


if __name__ == "__main__":
    tell(load, GIVEN["questions"])
