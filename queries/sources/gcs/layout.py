"""How a sink of Cloud Logging lays out a bucket, read from the parts of a key.

    cloudaudit.googleapis.com/data_access/2026/03/02/10:00:00_10:59:59_S0.json

The folders before the day are the log's name, and those a user puts before it. Entries are filed
under the hour of their time stamp; late ones come as further objects (`…_A0.json`) of that day.
https://cloud.google.com/logging/docs/export/storage
"""

from __future__ import annotations

from functools import lru_cache

from queries.sources.buckets.place import REGION, WITHIN, YEAR_FOLDER, Place, dated


def place_of(prefix: str) -> Place:
    """Where a folder (or the folder of a key: everything up to the last slash) stands."""
    return _place_of(prefix[: prefix.rfind("/") + 1])


@lru_cache(maxsize=4096)
def _place_of(folder: str) -> Place:
    folders = folder.split("/")[:-1]
    year = next((at for at, name in enumerate(folders) if YEAR_FOLDER.fullmatch(name)), None)
    if year is None:
        return Place()
    log = "/".join(folders[max(0, year - 2) : year])
    place = dated(Place(REGION, service=log), folders[year:])
    # 2026/report/ is no day: what the folders do not tell is listed as a whole.
    return place if place.level != WITHIN or place.day else Place(WITHIN)
