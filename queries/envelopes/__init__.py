"""Which export is this? Each envelope knows one way in which CloudTrail records are wrapped.

An envelope is a module with a `NAME` (shown to the user) and a function `read(piece)` that
answers None (not mine), or what the piece holds. `registry.ENVELOPES` lists them in the order
in which they are asked. A piece is a JSON value, a row of a Parquet file, or a row of a CSV file
(`flat.ROW`); `texts.FORMS` lists how a text that is not JSON becomes pieces.

What several of them need: `nested` opens a record inside a text, `columns` puts a row of columns
together to a record, `struct_text` reads `{key=value}`.
"""
