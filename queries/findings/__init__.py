"""Findings: rules over the events of a case, each hit with its reason and the events behind it.

A rule is one SQL file (`queries/sql/findings/`, or a folder of the user's own): its header says
what it sees, how bad that is and when it is harmless; adding one needs no Python. `run.find` runs
them over a case and answers with `Found`: findings, the stories they make together, and how each
rule fared.
"""
