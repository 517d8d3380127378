"""What the user wants of the interface: theme, keys, plain output; the rest is of `queries`."""
