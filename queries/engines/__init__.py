"""Who answers the questions: DuckDB here, or an engine elsewhere, over converted events."""
