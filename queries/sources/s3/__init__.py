"""Evidence in a bucket: `s3://bucket/prefix` beside local paths.

    layout, listing   which objects are there and asked for      → a listing
    fetch, store      objects to files in the evidence cache     → bytes
    source            ties them together for `queries.case`
    faults            any error of AWS, the network or the disk  → one sentence

Importing this package loads no boto3: that happens when an `s3://` path is used.
"""
