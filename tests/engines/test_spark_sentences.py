"""What Spark says when machines go away is one sentence that says what to do."""

from __future__ import annotations

import pytest

from queries.engines.spark_sentences import in_a_sentence
from queries.errors import Cancelled, InvestigationError
from queries.progress import CancelToken

errors = pytest.importorskip("pyspark.errors", reason="pyspark is not installed (make spark)")

SAID = {
    "[CHECKPOINT_RDD_BLOCK_ID_NOT_FOUND] Checkpoint block rdd_5_4 not found!\nEither": (
        "spark: machines of Spark's are gone that kept a part of what was read: do this again"
    ),
    "[INVALID_HANDLE.SESSION_NOT_FOUND] The handle 1 is invalid. SQLSTATE: HY000": (
        "spark: the server was stopped or started anew, and knows nothing of this session: do this"
        " again"
    ),
    "Job 4 cancelled because SparkContext was shut down": (
        "spark: the server was stopped or started anew, and knows nothing of this session: do this"
        " again"
    ),
    "<_MultiThreadedRendezvous of RPC that terminated with:\n\tstatus = StatusCode.UNAVAILABLE\n\t"
    'details = "connection refused."\n>': (
        "spark: the server does not answer any more (connection refused): see whether it runs, and"
        " do this again"
    ),
    "<_InactiveRpcError of RPC that terminated with:\n\tstatus = StatusCode.INTERNAL\n\t"
    'details = "too large"\n>': "spark: too large",
    "[TABLE_OR_VIEW_NOT_FOUND] No such thing. SQLSTATE: 42P01\n== SQL ==": (
        "spark: [TABLE_OR_VIEW_NOT_FOUND] No such thing."
    ),
}


@pytest.mark.parametrize("said", SAID)
def test_an_error_is_one_sentence(said: str) -> None:
    with pytest.raises(InvestigationError) as raised, in_a_sentence("spark"):
        raise errors.PySparkException(said)
    assert str(raised.value) == SAID[said]


def test_what_was_stopped_is_no_error() -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled), in_a_sentence("spark", cancel):
        raise errors.PySparkException("[OPERATION_CANCELED]")
