"""What a person sees: screens, widgets, keys, themes and the command line. Imports `queries`."""
