"""What changed in an image: one push beside another, layer by layer, and what that looks like.

An implant has a shape. Whoever puts something into an image they did not build takes it as it is
and adds to it: every layer of the original in its order, and a little on top (`docker commit`, or
a Dockerfile that says FROM the image itself), or the same layers under another configuration (an
entry point of their own). A pipeline builds anew from its base, which replaces the layers of the
application. Shape alone proves nothing, so it is said with its reasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from queries.case import Case
from queries.errors import NothingToRead
from queries.naming import display_name, repository_name
from queries.progress import CancelToken
from queries.question import Order, Question, ask_for

SAME = "same image"
NOT_RECORDED = "manifest not recorded"
ON_TOP = "built on top"
BETWEEN = "layers put in between"
CONFIG = "another configuration"
REORDERED = "same layers, another order"
CUT = "layers taken away"
REBUILT = "rebuilt"
UNRELATED = "nothing in common"

IMPLANT_SHAPED = frozenset({ON_TOP, BETWEEN, CONFIG})
"""Shapes that a change to somebody else's image has. A rebuild that only adds a step has it too."""

_SMALL = 0.1
"""An addition below this share of the image is called small."""

KEPT, ADDED, REMOVED, MOVED = "kept", "added", "removed", "reordered"


@dataclass(slots=True)
class Pair:
    """The image of one platform in both pushes. None where a side has none."""

    platform: str
    mine: dict[str, Any] | None
    theirs: dict[str, Any] | None
    layers: list[dict[str, Any]] = field(default_factory=list)
    """Rows of the question `layer_comparison`."""

    @property
    def config_changed(self) -> bool | None:
        """Whether the configuration (entry point, environment, user …) is another; None where a
        manifest is not recorded."""
        if not self.mine or not self.theirs:
            return None
        both = self.mine["config_digest"], self.theirs["config_digest"]
        return both[0] != both[1] if all(both) else None

    def of(self, status: str) -> list[dict[str, Any]]:
        """The layers with a status."""
        return [layer for layer in self.layers if layer["status"] == status]

    @property
    def shape(self) -> str:
        """One of the shapes above."""
        if not self.mine or not self.theirs:
            return NOT_RECORDED
        if self.mine["manifest_digest"] == self.theirs["manifest_digest"]:
            return SAME
        if not (self.mine["recorded"] and self.theirs["recorded"]):
            return NOT_RECORDED
        kept, added = self.of(KEPT), self.of(ADDED)
        removed, moved = self.of(REMOVED), self.of(MOVED)
        if not kept and not moved:
            return UNRELATED
        if removed:
            return REBUILT if added else CUT
        if moved:
            return REBUILT if added else REORDERED
        if not added:
            return CONFIG
        top = max(layer["layer_no"] for layer in kept)
        return ON_TOP if all(layer["layer_no"] > top for layer in added) else BETWEEN


@dataclass(slots=True)
class Comparison:
    """A push beside another one."""

    push: dict[str, Any]
    other: dict[str, Any]
    pairs: list[Pair]
    pulls: list[dict[str, Any]]
    """Pulls of the other's image by whoever made the push, in the day before it."""

    @property
    def shape(self) -> str:
        """The shape of the platform that tells most: an implant in one platform is one."""
        shapes = [pair.shape for pair in self.pairs]
        order = (ON_TOP, BETWEEN, CONFIG, CUT, REORDERED, REBUILT, UNRELATED, SAME, NOT_RECORDED)
        return min(shapes, key=order.index, default=NOT_RECORDED)

    @property
    def telling(self) -> Pair | None:
        """The pair that has the shape."""
        return next((pair for pair in self.pairs if pair.shape == self.shape), None)

    @property
    def implant_shaped(self) -> bool:
        return self.shape in IMPLANT_SHAPED


def compare(
    case: Case, push_key: int, other_key: int, cancel: CancelToken | None = None
) -> Comparison:
    """Compare a push with another one. Raises `NothingToRead` for a push that is not there."""

    def rows(question: Question) -> list[dict[str, Any]]:
        return case.ask(question.sql, question.bound, cancel).dicts()

    found = [rows(ask_for("push", push_key=key)) for key in (push_key, other_key)]
    if not all(found):
        raise NothingToRead("no such push in this evidence")
    by_platform = Order("platform")
    images = [
        rows(ask_for("push_manifests", push_key=key).with_order(by_platform))
        for key in (push_key, other_key)
    ]
    pairs = _paired(*images)
    for pair in pairs:
        if pair.mine and pair.theirs:
            pair.layers = rows(layer_question(pair))
    _pair_by_layers(pairs, rows)
    pulls = ask_for("pull_before_push", push_key=push_key, other_push=other_key)
    newest = rows(pulls.with_order(Order("event_time", True)))
    return Comparison(found[0][0], found[1][0], pairs, newest)


def layer_question(pair: Pair) -> Question:
    """The question that lists the layers of a pair, in their order."""
    mine = pair.mine["manifest_digest"] if pair.mine else None
    theirs = pair.theirs["manifest_digest"] if pair.theirs else None
    return ask_for("layer_comparison", manifest=mine, other=theirs).with_order(Order("place"))


def _paired(mine: Sequence[dict[str, Any]], theirs: Sequence[dict[str, Any]]) -> list[Pair]:
    """Images of equal platforms; a single image, which names none, with what is left."""
    left = list(theirs)
    pairs: list[Pair] = []
    for image in mine:
        same = [other for other in left if other["platform"] == image["platform"]]
        other = same[0] if same else None
        if other is not None:
            left.remove(other)
        pairs.append(Pair(image["platform"], image, other))
    return pairs + [Pair(other["platform"], None, other) for other in left]


def _pair_by_layers(pairs: list[Pair], rows: Any) -> None:
    """A single image beside an index: with the platform it shares most layers with."""
    single = [pair for pair in pairs if bool(pair.mine) != bool(pair.theirs) and not pair.platform]
    if len(single) != 1:
        return
    [alone] = single
    side = "mine" if alone.mine else "theirs"
    best: tuple[int, Pair, Pair] | None = None
    for pair in pairs:
        if pair is alone or getattr(pair, side) is not None:
            continue
        both = Pair(pair.platform, alone.mine or pair.mine, alone.theirs or pair.theirs)
        both.layers = rows(layer_question(both))
        common = len(both.of(KEPT)) + len(both.of(MOVED))
        if best is None or common > best[0]:
            best = (common, pair, both)
    if best is not None:
        pairs.remove(alone)
        pairs[pairs.index(best[1])] = best[2]


# --- in words ------------------------------------------------------------------------------------


def in_words(comparison: Comparison) -> list[str]:
    """What changed and what it looks like: the first sentence is the answer, the rest why."""
    pair = comparison.telling
    if pair is None:
        return ["manifest not recorded: cut, or never in such a log, or the push has no image"]
    said = [_shape_in_words(comparison, pair)]
    if comparison.implant_shaped:
        said += _reasons(comparison, pair)
    others = [each for each in comparison.pairs if each is not pair]
    for each in others:
        name = each.platform or "the single image"
        if each.mine is None:
            said.append(f"{name}: only in the other image")
        elif each.theirs is None:
            said.append(f"{name}: not in the other image")
        else:
            said.append(f"{name}: {each.shape}")
    return said


def _shape_in_words(comparison: Comparison, pair: Pair) -> str:
    shape = pair.shape
    where = f"{pair.platform}: " if pair.platform and len(comparison.pairs) > 1 else ""
    if shape == SAME:
        return f"{where}the same image, digest by digest"
    if shape == NOT_RECORDED:
        why = "manifest not recorded (cut, or never in such a log)"
        return f"{where}{why}, so layers cannot be compared"
    kept, added, removed = (len(pair.of(status)) for status in (KEPT, ADDED, REMOVED))
    moved = len(pair.of(MOVED))
    config = {
        True: "another configuration",
        False: "the same configuration",
        None: "a configuration that is not recorded",
    }[pair.config_changed]
    if shape == CONFIG:
        return (
            f"{where}implant-shaped: the same {_layers(kept)} in the same order under"
            f" {config}: entry point, environment or user can be others"
        )
    if shape in (ON_TOP, BETWEEN):
        place = "on top" if shape == ON_TOP else "in between"
        return (
            f"{where}implant-shaped: all {_layers(kept)} of the other image in their order,"
            f" {added} more {place} ({_share(pair)}), with {config}"
        )
    if shape == REORDERED:
        return f"{where}the same layers, {moved} of them in another place, with {config}"
    if shape == CUT:
        return f"{where}{_layers(removed)} fewer, nothing new, with {config}"
    if shape == UNRELATED:
        return f"{where}not one layer in common: another image under this name"
    return (
        f"{where}rebuilt: {_layers(kept)} kept, {added} added, {removed} removed"
        + (f", {moved} in another place" if moved else "")
        + f", with {config}"
    )


def _reasons(comparison: Comparison, pair: Pair) -> list[str]:
    push, other = comparison.push, comparison.other
    said: list[str] = []
    if pair.shape != CONFIG:
        said.append(
            "a pipeline that builds anew replaces the layers of the application; this kept them all"
        )
    who, before = display_name(push["origin"]), display_name(other["origin"])
    if push["origin"] != other["origin"]:
        said.append(f"pushed by {who}, the other by {before}")
    else:
        said.append(f"but both were pushed by {who}")
    if comparison.pulls:
        pull = comparison.pulls[0]
        minutes = round((push["event_time"] - pull["event_time"]).total_seconds() / 60)
        session = "in the same session" if pull["same_session"] else "in another session"
        said.append(f"{who} pulled the other image {minutes} min before, {session}")
    fresh = [layer for layer in pair.of(ADDED) if layer["first_image"] == push["event_time"]]
    if fresh and len(fresh) == len(pair.of(ADDED)):
        said.append("what was added was in no image before")
    elif pair.of(ADDED) and len(fresh) < len(pair.of(ADDED)):
        known = len(pair.of(ADDED)) - len(fresh)
        said.append(f"but {_layers(known)} of what was added had been in an image before")
    return said


def _share(pair: Pair) -> str:
    """How much was added, in bytes and as a share of the whole."""
    sizes = [layer["bytes"] for layer in pair.of(ADDED)]
    whole = pair.mine["image_bytes"] if pair.mine else None
    if any(size is None for size in sizes) or not whole:
        return "size not recorded"
    added = sum(sizes)
    share = added / whole
    word = "only " if share < _SMALL else ""
    return f"{word}{_bytes(added)}, {share:.1%} of the image"


def _layers(number: int) -> str:
    return "1 layer" if number == 1 else f"{number} layers"


def _bytes(size: int) -> str:
    value = float(size)
    for unit in ("B", "kB", "MB"):
        if value < 999.5:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 9.95 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def base_in_words(
    case: Case, manifest: str, repository: str, cancel: CancelToken | None = None
) -> str:
    """The base an image was probably built on, guessed by the longest prefix of layers that it
    shares with an image of another repository; what is shared with older images of its own
    repository says little about the base."""
    question = ask_for("base_images", manifest=manifest)
    ordered = question.with_order(Order("shared", True), Order("whole", True), Order("event_time"))
    found = case.ask(ordered.sql, ordered.bound, cancel).dicts()
    foreign = [row for row in found if row["repository"] != repository]
    whole = [row for row in foreign if row["whole"]]
    if whole:
        base = whole[0]
        tags = f":{base['image_tags'].split()[0]}" if base["image_tags"] else ""
        name = repository_name(base["repository"])
        return f"{name}{tags}, all {_layers(base['shared'])} of it (a guess by shared layers)"
    if foreign:
        near = foreign[0]
        name = repository_name(near["repository"])
        return f"shares its first {_layers(near['shared'])} with {name}: perhaps the same base"
    return "no image of another repository in this evidence begins with the same layers"
