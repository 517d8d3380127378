"""Write the sample evidence: ``python -m samples.generate [--only NAME] [--out DIR] [--seed N]``.

The same seed gives the same bytes every time. Without ``--out`` the committed folders are
written; only files of the sample's own are ever replaced or removed. ``--out`` is for one sample,
the incident if ``--only`` names no other.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random

from samples import azure_incident, cluster_incident, google_incident
from samples.delivery import ORGANISATION, deliver
from samples.story import tell

SEED = 20260301
HERE = Path(__file__).parent / "incident"
_TRAIL = f"AWSLogs/{ORGANISATION}"


def build(seed: int = SEED) -> dict[str, bytes]:
    """Return every file of the evidence: path below the folder -> bytes."""
    trail = tell(seed).trail
    return deliver(trail.entries, trail.twice, Random(f"delivery {seed}"))


def write(folder: Path, files: Mapping[str, bytes], own: Sequence[str] = (_TRAIL,)) -> None:
    """Write the files below `folder` and remove what an earlier run left in its `own` folders.

    Raises:
        OSError: the folder can't be written.
    """
    for old in sorted(old for top in own for old in (folder / top).rglob("*") if old.is_file()):
        if old.relative_to(folder).as_posix() not in files:
            old.unlink()
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


SAMPLES: Mapping[str, tuple[Callable[[int], dict[str, bytes]], tuple[str, ...]]] = {
    "incident": (build, (_TRAIL,)),
    "azure": (azure_incident.build, azure_incident.FOLDERS),
    "google": (google_incident.build, google_incident.FOLDERS),
    "cluster": (cluster_incident.build, (_TRAIL, "exports")),
}
"""Name of the committed folder: what builds it, and the folders in it that are its own."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m samples.generate", description=__doc__)
    parser.add_argument("--only", choices=sorted(SAMPLES), help="one sample instead of all")
    parser.add_argument("--out", type=Path, help="folder to write to")
    parser.add_argument("--seed", type=int, default=SEED, help="another seed, another history")
    options = parser.parse_args(arguments)
    names = [options.only or "incident"] if options.only or options.out else list(SAMPLES)
    for name in names:
        make, own = SAMPLES[name]
        folder = options.out or HERE.parent / name
        files = make(options.seed)
        write(folder, files, own)
        print(f"{len(files)} files, {sum(map(len, files.values())):,} bytes in {folder}")


if __name__ == "__main__":
    main()
