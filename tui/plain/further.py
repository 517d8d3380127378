"""More places of the conversation: images and tags over time, pulls, scans, search, containment."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from queries.question import Order, ask_for
from queries.scope import VALUE, Scope
from tui.plain.places import Place, Way, activity, push, record, who
from tui.plain.words import facts_in_words
from tui.widgets.columns import Row

if TYPE_CHECKING:
    from queries.case import Case
    from queries.findings.found import Found

MOST_HITS = 1_000


def changes(key: int, previous: int) -> Way:
    """An image beside the one that its tag named before, layer by layer."""

    def make(case: Case) -> Place:
        from queries.comparison import base_in_words, compare, layer_question
        from tui.screens.changes import COLUMNS, change_facts

        comparison = compare(case, key, previous)
        pair = comparison.telling
        manifest = pair.mine["manifest_digest"] if pair and pair.mine else None
        of = str(comparison.push["repository"])
        base = base_in_words(case, str(manifest), of) if manifest else ""
        return Place(
            "What changed in the image",
            [*facts_in_words(change_facts(comparison, pair, base)), "Layers:"],
            question=layer_question(pair) if pair else None,
            columns=COLUMNS,
            enter=lambda row: activity(Scope(VALUE, str(row["layer_digest"]))),
        )

    return make


def tags(repository: str | None) -> Way:
    def make(case: Case) -> Place:
        from tui.screens.tags import TAGS

        place = Place(
            f"Tags of {repository}" if repository else "Tags",
            question=ask_for("tags", repository=repository).with_order(Order("moves", True)),
            columns=[column for column in TAGS if column.key != "lane"],
            searched=("tag", "repository"),
            enter=lambda row: tag(str(row["repository"]), str(row["tag"])),
        )
        return place

    return make


def tag(repository: str, name: str) -> Way:
    def make(case: Case) -> Place:
        from tui.screens.tags import SPANS

        history = ask_for("tag_history", repository=repository, tag=name)
        return Place(
            f"What the tag {name} of {repository} named",
            question=history.with_order(Order("since")),
            columns=SPANS,
            enter=lambda row: push(row["push_key"]),
        )

    return make


def images(case: Case) -> Place:
    from tui.screens.images import IMAGES

    def enter(row: Row) -> Way:
        if row["push_key"] is not None:
            return push(row["push_key"])
        return activity(Scope(VALUE, str(row["image_digest"])))

    return Place(
        "Images",
        question=ask_for("images").with_order(Order("first_seen", descending=True)),
        columns=IMAGES,
        searched=("image_digest", "repository", "image_tags"),
        enter=enter,
        row_ways={"pulls": ("its pulls", lambda row: pulled({"digest": row["image_digest"]}))},
    )


def layers(case: Case) -> Place:
    from tui.screens.images import LAYERS

    return Place(
        "Layers",
        question=ask_for("layers").with_order(Order("first_seen", descending=True)),
        columns=LAYERS,
        searched=("layer_digest", "repository"),
        enter=lambda row: activity(Scope(VALUE, str(row["layer_digest"]))),
    )


def pulls(case: Case) -> Place:
    from tui.screens.pulls import pulls_by
    from tui.screens.where import PULLERS

    return Place(
        "Pulls, by whom",
        question=ask_for("pulls_by_principal").with_order(Order("pulls", descending=True)),
        columns=PULLERS,
        searched=("repository", "identity_arn"),
        enter=lambda row: pulled(pulls_by(row)),
        row_ways={"who": ("who pulled", lambda row: who(row["identity_arn"]))},
    )


def pulled(chosen: dict[str, Any]) -> Way:
    """The pulls that a number counts, one by one."""

    def make(case: Case) -> Place:
        from tui.screens.pulls import COLUMNS, SEARCHED, chosen_in_words, question_of

        said = " · ".join(f"{name} {value}" for name, value in chosen_in_words(chosen))
        return Place(
            f"Pulls {said}",
            question=question_of(chosen),
            columns=COLUMNS,
            searched=SEARCHED,
            enter=lambda row: record(row["event_key"]),
            row_ways={"who": ("who pulled", lambda row: who(row["origin"] or row["principal"]))},
            event_key=lambda row: row["event_key"],
        )

    return make


def scans(case: Case) -> Place:
    from tui.screens.where import SCANS

    order = (Order("critical", descending=True), Order("high", descending=True))
    return Place("Scan results", question=ask_for("scans").with_order(*order), columns=SCANS)


def search(text: str) -> Way:
    """Free text in the raw records."""

    def make(case: Case) -> Place:
        from queries.hits import Hits, listing
        from queries.naming import some
        from queries.needle import Needle
        from queries.search import Search
        from tui.screens.search import COLUMNS

        pattern = len(text) > 2 and text.startswith("/") and text.endswith("/")
        looked = Search(case, Needle(text[1:-1] if pattern else text, pattern))
        hits = Hits()
        hits.add(list(islice(looked.hits(), MOST_HITS)))
        said = [f"{some(hits.count, 'record')} in {some(looked.progress.files_done, 'file')}"]
        if hits.count == MOST_HITS:
            said.append("There may be more: the first are listed.")
        said += [f"not searched: {name}: {why}" for name, why in looked.unread]
        return Place(
            f"Records with {text}",
            said,
            question=listing(),
            columns=COLUMNS,
            enter=lambda row: record(row["event_key"]),
            asked=lambda case: hits.case,
            event_key=lambda row: row["event_key"],
        )

    return make


def contain(found: Found) -> Way:
    """What could be done, as text."""

    def make(case: Case) -> Place:
        from queries.containment import plan
        from queries.marks import keeper
        from tui.commands.handover import plan_in_words

        made = plan_in_words(plan(case, found, keeper.now().replace(microsecond=0)))
        return Place("What could be done", [line for line in made.splitlines() if line.strip()])

    return make
