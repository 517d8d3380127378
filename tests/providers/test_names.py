"""Nothing outside `queries/providers` knows a cloud or a service by name.

Looked at is every statement in SQL and every text in Python's code (not comments, not docstrings).
What is about one cloud by its nature stands in `OF_ONE_CLOUD`, with the reason; a file that no
longer needs its place there fails too.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

QUERIES = Path(__file__).resolve().parents[2] / "queries"
_NAMES = re.compile(
    r"amazonaws|googleapis|gserviceaccount|\.azurecr\.|Microsoft\.[A-Z]|\barn:|AWSReservedSSO"
    r"|system:serviceaccount|kube-system|\bconsolelogin\b|'(?:aws|google|azure|kubernetes)'"
    r"|^(?:aws|google|azure|kubernetes)$|assumed-role",
    re.IGNORECASE,
)

OF_ONE_CLOUD = {
    "athena/": "the table of a CloudTrail trail, and what CloudTrail calls its columns",
    "containment/": "commands of the clouds' own tools, and whom each of them can be asked about",
    "envelopes/": "the exports of CloudTrail: these are the envelopes of AWS",
    "exports/stix.py": "STIX has words of its own for the clouds' accounts and services",
    "exports/timesketch.py": "Timesketch has words of its own for the clouds' logs",
    "findings/settings_text.py": "an example of a configuration has to name somebody",
    "findings/sigma/": "rules of Sigma name CloudTrail's fields",
    "index/around_pushes.py": "of two callers of ECR the one that has an ARN is a person",
    "index/columns.py": "CloudTrail's records become columns in SQL: this is the mapping of AWS",
    "index/created.py": "the path in the ARN of a user stands in the user's own records only",
    "index/deployment_match.py": "replication and pull-through caches of ECR carry images on",
    "index/fields.py": "what is taken of CloudTrail's records: this is the mapping of AWS",
    "index/flatten.py": "the repository of ECR's records",
    "index/history.py": "only AWS has an event for each part of a push",
    "index/merge.py": "of two records of one call the one that has the ARN tells more",
    "index/platforms.py": "task definitions and their like are named by ARN",
    "index/pushes.py": "the rule on EventBridge's notices, which name no ARN",
    "index/scans.py": "answers of ECR and notices of ECR and Inspector have forms of their own",
    "index/sessions.py": "a console login begins sessions whose records do not name it",
    "index/totals.py": "what a trail of CloudTrail can leave out, by its settings",
    "naming.py": "an ARN is shortened to what a person would say",
    "sources/": "how each cloud's storage and CloudTrail's event history are read",
    "sql/event_by_id.sql": "CloudTrail's ids are whole; the others' have the time behind them",
    "sql/findings/push-without-login.sql": "ECR logs every login; the others only where asked to",
    "sql/findings/recon-then-push.sql": "the same",
    "sql/found/listing.sql": "a principal of AWS says its account",
    "trail/": "a trail of CloudTrail, of which Spark makes what `index/` makes of it here",
    "start_at.py": "an ARN can be typed where a repository is asked for",
}


def _texts(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".sql":
        return [line for line in text.splitlines() if not line.lstrip().startswith("--")]
    tree = ast.parse(text)
    said = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said
    ]


@cache
def _naming() -> dict[str, list[str]]:
    """Files outside of the providers, and what they name."""
    found: dict[str, list[str]] = {}
    for path in sorted((*QUERIES.rglob("*.py"), *QUERIES.rglob("*.sql"))):
        name = path.relative_to(QUERIES).as_posix()
        if name.startswith("providers/"):
            continue
        named = [text.strip() for text in _texts(path) if _NAMES.search(text)]
        if named:
            found[name] = named
    return found


def test_only_the_providers_know_clouds_by_name() -> None:
    others = {
        name: named
        for name, named in _naming().items()
        if not any(name.startswith(known) for known in OF_ONE_CLOUD)
    }
    assert others == {}


@pytest.mark.parametrize("known", OF_ONE_CLOUD)
def test_what_is_of_one_cloud_still_is(known: str) -> None:
    assert any(name.startswith(known) for name in _naming())


def test_what_is_named_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("-- 'aws'\nSELECT 1 WHERE x = 'ecr.amazonaws.com'")
    (tmp_path / "b.py").write_text('"""arn:"""\nNAME = "arn:%:user/%"  # arn:\n')
    for name in ("a.sql", "b.py"):
        named = [text for text in _texts(tmp_path / name) if _NAMES.search(text)]
        assert len(named) == 1, name
