"""A small trail with everything in it that a reader may stumble over."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from queries.engines.extent import Extent
from samples import incident_path
from tests.evidence_files import EVE, Record, at, image, push, record, write, zipped

SPAN = ("--account", "all", "--since", "2026-03-08", "--until", "2026-03-10")
DAYS = Extent((), (), date(2026, 3, 8), date(2026, 3, 9))
READ = ("08", "09", "10")
"""Folders of days that a reader of `DAYS` needs: what happened before midnight comes after it."""


def compact(records: Sequence[Record]) -> bytes:
    """A file as CloudTrail writes it, before compression."""
    return json.dumps(
        {"Records": list(records)}, separators=(",", ":"), ensure_ascii=False
    ).encode()


def spoiled(name: str, zone: str = "us-east-1") -> Record:
    """A record of 8 March."""
    return record(name, at(1).replace("03-02", "03-08"), EVE, awsRegion=zone)


def odd_files() -> dict[str, bytes]:
    """Files that Spark must not take as they seem, by what is the matter with them."""
    usual = [spoiled(f"Describe{number}") for number in range(40)]
    whole = zipped(compact(usual))
    text = compact([spoiled("PutLifecyclePolicy")]).decode()
    glued = compact([spoiled("TagResource")]) + compact([spoiled("UntagResource")])
    return {
        "cut": whole[: len(whole) * 2 // 3],
        "checksum": whole[:-8] + bytes(4) + whole[-4:],
        "no JSON": zipped(b"a note that somebody left here"),
        "not compressed": compact([spoiled("CreateRepository")]),
        "a key twice": zipped(text.replace('"awsRegion"', '"eventName":"No","awsRegion"').encode()),
        "a key twice, deep": zipped(
            text.replace('"repositoryName"', '"repositoryName":"no","repositoryName"').encode()
        ),
        "a text for an object": zipped(
            compact(
                [{**spoiled("DeleteRepository"), "requestParameters": '{"repositoryName":"x"}'}]
            )
        ),
        "another time": zipped(
            compact([{**spoiled("BatchDeleteImage"), "eventTime": "2026-03-08T12:00:00+02:00"}])
        ),
        "half a character": zipped(text.replace("docker/27", r"docker\ud83d").encode()),
        "no UTF-8": zipped(text.encode().replace(b"docker/27", b"docker\xff")),
        "two documents": zipped(glued),
        "a large number": zipped(text.replace('"team/api"', '"team/api","n":1e999').encode()),
    }


def plain_files() -> dict[str, bytes]:
    """Files that only look unusual."""
    escaped = compact([push(image("one"), "v1", at(2).replace("03-02", "03-08"))]).decode()
    return {
        "escapes": zipped(
            escaped.replace("docker/27.1.1", r"docker \u003c27\u003e \/ é 'x' \\").encode()
        ),
        "no records": zipped(b'{"Records":[]}'),
        "blanks": zipped(json.dumps({"Records": [spoiled("StartImageScan")]}, indent=1).encode()),
    }


def write_trail(folder: Path) -> Path:
    """The days around the implant out of the sample incident, each odd file, and a day that came by
    two trails; returns the folder that holds `AWSLogs`."""
    shutil.copytree(incident_path(), folder, dirs_exist_ok=True, ignore=_other_days)
    top = folder / "AWSLogs" / "o-exampleorg" / "111122223333" / "CloudTrail" / "us-east-1"
    day = top / "2026" / "03" / "08"
    files = {**odd_files(), **plain_files()}
    write(day, {name_of(what): data for what, data in files.items()})
    again = sorted(day.glob("*Z_*.json.gz"))[0]
    shutil.copy(again, day / f"z{again.name}")
    return folder


def name_of(what: str) -> str:
    """The name of one of these files."""
    return f"odd-{what.replace(' ', '-').replace(',', '')}.json.gz"


def _other_days(folder: str, names: list[str]) -> list[str]:
    """Days that nobody reads here, but one: it must be left alone."""
    if Path(folder).parent.name != "2026":
        return []
    return [name for name in names if name not in (*READ, "04")]
