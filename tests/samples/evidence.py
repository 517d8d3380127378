"""The committed evidence, read with nothing but the standard library."""

import gzip
import json
from pathlib import Path
from typing import Any

Record = dict[str, Any]

PRODUCTION, BUILD = "111122223333", "444455556666"
THIEF = "198.51.100.77"


class Evidence:
    """The committed files, read without any help from the product."""

    def __init__(self, folder: Path) -> None:
        self.packed = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
        self.texts = {path: gzip.decompress(data) for path, data in self.packed.items()}
        self.logs = {p: text for p, text in self.texts.items() if "/CloudTrail/" in p}
        self.digests = {p: text for p, text in self.texts.items() if "/CloudTrail-Digest/" in p}
        self.delivered: list[tuple[str, Record]] = [
            (path, record)
            for path, text in self.logs.items()
            for record in json.loads(text)["Records"]
        ]
        merged = {record["eventID"]: record for _, record in self.delivered}
        self.events = sorted(merged.values(), key=lambda r: (r["eventTime"], r["eventID"]))

    def named(self, *names: str, **wanted: object) -> list[Record]:
        """Events with one of the names and with the given top-level fields."""
        return [
            event
            for event in self.events
            if event["eventName"] in names
            and all(event.get(field) == value for field, value in wanted.items())
        ]

    def pushes(self, repository: str, account: str = PRODUCTION) -> list[Record]:
        return [
            event
            for event in self.named("PutImage", recipientAccountId=account)
            if event["requestParameters"]["repositoryName"] == repository
        ]

    def moves_of_prod(self) -> list[Record]:
        """Each time `prod` of team/api was put on an image; the last one is the implant."""
        return [
            push
            for push in self.pushes("team/api")
            if push["requestParameters"].get("imageTag") == "prod" and "errorCode" not in push
        ]


def digest(push: Record) -> str:
    return str(push["responseElements"]["image"]["imageId"]["imageDigest"])


def manifest(push: Record) -> Record:
    parsed: Record = json.loads(push["requestParameters"]["imageManifest"])
    return parsed


def layers(push: Record) -> list[str]:
    return [layer["digest"] for layer in manifest(push).get("layers", [])]


def key(event: Record) -> str:
    return str(event["userIdentity"].get("accessKeyId", ""))


def issued(event: Record) -> str:
    return str(event["responseElements"]["credentials"]["accessKeyId"])
