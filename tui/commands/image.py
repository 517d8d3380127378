"""The subcommands about images: `compare`, `layer` and `tags`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from queries.errors import NothingToRead, WrongUsage

if TYPE_CHECKING:
    from queries.case import Case
    from queries.comparison import Comparison

WITH_VALUE = ("--with-digest", "--with-event-id", "--layer")


def compare_options(parser: argparse.ArgumentParser) -> None:
    from tui.commands.options import push_options

    push_options(parser)
    other = parser.add_mutually_exclusive_group()
    other.add_argument(
        "--with-digest",
        metavar="SHA256",
        help="the image to compare with (a prefix will do); default: the one its tag named before",
    )
    other.add_argument("--with-event-id", metavar="ID", help="the same, by its PutImage event")


def compare(case: Case, options: argparse.Namespace) -> int:
    from queries.comparison import compare as compared
    from queries.question import ask_for
    from tui.commands.answers import find_pushes
    from tui.commands.output import case_dicts, print_objects

    given = _other(case, options)
    found: list[dict[str, Any]] = []
    for key in find_pushes(case, options):
        other = given
        if other is None:
            other = case_dicts(case, ask_for("push", push_key=key))[0]["previous_push"]
        if other is not None:
            found.append(_as_object(case, compared(case, key, other)))
    if not found:
        raise NothingToRead(
            "none of these pushes moved a tag, so there is no image before; name one to compare"
            " with: --with-digest or --with-event-id"
        )
    return print_objects(found, options, "compare")


def _other(case: Case, options: argparse.Namespace) -> int | None:
    """The push to compare with, if one is named: of a digest the first that brought it."""
    if options.with_event_id:
        rows = case.ask(
            "SELECT min(r.push_key) FROM push_records AS r JOIN events AS e"
            " ON e.event_key = r.event_key WHERE e.event_id = $id",
            {"id": options.with_event_id},
        ).rows
    elif options.with_digest:
        wanted = f"sha256:{options.with_digest.removeprefix('sha256:')}"
        rows = case.ask(
            "SELECT push_key FROM pushes WHERE outcome = 'ok'"
            " AND left(image_digest, length($digest)) = $digest"
            " ORDER BY event_time NULLS LAST, push_key LIMIT 1",
            {"digest": wanted},
        ).rows
    else:
        return None
    if not rows or rows[0][0] is None:
        raise NothingToRead("no push to compare with matches; 'pushes' lists all of them")
    return int(rows[0][0])


def _as_object(case: Case, comparison: Comparison) -> dict[str, Any]:
    from queries.comparison import base_in_words, in_words

    push, other = comparison.push, comparison.other
    pair = comparison.telling
    manifest = pair.mine["manifest_digest"] if pair and pair.mine else push["image_digest"]
    platforms = [
        {
            "platform": each.platform,
            "shape": each.shape,
            "manifest": each.mine["manifest_digest"] if each.mine else None,
            "other_manifest": each.theirs["manifest_digest"] if each.theirs else None,
            "config_changed": each.config_changed,
            "image_bytes": each.mine["image_bytes"] if each.mine else None,
            "other_bytes": each.theirs["image_bytes"] if each.theirs else None,
        }
        for each in comparison.pairs
    ]
    layers = [
        {"platform": each.platform, **layer} for each in comparison.pairs for layer in each.layers
    ]
    return {
        "push_key": push["push_key"],
        "event_time": push["event_time"],
        "repository": push["repository"],
        "image_tags": push["image_tags"],
        "image_digest": push["image_digest"],
        "origin": push["origin"],
        "other_push": other["push_key"],
        "other_time": other["event_time"],
        "other_repository": other["repository"],
        "other_digest": other["image_digest"],
        "other_origin": other["origin"],
        "shape": comparison.shape,
        "implant_shaped": comparison.implant_shaped,
        "says": "; ".join(in_words(comparison)),
        "base": base_in_words(case, manifest, push["repository"]),
        "platforms": platforms,
        "layers": layers,
        "pulls": comparison.pulls,
    }


def layer_options(parser: argparse.ArgumentParser) -> None:
    from tui.commands.options import output_options

    output_options(parser)
    parser.add_argument(
        "--layer", metavar="SHA256", required=True, help="digest (a prefix will do)"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="at most N rows")


def layer(case: Case, options: argparse.Namespace) -> int:
    from queries.question import Order, ask_for
    from tui.commands.output import print_question

    wanted = f"sha256:{options.layer.removeprefix('sha256:')}"
    rows = case.ask(
        "SELECT layer_digest FROM push_layers WHERE left(layer_digest, length($digest)) = $digest"
        " UNION SELECT layer_digest FROM registry_events"
        " WHERE left(layer_digest, length($digest)) = $digest ORDER BY 1 LIMIT 2",
        {"digest": wanted},
    ).rows
    if not rows:
        raise NothingToRead(f"no layer {options.layer} in this evidence")
    if len(rows) > 1:
        raise WrongUsage(f"--layer {options.layer}: begins more than one digest; give more of it")
    question = ask_for("layer_history", layer=rows[0][0])
    return print_question(case, question.with_order(Order("event_time")), options)


def tags_options(parser: argparse.ArgumentParser) -> None:
    from tui.commands.options import output_options

    output_options(parser)
    parser.add_argument(
        "--repository", metavar="NAME", help="account/region/name, or the name alone"
    )
    parser.add_argument("--tag", metavar="TAG", help="every image this tag named, in order")
    parser.add_argument(
        "--history", action="store_true", help="every image that each tag named, in order"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="at most N rows")


def tags(case: Case, options: argparse.Namespace) -> int:
    from queries.question import Order, ask_for
    from tui.commands.output import print_question

    if options.tag or options.history:
        question = ask_for("tag_history", repository=options.repository, tag=options.tag)
        ordered = question.with_order(Order("repository"), Order("tag"), Order("since"))
    else:
        question = ask_for("tags", repository=options.repository)
        ordered = question.with_order(Order("moves", True), Order("last_time", True))
    return print_question(case, ordered, options)
