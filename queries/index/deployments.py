"""Build `deployments`: each call that makes a platform run an image, one row for each image.

The state of the platforms is followed through time: which definition a name meant at that
moment, what a service ran before, when it was deleted. Which push an image came from is asked of
`tag_spans`: a tag is taken for the digest that it named *then*.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb

from queries.index.deployment_match import CHANGES_MATCHES, IS_RULE, Match, Matcher
from queries.index.derivation import SHORT, Derivation, Rows
from queries.index.members import as_objects, parsed_object
from queries.index.rows import insert_rows
from queries.providers.aws.deployments import ENDS, SOURCES, SPECS, Place, Spec, found_at, operation
from queries.references import MENTION_SIGNS, Reference, mentions, parse_reference

MENTIONED = "mentioned"
"""The act of a call that only names an image, such as a stack's template or a command."""
SCALED = "scaled"
ENDED = "ended"
NOT_RECORDED = "not recorded"

_MENTIONING = " OR ".join(f"contains(request_parameters, '{sign}')" for sign in MENTION_SIGNS)
_NAMES = ", ".join(f"'{name}'" for name in sorted({name for _, name in (*SPECS, *ENDS)}))
_SOURCES = ", ".join(f"'{source}'" for source in SOURCES)
_EVENTS = f"""
SELECT event_key, event_time, event_source, event_name, principal, access_key_id, aws_region,
  coalesce(recipient_account_id, account_id) AS account, outcome, error_code, target,
  request_parameters, response_elements, provider, deployment
FROM {{events}}
WHERE merged_into IS NULL AND coalesce(event_category, '') <> 'Insight'
  AND ((event_source IN ({_SOURCES}) AND regexp_replace(
          event_name, '20[0-9]{{{{6}}}}(v[0-9]+)?$', '') IN ({_NAMES}))
    OR deployment IS NOT NULL
    OR (registry_action IS NULL
        AND ({_MENTIONING})))
ORDER BY event_time NULLS LAST, event_name NOT LIKE 'Register%', event_name NOT LIKE 'Create%',
  event_key
"""  # noqa: S608 - constants
_REVISION = re.compile(r":(\d+)$")
_REVISED = frozenset({"task definition", "daemon task definition", "job definition"})

Unit = tuple[str, str, str, str, str]
"""platform, noun, account, region, name"""


@dataclass(slots=True)
class _Definition:
    """What something is made of: the images a definition names, or a service runs."""

    event_key: int
    places: list[Place]
    revision: str = ""
    ended: bool = False


@dataclass(slots=True)
class _Row:
    """One image of one call."""

    event: dict[str, Any]
    spec: Spec | None
    deployed: str
    act: str
    place: Place
    definition: str = ""
    definition_event: int | None = None
    reference: Reference | None = None
    told_digest: str = ""
    until: datetime | None = None
    ended_by: int | None = None
    ended_how: str | None = None
    match: Match = field(default_factory=Match)


def build_deployments(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `deployments` from the events and the tag history, and `deployment_links` with what each
    event has in common with others: the things that it names, and images."""
    walk = _walked(connection, "events")
    references = [row.reference for row in walk.rows if row.reference is not None]
    told = [row.told_digest for row in walk.rows if row.told_digest]
    matcher = Matcher(connection, references, told)
    for row in walk.rows:
        row.match = matcher.match(
            row.reference,
            row.event["event_time"],
            told=row.told_digest,
            certain=row.act != MENTIONED,
        )
        if row.reference is None and row.place.text:
            row.match.matched = "other registry"
    insert_rows(connection, "deployments", (_values(n, row) for n, row in enumerate(walk.rows, 1)))
    links = {link for row in walk.rows for link in _image_links(row)}
    insert_rows(connection, "deployment_links", sorted(walk.links | links))
    _add_origins(connection)


def _walked(connection: duckdb.DuckDBPyConnection, events: str) -> _Walk:
    """What came of the events of a relation."""
    cursor = connection.execute(_EVENTS.format(events=events))
    columns = [column[0] for column in cursor.description or ()]
    walk = _Walk()
    while batch := cursor.fetchmany(1000):
        for values in batch:
            event = dict(zip(columns, values, strict=True))
            walk.event(event)
            # Rows keep the event: with millions of events its long texts would fill the memory.
            del event["request_parameters"], event["response_elements"], event["deployment"]
    return walk


def _find_links(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `found_links` with what the events that came have in common with others."""
    came = "(SELECT * FROM events WHERE event_key IN (SELECT event_key FROM touched))"
    connection.execute("CREATE TEMP TABLE found_links (event_key BIGINT, link VARCHAR)")
    walk = _walked(connection, came)
    events = {(row.event["event_key"], "") for row in walk.rows}
    insert_rows(connection, "found_links", sorted(walk.links | events))


def _image_links(row: _Row) -> Iterator[tuple[int, str]]:
    """The image names and digests that decide about a match (`CHANGES_MATCHES`)."""
    key, reference = row.event["event_key"], row.reference
    if reference is not None:
        yield key, f"tag {reference.repository}:{reference.tag}"
    for digest in (reference.digest if reference is not None else "", row.told_digest):
        if digest:
            yield key, f"digest {digest}"


class _Walk:
    """The platforms' state, walked through in time order."""

    def __init__(self) -> None:
        self.rows: list[_Row] = []
        self.links: set[tuple[int, str]] = set()
        """Events, and the things they are about: what becomes of a thing follows from all of its
        events."""
        self._definitions: dict[Unit, list[_Definition]] = {}
        self._running: dict[Unit, list[_Row]] = {}
        self._named: dict[Unit, str] = {}

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
        """A deployment that a provider took out of its record (`providers.base.Deployment`)."""
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
            _Row(
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
        self.rows += rows
        if ok and act == "deployed" and _is_named(unit):
            self._end(event, unit, "replaced")
            self._running[unit] = rows

    # ---- what a call begins ----------------------------------------------------------------

    def _spec(self, event: dict[str, Any], about: dict[str, Any], spec: Spec) -> None:
        act = _act(spec, event, about)
        if not act:
            return
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
            if not (spec.always or spec.refers or _is_image_function(about)):
                return
            places = [Place("", "")]
        rows = [
            _Row(
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
        self.rows += rows
        if event["outcome"] == "ok" and act != SCALED:
            for unit in filter(_is_named, units):
                self._begin(event, unit, rows, places, act)
                self._named[unit] = said

    def _begin(
        self, event: dict[str, Any], unit: Unit, rows: list[_Row], places: list[Place], act: str
    ) -> None:
        """From now on the unit runs these images, and no longer those it ran before."""
        revision = _REVISION.search(unit[4]) if unit[1] in _REVISED else None
        base = (*unit[:4], unit[4][: revision.start()] if revision else unit[4])
        made = _Definition(event["event_key"], places, revision.group(1) if revision else "")
        self._definitions.setdefault(base, []).append(made)
        if unit[1] not in _REVISED:
            self._end(event, unit, "replaced")
        self._running[unit] = list(rows)

    def _definition(
        self, event: dict[str, Any], about: dict[str, Any], spec: Spec, unit: Unit
    ) -> tuple[_Definition | None, str]:
        """The definition a call names, and its name as a person would write it."""
        texts = [place.text for path in spec.definition for place in _at(about, path)]
        if not texts and unit in self._named:
            texts = [self._named[unit]]  # a call that changes something else
        found: list[_Definition] = []
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
        return _Definition(found[0].event_key, places), ", ".join(dict.fromkeys(said))

    def _newest(self, unit: Unit) -> _Definition | None:
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
            self.links.add(
                (event["event_key"], f"unit {platform} {noun} {account} {region} {name}")
            )

    def _end(self, event: dict[str, Any], unit: Unit, how: str) -> None:
        for row in self._running.pop(unit, []):
            if row.until is None:
                row.until, row.ended_by, row.ended_how = (
                    event["event_time"],
                    event["event_key"],
                    how,
                )

    def _mentions(self, event: dict[str, Any]) -> None:
        for text in mentions(event["request_parameters"] or ""):
            reference = parse_reference(text, event["account"] or "", event["aws_region"] or "")
            if reference is not None:
                said = event["target"] or ""
                self.rows.append(
                    _Row(event, None, said, MENTIONED, Place("", text), reference=reference)
                )


def _act(spec: Spec, event: dict[str, Any], about: dict[str, Any]) -> str:
    """What a call does. UpdateService changes many things: it starts an image when it names a
    definition or forces a deployment, and starts more of the same when it scales up."""
    if event["event_name"] != "UpdateService" or spec.platform != "ecs":
        return spec.act
    asked = about["q"]
    if not asked or asked.get("taskDefinition") or asked.get("forceNewDeployment") is True:
        return spec.act
    count = asked.get("desiredCount")
    return SCALED if isinstance(count, int) and count > 0 else ""


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


def _at(about: dict[str, Any], path: str) -> Iterator[Place]:
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


def _values(number: int, row: _Row) -> tuple[Any, ...]:
    event, reference, match = row.event, row.reference, row.match
    service, _ = operation(event["event_source"], event["event_name"])
    return (
        number,
        event["event_key"],
        event["event_time"],
        row.spec.platform if row.spec else service,
        event["event_name"],
        row.act,
        row.deployed,
        row.definition or None,
        row.definition_event,
        row.place.container or None,
        row.place.text or None,
        reference.registry if reference else None,
        match.registry_id or (reference.account if reference else "") or None,
        (reference.region if reference else "") or None,
        match.repository or (reference.key if reference else "") or None,
        reference.repository if reference else None,
        (reference.tag if reference else "") or None,
        (reference.digest if reference else "") or None,
        match.matched,
        match.digest or None,
        match.push_key,
        match.upstream or None,
        row.until,
        row.ended_by,
        row.ended_how,
        row.spec is not None and row.act not in ("ran", SCALED),
        event["outcome"],
        event["error_code"],
        event["principal"],
        event["access_key_id"],
        None,
        event["account"],
        event["aws_region"],
    )


def _add_origins(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "UPDATE deployments SET origin = coalesce((SELECT s.origin FROM sessions AS s"
        " WHERE s.access_key_id = deployments.access_key_id), principal)"
    )


DEPLOYMENTS = Derivation(
    rows=(
        Rows("deployment_links", "event_key"),
        Rows(
            "deployments",
            "event_key",
            "act <> 'pulled' AND event_key IN (SELECT key FROM keys)",
            number="deployment_no",
        ),
    ),
    build=build_deployments,
    prepare=_find_links,
    keys=(
        "SELECT event_key FROM found_links",
        """SELECT event_key FROM deployment_links
        WHERE event_key IN (SELECT event_key FROM touched)""",
        """SELECT event_key FROM deployments WHERE act <> 'pulled' AND (
          event_key IN (SELECT event_key FROM touched)
          OR access_key_id IN (SELECT access_key_id FROM changed_sessions))""",
        f"SELECT event_key FROM deployment_links WHERE link IN ({CHANGES_MATCHES})",  # noqa: S608
        f"""SELECT event_key FROM deployments
        WHERE act <> 'pulled' AND EXISTS (SELECT 1 FROM touched WHERE {IS_RULE})""",  # noqa: S608
    ),
    spread="""SELECT event_key FROM (FROM deployment_links UNION ALL FROM found_links)
      WHERE link LIKE 'unit %' AND link IN (
        SELECT link FROM (FROM deployment_links UNION ALL FROM found_links)
        WHERE event_key IN (SELECT key FROM keys))""",
    events=f"event_key IN (SELECT key FROM keys) OR {IS_RULE}",  # noqa: S608
    columns=f"{SHORT}, request_parameters, response_elements",
    stage="following deployments",
)
"""By the things that are deployed: what they run follows from all that was done to them."""
