"""A trail as it is delivered, read by Spark: which folders, and records as rows of `events`."""
