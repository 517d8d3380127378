"""The report: everything somebody needs who was not there."""
