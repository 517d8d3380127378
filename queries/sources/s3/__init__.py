"""Evidence in a bucket of S3: `s3://bucket/prefix`.

layout     how CloudTrail lays out a bucket
client     the typed door to boto3; short_cut beside it fetches with less ado
faults     any error of AWS, the network or the disk  → one sentence
policy     the least that reading needs
"""
