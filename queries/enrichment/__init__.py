"""What files of the user's say about addresses and accounts: where an address is, whose network it
is of, what an account is called. Nothing is downloaded, and nothing of it is part of the index."""
