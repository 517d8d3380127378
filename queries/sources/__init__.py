"""Where evidence comes from: each source names items and opens them as byte streams."""
