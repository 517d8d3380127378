"""What is written differently for an engine, and what must stay as it is."""

from __future__ import annotations

from queries.engines.base import relations_in, spelled, without_lists


def test_only_parameters_and_words_of_the_dialect_change() -> None:
    sql = """SELECT '$a VARCHAR' AS "VARCHAR", CAST($a AS VARCHAR) -- $a VARCHAR
FROM x WHERE y = $b_c AND z = $a AND w = 'it''s $a'"""
    seen: list[str] = []

    def marker(name: str) -> str:
        seen.append(name)
        return "?"

    assert (
        spelled(sql, marker=marker, words={"VARCHAR": "STRING"})
        == """SELECT '$a VARCHAR' AS "VARCHAR", CAST(? AS STRING) -- $a VARCHAR
FROM x WHERE y = ? AND z = ? AND w = 'it''s $a'"""
    )
    assert seen == ["a", "b_c", "a"]


def test_a_list_becomes_one_parameter_for_each_value() -> None:
    sql = "SELECT 1 FROM x WHERE y IN (SELECT unnest($keys::BIGINT[])) AND z = $z"
    text, bound = without_lists(sql, {"keys": [5, 6, 7], "z": "a"})
    assert text == "SELECT 1 FROM x WHERE y IN ($keys_a, $keys_b, $keys_c) AND z = $z"
    assert bound == {"keys_a": 5, "keys_b": 6, "keys_c": 7, "z": "a"}
    assert without_lists(sql, {"keys": [], "z": "a"})[1] == {"keys_a": None, "z": "a"}
    many = without_lists(sql, {"keys": list(range(2_000)), "z": "a"})[1]
    assert sorted(value for name, value in many.items() if name != "z") == list(range(2_000))


def test_relations_are_found_by_their_names() -> None:
    known = frozenset({"events", "pushes", "pulls"})
    sql = "SELECT e.pulls_before FROM events AS e JOIN pushes ON true"
    assert relations_in(sql, known) == {"events", "pushes"}
