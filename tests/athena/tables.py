"""Reading DDL back."""

from __future__ import annotations

import sqlglot
from sqlglot import exp


def parsed_properties(sql: str) -> dict[str, str]:
    """TBLPROPERTIES of a CREATE TABLE, as sqlglot reads it for Athena."""
    tree = sqlglot.parse_one(sql, read="athena")
    return {
        str(found.this.name): str(found.args["value"].name)
        for found in tree.find_all(exp.Property)
        if type(found) is exp.Property
    }
