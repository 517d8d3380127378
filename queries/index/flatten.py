"""The one statement that turns records into rows of `events`, for both lanes."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from queries.index.columns import COLUMNS, SHARED
from queries.index.fields import FIELDS, MAPPED, MAPPED_FIELDS, RECORD, REQUEST, RESPONSE
from queries.index.identifiers import insertion

_NAME = re.compile(r"\{([a-z_]+)\}")
OBJECTS = ("request_parameters", "response_elements", "service_event_details", "addendum")
TEXTS = tuple(
    name
    for name, place in FIELDS.items()
    if place.startswith("r.") and name not in (*OBJECTS, "event_time_text", "session_created_text")
)


_NO_IDENTITY = (
    "coalesce(identity_type_, principal_id_, arn_, account_id_, user_name_, invoked_by_) IS NULL"
)
"""An identity that says nothing may be a text that holds one (DuckDB makes it an empty struct)."""


def _expression(sql: str) -> str:
    return _NAME.sub(r"\1_", sql)


def _structure(members: dict[str, Any]) -> str:
    return "'" + json.dumps(members) + "'"


@cache
def insert_statement(*, guarded: bool, mapped: bool = False) -> str:
    """INSERT INTO events from documents `{"Records": [...]}`.

    Parameters: `docs` BLOB[] the documents, `files` INTEGER[] the file id of each, `bases`
    BIGINT[] the position before its first record, `counts` BIGINT[] how many records it has (NULL:
    any number; rows of a document with more or fewer are odd). A document that is not JSON gives
    no row when guarded, else an error (guarding costs a tenth of the time: DuckDB copies what it
    guards).
    A row is `odd` when this statement alone cannot do it justice (a member that is not an
    object, a text that is one, an unusual time, a key repeated at any depth, a value that
    CloudTrail left out, another service's notice): its file then goes through the careful reader.
    With `mapped` a record may bring what a provider said of it; trail files never do, and reading
    them costs nothing for it.
    """
    guard = "try" if guarded else ""
    odd = "\n      OR ".join(
        [f"coalesce({name}_ LIKE '{{%', false)" for name in TEXTS]
        + [
            f"coalesce({name}_ NOT LIKE '{{%' OR contains({name}_, '\"omitted\"'), false)"
            for name in OBJECTS
        ]
    )
    values = ", ".join(f"{_expression(column.sql)} AS {column.name}" for column in COLUMNS)
    said = [
        f"{place if mapped else 'NULL::VARCHAR'} AS {name}_"
        for name, place in MAPPED_FIELDS.items()
    ]
    fields = ", ".join([*(f"{place} AS {name}_" for name, place in FIELDS.items()), *said])
    record = {**RECORD, "mapped": MAPPED} if mapped else RECORD
    document = _structure({"Records": [record]})
    shared = ", ".join(f"{_expression(sql)} AS {name}_" for name, sql in SHARED.items())
    return insertion(f"""
SELECT (file_id::BIGINT << 32) | position AS event_key, * EXCLUDE (said_repository, odd),
  CASE WHEN said_repository IS NOT NULL THEN said_repository
    WHEN repository_name IS NOT NULL THEN coalesce(registry_id, '?') || '/'
    || CASE WHEN event_source = 'ecr-public.amazonaws.com' THEN 'public'
            ELSE coalesce(aws_region, '?') END || '/' || repository_name END AS repository,
  1 AS copies, odd
FROM (
  SELECT file_id, position, {values}, m_repository_ AS said_repository,
    repeated OR {_NO_IDENTITY} OR event_id_ IS NULL OR event_time_text_ IS NULL
      OR event_time_text_ NOT LIKE '____-__-__T__:__:__Z'
      OR event_time IS NULL OR event_name_ IS NULL OR event_source_ IS NULL
      OR event_source_ LIKE 'aws:%'
      OR {odd} AS odd
  FROM (
    SELECT *, {shared}
    FROM (
      SELECT file_id, position, repeated, {fields}
      FROM (
        SELECT file_id, position, repeated, r,
          json_transform(r.requestParameters, {_structure(REQUEST)}) AS q,
          json_transform(r.responseElements, {_structure(RESPONSE)}) AS a
        FROM (
          SELECT file_id, repeated, base + generate_subscripts(records, 1) AS position,
            unnest(records) AS r
          FROM (
            SELECT file_id, base, records, len(members) <> 1
              OR coalesce(len(records) <> expected, false)
              OR len(list_filter(list_distinct(list_filter(shapes, lambda keys: len(keys) > 1)),
                lambda keys: len(keys) <> list_unique(keys))) > 0 AS repeated
            FROM (
              SELECT file_id, base, expected,
                {guard}(json_transform(doc, {document})).Records AS records,
                {guard}(json_keys(doc)) AS members, {guard}(json_keys(doc, '$.**')) AS shapes
              FROM (
                SELECT file_id, base, expected, {guard}(decode(doc)) AS doc
                FROM (SELECT unnest($docs::BLOB[]) AS doc, unnest($files::INTEGER[]) AS file_id,
                             unnest($bases::BIGINT[]) AS base,
                             unnest($counts::BIGINT[]) AS expected)
              )
            )
          )
        )
      )
    )
  )
)""")  # noqa: S608
