"""The platforms' state, followed through time: which definition a name meant at a moment, what a
service ran before, when it was deleted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from queries.index.deployment_match import Match
from queries.index.members import as_objects, parsed_object
from queries.providers.aws.deployments import ENDS, SPECS, Spec, operation
from queries.providers.aws.places import Place, found_at
from queries.references import Reference, mentions, parse_reference

MENTIONED = "mentioned"
"""The act of a call that only names an image, such as a stack's template or a command."""
SCALED = "scaled"
ENDED = "ended"
NOT_RECORDED = "not recorded"

_REVISION = re.compile(r":(\d+)$")
_REVISED = frozenset({"task definition", "daemon task definition", "job definition"})

Unit = tuple[str, str, str, str, str]
"""platform, noun, account, region, name"""


@dataclass(slots=True)
class Definition:
    """What something is made of: the images a definition names, or a service runs."""

    event_key: int
    places: list[Place]
    revision: str = ""
    ended: bool = False


@dataclass(slots=True)
class Launch:
    """One image of one call."""

    number: int
    event: dict[str, Any]
    spec: Spec | None
    deployed: str
    act: str
    place: Place
    definition: str = ""
    definition_event: int | None = None
    reference: Reference | None = None
    told_digest: str = ""
    match: Match = field(default_factory=Match)


End = tuple[int, datetime | None, int, str]
"""The number of a launch, until when it ran, the event that ended it, how."""


@dataclass(slots=True)
class Steps:
    """What some events on the way have brought."""

    rows: list[Launch] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)
    """Also of launches of earlier steps; the first end of a launch counts."""
    links: set[tuple[int, str]] = field(default_factory=set)
    """Events, and the things they are about: what becomes of a thing follows from all of its
    events."""


class Walk:
    """The platforms' state, walked through in time order. Millions of launches may be under way,
    so it remembers their numbers and not what they are."""

    def __init__(self) -> None:
        self.steps = Steps()
        self._numbers = count(1)
        self._definitions: dict[Unit, list[Definition]] = {}
        self._running: dict[Unit, tuple[int, ...]] = {}
        self._named: dict[Unit, str] = {}

    def taken(self) -> Steps:
        """The steps since it was asked for the last time."""
        taken, self.steps = self.steps, Steps()
        return taken

    def event(self, event: dict[str, Any]) -> None:
        if event.get("deployment"):
            self._said(event, parsed_object(event["deployment"]))
            return
        known = operation(event["event_source"], event["event_name"])
        about = {
            "q": parsed_object(event["request_parameters"]),
            "r": parsed_object(event["response_elements"]),
        }
        if known in ENDS:
            self._ends(event, about, *ENDS[known])
        elif known in SPECS:
            self._spec(event, about, SPECS[known])
        else:
            self._mentions(event)

    def _said(self, event: dict[str, Any], said: dict[str, Any]) -> None:
        """A deployment that a provider took out of its record (`providers.event.Deployment`)."""
        platform, act = str(said.get("platform") or ""), str(said.get("act") or "")
        unit = (platform, event["provider"], "", "", str(said.get("unit") or ""))
        self._link(event, unit)
        ok = event["outcome"] == "ok"
        if act == ENDED:
            if ok:
                self._end(event, unit, "deleted")
            return
        spec = Spec(platform, act, "", ())
        account, region = event["account"] or "", event["aws_region"] or ""
        rows = [
            Launch(
                next(self._numbers),
                event,
                spec,
                str(said.get("deployed") or platform),
                act,
                Place(str(image.get("container") or ""), str(image.get("image") or "")),
                reference=parse_reference(image.get("image"), account, region),
                told_digest=str(image.get("digest") or ""),
            )
            for image in as_objects(said.get("images"))
        ]
        self.steps.rows += rows
        if ok and act == "deployed" and _is_named(unit):
            self._end(event, unit, "replaced")
            self._running[unit] = _numbers(rows)

    # ---- what a call begins ----------------------------------------------------------------

    def _spec(self, event: dict[str, Any], about: dict[str, Any], spec: Spec) -> None:
        act = _act(spec, event, about)
        if not act:
            return
        if reason := _started_nothing(about["r"]):
            event["outcome"], event["error_code"] = "failed", reason
        units = _units(event, about, spec.platform, spec.noun, spec.names)
        self._link(event, *units)
        places = _places(about, spec.images)
        definition, said = None, ""
        if spec.refers:
            definition, said = self._definition(event, about, spec, units[0])
            if not places and definition is not None:
                places = definition.places
        if not places:
            places = _answered(about["r"])
        if not places:
            refers = bool(said) if spec.may_not_refer else bool(spec.refers)
            if not (spec.always or refers or _is_image_function(about)):
                return
            places = [Place("", "")]
        rows = [
            Launch(
                next(self._numbers),
                event,
                spec,
                _deployed(spec, units),
                act,
                place,
                said,
                definition.event_key if definition else None,
                parse_reference(place.text, event["account"] or "", event["aws_region"] or ""),
                _told(about["r"], place),
            )
            for place in places
        ]
        self.steps.rows += rows
        if event["outcome"] == "ok" and act != SCALED:
            for unit in filter(_is_named, units):
                self._begin(event, unit, rows, places, act)
                self._named[unit] = said

    def _begin(
        self, event: dict[str, Any], unit: Unit, rows: list[Launch], places: list[Place], act: str
    ) -> None:
        """From now on the unit runs these images, and no longer those it ran before."""
        revision = _REVISION.search(unit[4]) if unit[1] in _REVISED else None
        base = (*unit[:4], unit[4][: revision.start()] if revision else unit[4])
        made = Definition(event["event_key"], places, revision.group(1) if revision else "")
        if unit[1] in _REVISED:
            self._definitions.setdefault(base, []).append(made)
        else:  # nobody can name what it was before
            self._definitions[base] = [made]
            self._end(event, unit, "replaced")
        self._running[unit] = _numbers(rows)

    def _definition(
        self, event: dict[str, Any], about: dict[str, Any], spec: Spec, unit: Unit
    ) -> tuple[Definition | None, str]:
        """The definition a call names, and its name as a person would write it."""
        texts = [place.text for path in spec.definition for place in _at(about, path)]
        if not texts and unit in self._named:
            texts = [self._named[unit]]  # a call that changes something else
        found: list[Definition] = []
        said: list[str] = []
        for text in dict.fromkeys(texts):
            named = _unit(event, spec.platform, spec.refers, text, about)
            self._link(event, named)
            said.append(named[4])
            made = self._newest(named)
            if made is not None:
                found.append(made)
                if made.revision and not _REVISION.search(named[4]):
                    said[-1] = f"{named[4]}:{made.revision}"
            if spec.refers in _REVISED and made is not None:
                break  # the answer's own name comes first, and says the same more exactly
        if not found:
            return None, said[0] if said else ""
        places = [place for made in found for place in made.places]
        return Definition(found[0].event_key, places), ", ".join(dict.fromkeys(said))

    def _newest(self, unit: Unit) -> Definition | None:
        revision = _REVISION.search(unit[4]) if unit[1] in _REVISED else None
        name = unit[4][: revision.start()] if revision else unit[4]
        made = self._definitions.get((*unit[:4], name), [])
        if revision is not None:
            exact = [each for each in made if each.revision == revision.group(1)]
            # An answer that was not recorded hides the revision: then the newest of those.
            made = exact or [each for each in made if not each.revision]
            return made[-1] if made else None
        alive = [each for each in made if not each.ended]
        return alive[-1] if alive else None

    # ---- what a call ends, or only mentions ------------------------------------------------

    def _ends(
        self,
        event: dict[str, Any],
        about: dict[str, Any],
        platform: str,
        noun: str,
        names: tuple[str, ...],
    ) -> None:
        if event["outcome"] != "ok":
            return
        units = _units(event, about, platform, noun, names)
        self._link(event, *units)
        for unit in filter(_is_named, units):
            self._end(event, unit, "stopped" if noun == "task" else "deleted")
            revision = _REVISION.search(unit[4]) if noun in _REVISED else None
            name = unit[4][: revision.start()] if revision else unit[4]
            for made in self._definitions.get((*unit[:4], name), []):
                if revision is None or made.revision == revision.group(1):
                    made.ended = True

    def _link(self, event: dict[str, Any], *units: Unit) -> None:
        for unit in filter(_is_named, units):
            platform, noun, account, region, name = unit
            name = _REVISION.sub("", name) if noun in _REVISED else name
            self.steps.links.add(
                (event["event_key"], f"unit {platform} {noun} {account} {region} {name}")
            )

    def _end(self, event: dict[str, Any], unit: Unit, how: str) -> None:
        for number in self._running.pop(unit, ()):
            self.steps.ends.append((number, event["event_time"], event["event_key"], how))

    def _mentions(self, event: dict[str, Any]) -> None:
        for text in mentions(event["request_parameters"] or ""):
            reference = parse_reference(text, event["account"] or "", event["aws_region"] or "")
            if reference is not None:
                said = event["target"] or ""
                number, place = next(self._numbers), Place("", text)
                self.steps.rows.append(
                    Launch(number, event, None, said, MENTIONED, place, reference=reference)
                )


def _numbers(rows: list[Launch]) -> tuple[int, ...]:
    return tuple(row.number for row in rows)


def _act(spec: Spec, event: dict[str, Any], about: dict[str, Any]) -> str:
    """What a call does. UpdateService changes many things: it starts an image when it names a
    definition or forces a deployment, and starts more of the same when it scales up. A call that
    only asks whether it would work (Lambda's `dryRun`) does nothing."""
    if about["q"].get("dryRun") is True:
        return ""
    if event["event_name"] != "UpdateService" or spec.platform != "ecs":
        return spec.act
    asked = about["q"]
    if not asked or asked.get("taskDefinition") or asked.get("forceNewDeployment") is True:
        return spec.act
    count = asked.get("desiredCount")
    return SCALED if isinstance(count, int) and count > 0 else ""


def _started_nothing(answer: dict[str, Any]) -> str:
    """Why none of the tasks was started that a call succeeded to ask for; empty otherwise.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
    """
    failures = as_objects(answer.get("failures"))
    if not failures or answer.get("tasks"):
        return ""
    return str(failures[0].get("reason") or "failures")


def _is_image_function(about: dict[str, Any]) -> bool:
    """A function made from an image whose name the record withholds."""
    return "Image" in (about["q"].get("packageType"), about["r"].get("packageType"))


def _places(about: dict[str, Any], paths: tuple[str, ...]) -> list[Place]:
    """The images of a call, each once; those of the answer only where the request has none."""
    asked = [place for path in paths if path.startswith("q.") for place in _at(about, path)]
    found = asked or [p for path in paths if path.startswith("r.") for p in _at(about, path)]
    return list(dict.fromkeys(found))


def _answered(answer: dict[str, Any]) -> list[Place]:
    """The images of the tasks that RunTask and StartTask answer with: what really started."""
    return list(dict.fromkeys(found_at(answer, "tasks[].containers[].image")))


def _told(answer: dict[str, Any], place: Place) -> str:
    """The digest an answer names for an image: of a task's container, or a function's code.

    Lambda calls the digest of an image function's code `codeSha256`, in hexadecimal; whether it
    is the pushed digest is tested against the pushes before it is believed.
    """
    for task in as_objects(answer.get("tasks")):
        for container in as_objects(task.get("containers")):
            digest = container.get("imageDigest")
            if container.get("image") == place.text and isinstance(digest, str):
                return digest
    code = answer.get("codeSha256")
    if isinstance(code, str) and re.fullmatch(r"(sha256:)?[0-9a-f]{64}", code):
        return code if code.startswith("sha256:") else f"sha256:{code}"
    return ""


def _at(about: dict[str, Any], path: str) -> list[Place]:
    side, _, rest = path.partition(".")
    return found_at(about[side], rest)


def _units(
    event: dict[str, Any], about: dict[str, Any], platform: str, noun: str, names: tuple[str, ...]
) -> list[Unit]:
    """The things a call is about; without a name, one that stands for itself."""
    for path in names:
        found = [place.text for place in _at(about, path) if place.text]
        if found:
            made = [_unit(event, platform, noun, text, about) for text in found]
            return list(dict.fromkeys(made))
    return [(platform, noun, event["account"] or "", event["aws_region"] or "", "")]


def _unit(
    event: dict[str, Any], platform: str, noun: str, text: str, about: dict[str, Any]
) -> Unit:
    account, region, name = event["account"] or "", event["aws_region"] or "", text
    if text.startswith("arn:") and text.count(":") >= 5:
        _, _, _, place, owner, resource = text.split(":", 5)
        account, region = owner or account, place or region
        name = re.split("[/:]", resource, maxsplit=1)[-1]
        if platform == "apprunner":
            name = name.split("/")[0]
    elif platform == "lambda":
        name = re.sub(r"^(?:\d{12}:)?function:", "", text)
    if platform == "lambda":
        name = name.split(":")[0]
    if platform == "ecs" and noun == "service" and "/" not in name:
        cluster = about["q"].get("cluster")
        short = cluster.rsplit("/", 1)[-1] if isinstance(cluster, str) else "default"
        name = f"{short}/{name}"
    if platform == "ecs" and noun == "task":
        name = name.rsplit("/", 1)[-1]
    return platform, noun, account, region, name


def _is_named(unit: Unit) -> bool:
    """Whether a call says which thing it is about. One that does not stands for itself."""
    return bool(unit[4])


def _deployed(spec: Spec, units: list[Unit]) -> str:
    names = [unit[4] for unit in units if unit[4]]
    if not names:
        return spec.noun
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{spec.noun} {names[0]}{more}"
