"""The one statement that turns records into rows of `events`, for both lanes."""

from __future__ import annotations

from queries.index.columns import COLUMNS, PATHS, TYPE_PATHS

_FIELDS = list(PATHS)


def _field(name: str) -> str:
    return f"x[{_FIELDS.index(name) + 1}]"


def _expression(sql: str) -> str:
    # str.format would stumble over the braces of JSON literals such as LIKE '{%'.
    for name in sorted(_FIELDS, key=len, reverse=True):
        sql = sql.replace("{" + name + "}", _field(name))
    return sql


def _quoted(paths: list[str]) -> str:
    return "[" + ", ".join(f"'{path}'" for path in paths) + "]"


def insert_statement() -> str:
    """INSERT INTO events from documents `{"Records": [...]}`.

    Parameters: `docs` VARCHAR[] the documents, `files` INTEGER[] the file id of each, `bases`
    BIGINT[] the position before its first record. A document that is not JSON gives no row.
    A row is `odd` when this statement alone cannot do it justice (a member that is not an
    object, an unusual time, a repeated key, another service's notice): its file then goes
    through the careful reader.
    """
    names = ", ".join(column.name for column in COLUMNS)
    values = ", ".join(f"{_expression(column.sql)} AS {column.name}" for column in COLUMNS)
    # Column names and paths are our own constants; documents are bound.
    return f"""
INSERT INTO events (event_key, file_id, position, {names}, repository, copies, merged_into, odd)
SELECT (file_id::BIGINT << 32) | position, file_id, position, {names},
  CASE WHEN repository_name IS NOT NULL THEN coalesce(registry_id, '?') || '/'
    || CASE WHEN event_source = 'ecr-public.amazonaws.com' THEN 'public'
            ELSE coalesce(aws_region, '?') END || '/' || repository_name END,
  1, NULL, odd
FROM (
  SELECT file_id, position, {values},
    json_type(r) <> 'OBJECT' OR {_field("event_time_text")} IS NULL
      OR {_field("event_time_text")} NOT LIKE '____-__-__T__:__:__Z'
      OR {_field("event_name")} IS NULL OR {_field("event_source")} IS NULL
      OR {_field("event_source")} LIKE 'aws:%'
      OR len(list_filter(t, lambda kind: kind NOT IN ('OBJECT', 'NULL'))) > 0
      OR event_time IS NULL
      OR len(list_distinct(k)) <> len(k) AS odd
  FROM (
    SELECT file_id, position, r, json_extract_string(r, {_quoted(list(PATHS.values()))}) AS x,
      json_type(r, {_quoted(list(TYPE_PATHS))}) AS t, json_keys(r) AS k
    FROM (
      SELECT file_id, base + generate_subscripts(records, 1) AS position, unnest(records) AS r
      FROM (
        SELECT file_id, base, try(json_extract(doc, '$.Records[*]')) AS records
        FROM (SELECT unnest($docs::VARCHAR[]) AS doc, unnest($files::INTEGER[]) AS file_id,
                     unnest($bases::BIGINT[]) AS base)
      )
    )
  )
)"""  # noqa: S608 - our own columns; values are bound  # noqa: S608
