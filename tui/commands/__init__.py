"""The subcommands. `registry` lists them; the other modules answer them."""
