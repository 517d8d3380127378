"""Marks: what somebody holds to be evidence, with tags, a comment and the raw records."""
