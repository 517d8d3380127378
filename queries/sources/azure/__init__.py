"""Evidence in a container of Azure Storage: `az://container@account/prefix`, `abfs://…`.

paths      what a path says: container, account, prefix
layout     how Azure Monitor lays out a container
client     the typed door to azure-storage-blob and azure-identity (the extra `azure`)
faults     any error of Azure, the network or the disk  → one sentence
"""
