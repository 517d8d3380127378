"""The one statement that turns records into rows of `events`, for both lanes."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from queries.index.columns import COLUMNS, FIELDS, RECORD, REQUEST, RESPONSE, SHARED

_NAME = re.compile(r"\{([a-z_]+)\}")


def _expression(sql: str) -> str:
    return _NAME.sub(r"\1_", sql)


def _structure(members: dict[str, Any]) -> str:
    return "'" + json.dumps(members) + "'"


@cache
def insert_statement() -> str:
    """INSERT INTO events from documents `{"Records": [...]}`.

    Parameters: `docs` BLOB[] the documents, `files` INTEGER[] the file id of each, `bases`
    BIGINT[] the position before its first record. A document that is not JSON gives no row.
    A row is `odd` when this statement alone cannot do it justice (a member that is not an
    object, an unusual time, a repeated key, a value that CloudTrail left out, another service's
    notice): its file then goes through the careful reader.
    """
    names = ", ".join(column.name for column in COLUMNS)
    values = ", ".join(f"{_expression(column.sql)} AS {column.name}" for column in COLUMNS)
    fields = ", ".join(f"{place} AS {name}_" for name, place in FIELDS.items())
    shared = ", ".join(f"{_expression(sql)} AS {name}_" for name, sql in SHARED.items())
    return f"""
INSERT INTO events (event_key, file_id, position, {names}, repository, copies, merged_into, odd)
SELECT (file_id::BIGINT << 32) | position, file_id, position, {names},
  CASE WHEN repository_name IS NOT NULL THEN coalesce(registry_id, '?') || '/'
    || CASE WHEN event_source = 'ecr-public.amazonaws.com' THEN 'public'
            ELSE coalesce(aws_region, '?') END || '/' || repository_name END,
  1, NULL, odd
FROM (
  SELECT file_id, position, {values},
    careful OR no_identity OR event_id_ IS NULL OR event_time_text_ IS NULL
      OR event_time_text_ NOT LIKE '____-__-__T__:__:__Z'
      OR event_time IS NULL OR event_name_ IS NULL OR event_source_ IS NULL
      OR event_source_ LIKE 'aws:%'
      OR coalesce(request_parameters_ NOT LIKE '{{%', false)
      OR coalesce(response_elements_ NOT LIKE '{{%', false)
      OR coalesce(service_event_details_ NOT LIKE '{{%', false)
      OR coalesce(addendum_ NOT LIKE '{{%', false) AS odd
  FROM (
    SELECT *, {shared}
    FROM (
      SELECT file_id, position, careful, r.userIdentity IS NULL AS no_identity, {fields}
      FROM (
        SELECT file_id, position, careful, r,
          json_transform(r.requestParameters, {_structure(REQUEST)}) AS q,
          json_transform(r.responseElements, {_structure(RESPONSE)}) AS a
        FROM (
          SELECT file_id, careful, base + generate_subscripts(records, 1) AS position,
            unnest(records) AS r
          FROM (
            SELECT file_id, base, records, len(shapes) <> len(records)
              OR len(list_filter(list_distinct(shapes),
                lambda keys: len(keys) <> list_unique(keys))) > 0
              OR (contains(doc, 'omitted') AND contains(doc, '"omitted"')) AS careful
            FROM (
              SELECT file_id, base, doc,
                try(json_transform(doc, {_structure({"Records": [RECORD]})})).Records AS records,
                try(json_keys(doc, '$.*[*]')) AS shapes
              FROM (
                SELECT file_id, base, try(decode(doc)) AS doc
                FROM (SELECT unnest($docs::BLOB[]) AS doc, unnest($files::INTEGER[]) AS file_id,
                             unnest($bases::BIGINT[]) AS base)
              )
            )
          )
        )
      )
    )
  )
)"""  # noqa: S608
