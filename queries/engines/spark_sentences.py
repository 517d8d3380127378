"""What Spark's errors mean for a person, in one sentence each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from queries.errors import Cancelled, InvestigationError
from queries.progress import CancelToken

_LOST = r"CHECKPOINT_RDD_BLOCK_ID_NOT_FOUND|Checkpoint block rdd_"
NO_ANSWER = "the server does not answer any more"
_KNOWN = (
    (
        _LOST,
        "machines of Spark's are gone that kept a part of what was read: do this again",
    ),
    (
        r"INVALID_HANDLE\.|SparkContext (was|has been) (shut down|stopped)|stopped SparkContext",
        "the server was stopped or started anew, and knows nothing of this session: do this again",
    ),
    (
        r"StatusCode\.UNAVAILABLE|StatusCode\.DEADLINE_EXCEEDED",
        f"{NO_ANSWER} ({{details}}): see whether it runs, and do this again",
    ),
    (
        r"StatusCode\.UNAUTHENTICATED|StatusCode\.PERMISSION_DENIED",
        "the server does not let in who asks ({details})",
    ),
)
"""Names of pyspark's error conditions and of gRPC's codes, and words of SparkContext's."""


class PartsLost(InvestigationError):
    """Spark's machines have gone away with something that they were to keep."""


@contextmanager
def in_a_sentence(what: str, cancel: CancelToken | None = None) -> Iterator[None]:
    """Errors of Spark become one sentence, or `Cancelled` where somebody wanted that."""
    from pyspark.errors import PySparkException

    try:
        yield
    except Exception as error:
        if not isinstance(error, PySparkException) and type(error).__module__.split(".")[0] not in (
            "grpc",
            "pyspark",
        ):
            raise
        if cancel is not None and cancel.cancelled:
            raise Cancelled("stopped") from None
        kind = PartsLost if re.search(_LOST, str(error)) else InvestigationError
        raise kind(f"{what}: {_sentence(error)}") from None


def _sentence(error: Exception) -> str:
    said = str(error)
    for words, meaning in _KNOWN:
        if re.search(words, said):
            return meaning.format(details=_details(error))
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    first = lines[0] if lines else type(error).__name__
    if first.startswith("<") and (details := _details(error)):
        return details
    return re.sub(r"\s+SQLSTATE: \w+.*$", "", first)


def _details(error: Exception) -> str:
    """What gRPC says of an error, in its own words."""
    found = re.search(r'details = "(.*)"', str(error))
    return (found[1] if found else "").removesuffix(".")[:300]
