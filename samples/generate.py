"""Write the sample evidence: ``python -m samples.generate [--out DIR] [--seed N]``.

The same seed gives the same bytes every time. Without ``--out`` the committed folder is
written; only files of the sample's own organisation are ever replaced or removed.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from random import Random

from samples.delivery import ORGANISATION, deliver
from samples.story import tell

SEED = 20260301
HERE = Path(__file__).parent / "incident"


def build(seed: int = SEED) -> dict[str, bytes]:
    """Return every file of the evidence: path below the folder -> bytes."""
    trail = tell(seed).trail
    return deliver(trail.entries, trail.twice, Random(f"delivery {seed}"))


def write(folder: Path, files: dict[str, bytes]) -> None:
    """Write the files below `folder` and remove what an earlier run left there.

    Raises:
        OSError: the folder can't be written.
    """
    own = folder / "AWSLogs" / ORGANISATION
    for old in sorted(own.rglob("*.json.gz")):
        if old.relative_to(folder).as_posix() not in files:
            old.unlink()
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m samples.generate", description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to")
    parser.add_argument("--seed", type=int, default=SEED, help="another seed, another history")
    options = parser.parse_args(arguments)
    files = build(options.seed)
    write(options.out, files)
    size = sum(map(len, files.values()))
    print(f"{len(files)} files, {size:,} bytes in {options.out}")


if __name__ == "__main__":
    main()
