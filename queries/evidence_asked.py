"""What a case is opened over, and where its index is kept."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from queries.errors import WrongUsage
from queries.folders import cache_folder
from queries.index_file import (
    asked_of,
    meta_of,
)
from queries.sources.buckets.model import S3_SCHEME
from queries.sources.buckets.options import API_SCHEME, is_remote

if TYPE_CHECKING:
    from queries.sources.buckets.choice import Choice
    from queries.sources.buckets.remote import Remote


@dataclass(slots=True)
class Evidence:
    """Where to look, and where the index is kept."""

    paths: list[str]
    case_file: Path | None = None
    use_cache: bool = True
    remote: Remote | None = None
    workers: int | None = None
    fast: bool = True
    spooled: bool = False
    """Whether some of it is standard input, which is gone when it was read."""

    @property
    def has_bucket(self) -> bool:
        return any(map(is_remote, self.paths))

    def asked(self) -> dict[str, Any]:
        """What makes two runs ask for the same evidence; times may differ, as a case goes on."""
        paths = [self._asked_path(path) for path in self.paths]
        asked: dict[str, Any] = {"paths": paths}
        if self.remote is not None and self.has_bucket:
            selection = self.remote.selection
            asked["accounts"] = sorted(selection.accounts)
            asked["regions"] = sorted(selection.regions)
            asked["endpoint"] = self.remote.options.endpoint_url or ""
        return asked

    def _asked_path(self, path: str) -> str:
        """A path that means the same to every run; a container alone, with its account."""
        if not is_remote(path):
            return str(Path(path).expanduser().absolute())
        if self.remote is None or path.startswith((API_SCHEME, S3_SCHEME)):
            return path
        from queries.sources.buckets.clouds import address_of

        return address_of(path, self.remote.options).name

    def kept_choice(self) -> Choice | None:
        """What was chosen when the case file was made, if it is of the same evidence."""
        if self.case_file is None or not self.has_bucket:
            return None
        meta = self._meta_of_case_file()
        if meta is None:
            return None
        from queries.sources.buckets.choice import choice_of

        return choice_of(json.loads(meta["choice"]))

    def target(self, name: str) -> Path | None:
        """Where an index of this fingerprint is kept."""
        if self.case_file is not None:
            return self.case_file
        return cache_folder() / f"{name}.duckdb" if self.use_cache else None

    def earlier(self) -> Path | None:
        """An index of the same evidence as it was before. Raises `WrongUsage` when the case file
        is of other evidence."""
        if self.case_file is not None:
            if not self.case_file.exists():
                return None
            if self._meta_of_case_file() is not None:
                return self.case_file
            if self._is_older_case():
                return None
            raise WrongUsage(
                f"{self.case_file}: exists and holds other evidence; name another file, or open it"
                " without giving paths"
            )
        if not self.use_cache:
            return None
        with suppress(OSError):
            path = cache_folder() / self._pointer().read_text(encoding="utf-8")
            if meta_of(path) is not None:
                return path
        return None

    def keep_pointer(self, path: Path) -> None:
        """Remember the newest index of this evidence."""
        if self.case_file is None and path.parent == cache_folder():
            with suppress(OSError):
                self._pointer().write_text(path.name, encoding="utf-8")

    def drop_superseded(self, old: Path, new: Path) -> None:
        """Remove an index of the cache that a grown one stands for."""
        if old != new and old.parent == cache_folder() and old != self.case_file:
            with suppress(OSError):
                old.unlink()

    def _meta_of_case_file(self) -> dict[str, str] | None:
        meta = meta_of(self.case_file) if self.case_file is not None else None
        if meta is None or json.loads(meta.get("asked", "{}")) != self.asked():
            return None
        return meta

    def _is_older_case(self) -> bool:
        """Whether the case file is of the same evidence, made by another version."""
        asked = asked_of(self.case_file) if self.case_file is not None else None
        return asked is not None and json.loads(asked) == self.asked()

    def _pointer(self) -> Path:
        asked: dict[str, Any] = self.asked()
        if self.remote is not None:
            asked["selection"] = repr(self.remote.selection)
        digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
        return cache_folder() / f"latest-{digest[:32]}"
