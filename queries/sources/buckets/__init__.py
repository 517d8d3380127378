"""Evidence in buckets, whoever keeps them: `s3://`, `gs://` and `az://` beside local paths.

    clouds             which clouds there are, and what each does its own way
    place, listing     which objects are there and asked for      → a listing
    choice             what of a listing somebody ticked
    fetch, store       objects to files in the evidence cache     → bytes
    source             ties them together for `queries.case`
    faults             what can go wrong                          → one sentence

Importing this package loads no cloud's library: that happens when a path of that cloud is used.
"""
