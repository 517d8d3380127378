"""What the fuzzer starts from, and how it spoils it."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import random
import re
import tarfile
import zipfile
from collections.abc import Callable
from typing import Any

from samples import incident_path
from tests.evidence_files import (
    SHARED,
    Record,
    at,
    image,
    index,
    push,
    record,
    sha,
    trail,
)
from tests.queries.envelopes.reading import struct, table, three
from tests.queries.envelopes.test_lossless import WRAPPINGS

_HOSTILE: tuple[Any, ...] = (
    None, True, False, 0, -1, 10**30, 1.5, 1e308, "", " ", "\x00", "\ud800", "\U0001f600\u202e",
    "x" * 5000, [], {}, [[]], {"": ""}, [None], "2026-02-30T10:00:00Z", "9999-12-31T23:59:59Z",
    "0000-01-01T00:00:00Z", 1772445900, "1.11122E+11", "{}", "[", '{"a": 1}', "null", "NaN",
    "=1+1", "arn:aws:ecr:us-east-1:111122223333:repository/x", "arn:", "AWS Internal",
    {"omitted": True}, {"omitted": True, "originalSize": 5}, "aws:s3", "PutImage", "AssumeRole",
    "ecr.amazonaws.com", sha("x"), "HIDDEN_DUE_TO_SECURITY_REASONS", float("inf"), float("nan"),
    '{"arn": "arn:aws:iam::111122223333:user/x", "type": "IAMUser"}', '{"omitted": true}',
    '{"repositoryName": "x", "imageIds": [{"imageTag": "v1"}]}',
)  # fmt: skip
_TOKENS = [
    token.encode("utf-8", "surrogatepass")
    for token in (
        "{", "}", "[", "]", ",", ":", '"', "\\", "null", "NaN", "-", "1e999", "\\ud800", "\n", "\r",
        "\x00", "\ufeff", '"Records"', '"Records":[', '"eventID":"x"', '{"Records":[]}', ",}", ",]",
        '{"a":1}', "'", ";", "\t", "=", '"omitted":true', '"eventTime":"2026-03-02T10:00:00Z"',
        "[" * 1100, '{"a":' * 1100, "\x1e", "\xff", "}{", "\n{", '""', "/*x*/", "true", "0",
    )
]  # fmt: skip


def records() -> list[Record]:
    """One of each kind of record that the index treats in its own way."""
    both = index(image("a"), image("b"))
    role = "arn:aws:iam::111122223333:role/x"
    issued = {
        "credentials": {"accessKeyId": "ASIAISSUED"},
        "assumedRoleUser": {"arn": "arn:aws:sts::111122223333:assumed-role/x/y"},
    }
    return [
        *three(),
        push(image("a"), None, at(1)),
        push(image("b"), None, at(1)),
        push(both, "v1", at(1)),
        push(image("c"), "v1", at(2), failed="ImageTagAlreadyExistsException"),
        record("AssumeRole", at(0), eventSource="sts.amazonaws.com", responseElements=issued,
               requestParameters={"roleArn": role}, readOnly=True),
        record("BatchDeleteImage", at(8), responseElements={
            "imageIds": [{"imageTag": "v1", "imageDigest": sha(both)}], "failures": [{}]}),
        record("DeleteRepository", at(9)),
        record("BatchGetImage", at(3), readOnly=True, requestParameters={
            "repositoryName": "team/api", "imageIds": [{"imageTag": "x"}, {"imageTag": "v1"}]}),
        record("PolicyExecutionEvent", at(7), userIdentity={"invokedBy": "ecr.amazonaws.com"},
               serviceEventDetails={"repositoryName": "team/api", "lifecycleEventImageActions": [
                   {"lifecycleEventImage": {"digest": sha("x"), "tagList": ["v1"]}}]}),
        record("CreateFunction20150331", at(5), eventSource="lambda.amazonaws.com",
               requestParameters={"code": {"imageUri":
                   "111122223333.dkr.ecr.us-east-1.amazonaws.com/team/api:v1"}}),
        record("UpdateStack", at(4), eventSource="cloudformation.amazonaws.com"),
        record("StopLogging", at(4), eventSource="cloudtrail.amazonaws.com"),
    ]  # fmt: skip


def _rows(found: list[Record]) -> str:
    header = [
        "eventTime",
        "eventName",
        "eventSource",
        "userIdentity",
        "requestParameters",
        "eventID",
    ]
    cells = [[struct(each.get(name)) for name in header] for each in found]
    return table(header, cells)


def _history(found: list[Record]) -> str:
    header = ["Event name", "Event time", "User name", "Event source", "Resource type", "Event ID"]
    names = ["eventName", "eventTime", "userName", "eventSource", "resourceType", "eventID"]
    return table(header, [[str(each.get(name, "")) for name in names] for each in found])


FORMATS: dict[str, Callable[[list[Record]], str]] = {
    **WRAPPINGS,
    "trail": lambda found: trail(found).decode(),
    "trail, indented": lambda found: json.dumps({"Records": found}, indent=2),
    "lines": lambda found: "".join(f"{json.dumps(each)}\n" for each in found),
    "array": json.dumps,
    "single": lambda found: json.dumps(found[0]),
    "glued": lambda found: "".join(map(json.dumps, found)),
    "trails, one a line": lambda found: "".join(
        json.dumps({"Records": [each]}) + "\n" for each in found
    ),
    "lookup-events": lambda found: json.dumps(
        {"Events": [{"EventId": "1", "CloudTrailEvent": json.dumps(each)} for each in found]}
    ),
    "athena": _rows,
    "event history": _history,
}


def _tar(data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name in ("a.json", "b/c.json"):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def _zip(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", data)
        archive.writestr("b/c.json", data)
    return out.getvalue()


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda data: data,
    "gzip": lambda data: gzip.compress(data, 1),
    "two gzip members": lambda data: gzip.compress(data, 1) + gzip.compress(data, 1),
    "gzip twice": lambda data: gzip.compress(gzip.compress(data, 1), 1),
    "bzip2": lambda data: bz2.compress(data, 1),
    "xz": lambda data: lzma.compress(data, preset=0),
    "zip": _zip,
    "tar": _tar,
    "tar.gz": lambda data: gzip.compress(_tar(data), 1),
    "UTF-16": lambda data: data.decode("utf-8", "replace").encode("utf-16"),
    "BOM": lambda data: b"\xef\xbb\xbf" + data,
}
_KEY = re.compile(r'(?<=[{ ])"\w+": ')
_COMMON = ("plain", "plain", "plain", "gzip")


class Inputs:
    """An endless supply of spoilt files, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._found = self._field_cases()

    def _field_cases(self) -> list[tuple[str, bytes]]:
        """The small files of the field cases, where they are beside the checkout, and some of other
        clouds'."""
        files = sorted(path for path in (SHARED / "cases").rglob("*") if path.is_file())
        for name in ("azure", "cluster"):
            files += sorted(path for path in incident_path(name).rglob("*") if path.is_file())[::8]
        return [
            (path.name, path.read_bytes())
            for path in files
            if path.suffix != ".md" and path.stat().st_size < 60_000
        ]

    def next(self) -> tuple[str, bytes]:
        """What it is, and its bytes."""
        chance = self._random
        if self._found and chance.random() < 0.25:
            name, data = chance.choice(self._found)
            return name, self._spoil(data)
        chosen = chance.sample(records(), chance.randint(1, 6))
        if chance.random() < 0.7:
            for _ in range(chance.randint(1, 3)):
                self._spoil_value(chosen[chance.randrange(len(chosen))])
        form = chance.choice(sorted(FORMATS)) if chance.random() < 0.7 else "trail"
        text = FORMATS[form](chosen)
        if chance.random() < 0.15:
            text = self._repeat_key(text)
        data = text.encode("utf-8", "surrogatepass")
        if chance.random() < 0.6:
            data = self._spoil(data)
        packing = chance.choice(_COMMON if chance.random() < 0.6 else sorted(PACKINGS))
        data = PACKINGS[packing](data)
        if chance.random() < 0.15:
            data = self._spoil(data)
        return f"{form}, {packing}", data

    def _spoil_value(self, entry: Record) -> None:
        """Change, remove, repeat or rename something inside a record."""
        chance = self._random
        place: Any = entry
        while True:
            if not place:
                return
            key = chance.choice(list(place) if isinstance(place, dict) else range(len(place)))
            inner = place[key]
            if isinstance(inner, dict | list) and inner and chance.random() < 0.7:
                place = inner
                continue
            break
        what = chance.random()
        if what < 0.2:
            del place[key]
        elif what < 0.3 and isinstance(place, dict):
            place[str(key).upper() if chance.random() < 0.5 else str(key) + "x"] = place.pop(key)
        else:
            place[key] = chance.choice(_HOSTILE)

    def _repeat_key(self, text: str) -> str:
        """Put a member in front of another one with the same name."""
        found = self._random.choice(list(_KEY.finditer(text)) or [None])
        if found is None:
            return text
        value = self._random.choice(("null", '"x"', "{}", "[1]", '{"a":1,"a":2}', "1e999", "NaN"))
        return f"{text[: found.start()]}{found[0]}{value}, {text[found.start() :]}"

    def _spoil(self, data: bytes) -> bytes:
        """Change bytes: some flipped, cut out, doubled, put in; or the end cut off."""
        chance = self._random
        out = bytearray(data)
        for _ in range(chance.choice((1, 1, 1, 2, 5))):
            at_ = chance.randrange(len(out) + 1)
            until = min(len(out), at_ + chance.choice((1, 1, 2, 8, 40, 400)))
            what = chance.randrange(6)
            if what == 0 and at_ < len(out):
                out[at_] ^= 1 << chance.randrange(8)
            elif what == 1:
                del out[at_:until]
            elif what == 2:
                out[at_:at_] = out[at_:until]
            elif what == 3:
                out[at_:at_] = chance.choice(_TOKENS)
            elif what == 4:
                other = chance.randrange(len(out) + 1)
                out[at_:until] = out[other : other + 60]
            elif chance.random() < 0.3:
                del out[at_:]
        return bytes(out)
