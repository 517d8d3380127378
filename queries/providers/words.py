"""What the providers say, as SQL: so that questions and rules ask for what a call means and never
name a service. A line of a statement that begins so is replaced:

    -- calls: secret_read of e         a condition: whether the call of event `e` means that
    -- table of calls: rights, code    rows (event_source, plain_name, word) for VALUES
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from queries.providers import PROVIDERS
from queries.providers.base import CONTAINER_HOST, Calls
from queries.providers.subjects import is_subject, owners

_CONDITION = re.compile(r"^( *)-- calls: ([a-z_]+) of ([a-z]+)$", re.MULTILINE)
_TABLE = re.compile(r"^( *)-- table of calls: ([a-z_, ]+)$", re.MULTILINE)


def with_words(text: str) -> str:
    """A statement with the providers' words in it. Raises `KeyError` for one that nobody knows."""
    text = _CONDITION.sub(lambda found: f"{found[1]}({calls(found[2], found[3])})", text)
    return _TABLE.sub(lambda found: _rows(found[1], found[2].replace(" ", "").split(",")), text)


@cache
def calls(word: str, alias: str) -> str:
    """Whether a call means `word`, as a condition on an event."""
    parts: list[str] = []
    for said in _said(word):
        parts += [
            f"{alias}.event_source = '{source}' AND {alias}.plain_name {_among(names)}"
            for source, names in said.named.items()
        ]
        if said.writes:
            parts.append(f"{alias}.is_write AND {alias}.event_source {_among(said.writes)}")
        if said.also:
            parts.append(re.sub(r"\be\.", f"{alias}.", said.also))
    return "\n  OR ".join(parts)


def natures() -> str:
    """CASE over `origin` and `principal`: root, service, job, person, or role."""
    shared = (is_subject("origin"), "job")
    first = [nature for provider in PROVIDERS for nature in provider.natures]
    likely = [nature for provider in PROVIDERS for nature in provider.likely_natures]
    by_name = ("origin LIKE '%@%'", "person")
    people = [nature for nature in likely if nature[1] == "person"]
    others = [nature for nature in likely if nature[1] != "person"]
    order = (*first, shared, *people, by_name, *others)
    return (
        "CASE "
        + "\n    ".join(f"WHEN {test} THEN '{word}'" for test, word in order)
        + ("\n    ELSE 'role' END")
    )


def actors() -> str:
    """CASE over `origin` and `identity_arn`: who all sessions of one actor are."""
    jobs = owners("coalesce(origin, identity_arn)")
    said = [actor for provider in PROVIDERS for actor in provider.actors]
    cases = [*jobs, ("origin IS NULL", "identity_arn"), *said]
    return (
        "CASE "
        + "\n    ".join(f"WHEN {test} THEN {actor}" for test, actor in cases)
        + "\n    ELSE origin END"
    )


def workloads() -> str:
    """CASE over an event `e` and its session `s`: what kind of workload pulled."""
    cases = [
        f"WHEN '{provider.name}' THEN {provider.workload}"
        for provider in PROVIDERS
        if provider.workload
    ]
    return "CASE e.provider " + "\n  ".join(cases) + " ELSE 'unknown' END"


def platforms(workload: str, provider: str) -> str:
    """CASE: the platform of the machines that a workload is, else the provider's name."""
    known = {word: name for each in PROVIDERS for word, name in each.nodes.items()}
    cases = " ".join(f"WHEN '{word}' THEN '{name}'" for word, name in known.items())
    return f"CASE {workload} {cases} ELSE {provider} END"


def machines() -> tuple[str, ...]:
    """The workloads that are machines which run what they pull."""
    return (CONTAINER_HOST, *(word for provider in PROVIDERS for word in provider.nodes))


def registries(provider: str) -> str:
    """CASE: what a provider's registry is called beside a deployment."""
    cases = " ".join(f"WHEN '{p.name}' THEN '{p.registry}'" for p in PROVIDERS if p.registry)
    return f"CASE {provider} {cases} ELSE {provider} END"


def _said(word: str) -> Iterator[Calls]:
    found = [provider.calls[word] for provider in PROVIDERS if word in provider.calls]
    if not found:
        raise KeyError(f"no provider has calls that mean {word}")
    yield from found


def _rows(indent: str, words: list[str]) -> str:
    rows = [
        f"{indent}('{source}', '{name}', '{word}')"
        for word in words
        for said in _said(word)
        for source, names in said.named.items()
        for name in names
    ]
    return ",\n".join(rows)


def _among(names: Sequence[str]) -> str:
    listed = [f"'{name}'" for name in names]
    return f"= {listed[0]}" if len(listed) == 1 else f"IN ({', '.join(listed)})"
