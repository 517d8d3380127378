"""The evidence is read once for all tests of the sample."""

import pytest

from samples import generate, incident_path
from tests.samples.evidence import Evidence


@pytest.fixture(scope="session")
def evidence() -> Evidence:
    return Evidence(incident_path())


@pytest.fixture(scope="session")
def generated() -> dict[str, bytes]:
    return generate.build()
