"""Events and what is made from them as Parquet, for other engines (docs/parquet.md)."""
