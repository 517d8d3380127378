"""Rows of a Parquet file as JSON objects (Amazon Security Lake delivers OCSF in Parquet).

DuckDB reads it, in a connection of its own that may do nothing else. The bytes are copied to a
file with a name of ours first: DuckDB takes brackets in a given name for a pattern.
https://docs.aws.amazon.com/security-lake/latest/userguide/open-cybersecurity-schema-framework.html
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb

from queries.database import connect
from queries.json_stream import Broken, Piece

MAGIC = b"PAR1"


def parquet_pieces(chunks: Iterator[bytes]) -> Iterator[Piece | Broken]:
    """Each row as a piece; its text is the row as JSON."""
    with tempfile.TemporaryDirectory(prefix="ecr-investigate-") as folder:
        copy = Path(folder) / "rows.parquet"
        with copy.open("wb") as out:
            for chunk in chunks:
                out.write(chunk)
        connection = connect(config={"memory_limit": "500MB", "threads": "1"})
        try:
            cursor = connection.execute(
                "SELECT to_json(r)::VARCHAR FROM read_parquet($path) AS r", {"path": str(copy)}
            )
            while rows := cursor.fetchmany(1000):
                for (text,) in rows:
                    yield Piece(json.loads(text), text, "[]")
        except (duckdb.Error, ValueError) as error:
            said = str(error).splitlines()[0].replace(f"'{copy}'", "it")[:120]
            yield Broken(1, f"not a whole Parquet file ({said})")
        finally:
            connection.close()
