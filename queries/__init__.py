"""What the logs say: sources, readers, the events relation, SQL questions and their rows.

Knows no screen: imports neither `tui` nor textual, so that it runs in a script or a notebook.
"""
