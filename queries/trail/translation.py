"""One record of a trail as a row of `events`, in Spark's SQL.

The columns are those of `queries.index.columns`, whose expressions are DuckDB's; here they get the
words of Spark, so the two cannot say different things of a record. What the fast lane of an index
leaves to the careful reader (`odd`, queries/index/flatten.py) is found here as well, and its whole
file left to it: Spark never guesses.
"""

from __future__ import annotations

import re
from typing import Any

from queries.index.columns import COLUMNS, SHARED
from queries.index.fields import FIELDS, MAPPED_FIELDS, RECORD, REQUEST, RESPONSE
from queries.index.flatten import OBJECTS, TEXTS

TYPES = {
    "VARCHAR": "STRING",
    "TIMESTAMP": "TIMESTAMP_NTZ",
    "INTEGER": "INT",
    "JSON": "STRING",
    "VARCHAR[]": "ARRAY<STRING>",
}
"""DuckDB's names of types in Spark's words; the others are called the same."""

ORIGIN = ("path", "position", "records", "whole", "odd")
"""Beside the columns of an event: the file as Spark names it, the place of the record in it (NULL
in the one row of a file without records), how many the file has (NULL where it is no JSON), whether
they are all of the file's text, and whether this translation does the record justice."""

_NAME = re.compile(r"\{([a-z_]+)\}")
_SPELLED = (
    (re.compile(r"::([A-Z]+)"), lambda found: f"::{TYPES.get(found[1], found[1])}"),
    (re.compile(r" AS (VARCHAR|TIMESTAMP)\)"), lambda found: f" AS {TYPES[found[1]]})"),
    (re.compile(r"\bregexp_matches\("), lambda _: "regexp_like("),
    (re.compile(r"'\\1'"), lambda _: "'$1'"),
    (re.compile(r"\bsha256\((\{\w+\})\)"), lambda found: f"sha2({found[1]}, 256)"),
    (re.compile(r"\bstrpos\("), lambda _: "instr("),
    (re.compile(r"\bepoch\((.*?)\)::"), lambda found: f"unix_timestamp({found[1]})::"),
    # Spark takes no negative length.
    (
        re.compile(r"\bleft\((\{\w+\}), -1\)"),
        lambda found: f"left({found[1]}, length({found[1]}) - 1)",
    ),
    (re.compile(r"\bjson_extract_string\("), lambda _: "get_json_object("),
    # A backslash in a text is one.
    (re.compile(r"'[^']*\\[^']*'"), lambda found: f"r{found[0]}"),
)
"""Where Spark calls something else than DuckDB: all that the columns need."""

_IN_LIST = re.compile(r"^([a-z]\.\w+)\[(\d)\](.*)$")
_OBJECT = "userIdentity|requestParameters|responseElements|serviceEventDetails|addendum"
_NOT_OBJECT = rf'"({_OBJECT})"\s*:\s*[^\s{{n]'
"""A member that is a text, a number or a list; within a text it only costs a second reading."""
_HALF_A_PAIR = r"\\u[dD][89a-fA-F]"
_NUMBER = r'("\s*:|\[)\s*-?(\d+(\.\d+)?[eE]|\d{16}|\d*\.\d{16})'
"""One that is written again in another way, or not at all, by who reads it as a double."""


def rows(source: str, *, hashed: bool = False) -> str:
    """The SELECT of events, and `ORIGIN`, of the relation `source (path STRING, value STRING)`,
    the files of a trail as text. `hashed`: and `content`, the SHA-256 of a file's text, in the
    first row of each.

    JSON that is kept as text is written as an index writes it, without blanks and needless escapes.
    A file is between brackets while it is parsed, so that what follows its end is not passed over.
    What is said of a file is worked out below the exploding: else each record carries the file.
    """
    fields = [f"{_place(place)} AS {name}_" for name, place in FIELDS.items()]
    fields += [f"CAST(NULL AS STRING) AS {name}_" for name in MAPPED_FIELDS]
    shared = [f"{_expression(sql)} AS {name}_" for name, sql in SHARED.items()]
    values = [f"CAST({_expression(c.sql)} AS {spark_type(c.type)}) AS {c.name}" for c in COLUMNS]
    odd = " OR ".join(
        [f"coalesce({name}_ LIKE '{{%', false)" for name in TEXTS]
        + [f"coalesce({name}_ NOT LIKE '{{%', false)" for name in OBJECTS]
    )
    origin = "path, position, records, whole" + (", content" if hashed else "")
    content, first = "", ""
    if hashed:
        content = ", sha2(CAST(value AS BINARY), 256) AS content"
        first = ", CASE WHEN coalesce(place, 0) = 0 THEN content END AS content"
    return f"""
SELECT {origin}, position IS NOT NULL AND (careful OR event_time IS NULL
    OR coalesce(identity_type_, principal_id_, arn_, account_id_, user_name_, invoked_by_) IS NULL
    OR event_id_ IS NULL OR event_time_text_ IS NULL
    OR event_time_text_ NOT LIKE '____-__-__T__:__:__Z'
    OR event_name_ IS NULL OR event_source_ IS NULL OR event_source_ LIKE 'aws:%'
    OR {odd}) AS odd,
  {_names()},
  CASE WHEN repository_name IS NOT NULL THEN coalesce(registry_id, '?') || '/'
    || CASE WHEN event_source = 'ecr-public.amazonaws.com' THEN 'public'
            ELSE coalesce(aws_region, '?') END || '/' || repository_name END AS repository
FROM (
  SELECT {origin}, careful, {", ".join(values)}, {_kept()}
  FROM (
    SELECT *, {", ".join(shared)}
    FROM (
      SELECT {origin}, careful, {", ".join(fields)}
      FROM (
        SELECT {origin}, careful, r,
          from_json(r.requestParameters, '{_structure(REQUEST)}') AS q,
          from_json(r.responseElements, '{_structure(RESPONSE)}') AS a
        FROM (
          SELECT path, CAST(place AS BIGINT) + 1 AS position, records, whole{first},
            from_json(record, '{_structure(RECORD)}') AS r,
            record IS NULL OR try_parse_json(record) IS NULL OR record LIKE '%"omitted"%'
              OR record RLIKE r'{_NOT_OBJECT}' OR record RLIKE r'{_HALF_A_PAIR}' AS careful
          FROM (
            SELECT path, records, whole{", content" if hashed else ""},
              posexplode_outer(list) AS (place, record)
            FROM (
              SELECT path, documents[0]['Records'] AS list,
                size(documents[0]['Records']) AS records,
                size(documents) = 1 AND map_keys(documents[0]) = array('Records')
                  AND is_valid_utf8(value) AND value NOT RLIKE r'{_HALF_A_PAIR}'
                  AND value NOT RLIKE r'{_NUMBER}' AS whole{content}
              FROM (
                SELECT path, value, from_json(concat('[', value, ']'),
                  'ARRAY<MAP<STRING, ARRAY<STRING>>>') AS documents
                FROM {source}
              )
            )
          )
        )
      )
    )
  )
)"""  # noqa: S608 - constants of this project


def spark_type(kind: str) -> str:
    """A type of DuckDB's as Spark calls it."""
    return TYPES.get(kind, kind)


def _names() -> str:
    return ", ".join(column.name for column in COLUMNS)


def _kept() -> str:
    """The fields that decide whether a row is odd."""
    said = ("event_time_text", *TEXTS, *OBJECTS)
    return ", ".join(f"{name}_" for name in said)


def _expression(sql: str) -> str:
    for pattern, spelled in _SPELLED:
        sql = pattern.sub(spelled, sql)
    return _NAME.sub(r"\1_", sql)


def _place(place: str) -> str:
    """Where a field is in the record; an entry that a list does not have is no error."""
    found = _IN_LIST.match(place)
    return f"get({found[1]}, {int(found[2]) - 1}){found[3]}" if found else _expression(place)


def _structure(members: dict[str, Any]) -> str:
    return ", ".join(f"{name} {_shape(kind)}" for name, kind in members.items())


def _shape(kind: Any) -> str:
    if isinstance(kind, dict):
        return f"STRUCT<{', '.join(f'{name}: {_shape(inner)}' for name, inner in kind.items())}>"
    if isinstance(kind, list):
        return f"ARRAY<{_shape(kind[0])}>"
    return "STRING"
