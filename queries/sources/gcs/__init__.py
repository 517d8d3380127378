"""Evidence in a bucket of Google Cloud Storage: `gs://bucket/prefix`.

layout     how a sink of Cloud Logging lays out a bucket
client     the typed door to google-cloud-storage (the extra `gcs`)
faults     any error of Google, the network or the disk  → one sentence
"""
