"""The interface in a browser: textual-serve behind a door of ours, and a page of ours."""
