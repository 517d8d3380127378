"""Which export is this? Each envelope knows one way in which CloudTrail records are wrapped.

An envelope is a module with a `NAME` (shown to the user) and a function `read(piece)` that
answers None (not mine), or what the piece holds. `registry.ENVELOPES` lists them in the order
in which they are asked.
"""
