"""Events out of the program, in the forms of other tools."""
