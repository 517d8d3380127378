"""What is marked (or found) as a STIX 2.1 bundle: addresses, principals, access keys and digests as
observables, the events as observed data, indicators, ATT&CK techniques, and what relates them.

Identifiers are made from the contents, so that two exports of one thing are one thing. Observables
have the ids that the specification prescribes (2.9: UUIDv5 in its namespace over the contributing
properties as canonical JSON); other objects have UUIDv5 in a namespace of ours, as it demands.
https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html
"""

from __future__ import annotations

import ipaddress
import json
import re
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from queries.exports.chosen import Chosen
from queries.naming import display_name
from queries.safe_text import safe_text

_SCO = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
_OURS = uuid.uuid5(uuid.NAMESPACE_URL, "https://example.com/ecr-investigate/stix")
_CONTRIBUTING = {
    "ipv4-addr": ("value",),
    "ipv6-addr": ("value",),
    "file": ("hashes",),
    "user-account": ("account_type", "user_id", "account_login"),
    "autonomous-system": ("number",),
}
"""Of the properties that the specification names for an id, those that are written here."""
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
TECHNIQUES = {
    "T1525": ("Implant Internal Image", "persistence"),
    "T1204.003": ("User Execution: Malicious Image", "execution"),
}
"""Techniques named here; others are told by their number."""

SOURCES = {
    "google": "google-cloud-audit-log",
    "azure": "azure-log",
    "kubernetes": "kubernetes-audit-log",
}
"""What the logs of a provider are called; CloudTrail's for all others."""

Object = dict[str, Any]


def bundle(rows: Iterable[dict[str, Any]], chosen: Chosen, moment: datetime, name: str) -> Object:
    """The bundle; `moment` (UTC) is when its objects were made."""
    made = _Maker(moment)
    for row in rows:
        made.event(row, chosen)
    made.group(name)
    objects = sorted(made.objects.values(), key=lambda o: (_RANK.get(o["type"], 9), o["id"]))
    ident = f"bundle--{uuid.uuid5(_OURS, _canonical([o['id'] for o in objects]))}"
    return {"type": "bundle", "id": ident, "objects": objects}


_RANK = {"identity": 0, "grouping": 1, "attack-pattern": 2, "indicator": 3, "observed-data": 4}


class _Maker:
    def __init__(self, moment: datetime) -> None:
        self._stamp = _stamp(moment)
        self.objects: dict[str, Object] = {}
        self._first_seen: dict[str, str] = {}
        """Observable -> the first event with it."""
        self._tool = self._keep(
            self._domain("identity", name="ecr-investigate", identity_class="system")
        )

    def event(self, row: dict[str, Any], chosen: Chosen) -> None:
        """The observables of one event, what was observed, and what that indicates."""
        address = self._address(row["source_ip_address"])
        principal = self._account(_kind(row, "principal"), row["principal"])
        key = self._account("aws-access-key", row["access_key_id"]) if _is_aws(row) else None
        self._known(row, address, principal)
        image = self._file(row["image_digest"])
        layer = self._file(row["layer_digest"])
        seen = [ref for ref in (address, principal, key, image, layer) if ref is not None]
        if not seen:
            return
        when = row["event_time"]
        if when is not None:
            self._observed(row, seen, when)
        if principal is not None:
            for other in (key, address):
                self._relate("related-to", principal, other)
            if row["is_push"]:
                self._relate("related-to", principal, image)
        if row["is_push"]:
            self._indicate(row, image, address, chosen)

    def group(self, name: str) -> None:
        """Everything as one thing to look at."""
        refs = sorted(self.objects)
        self._keep(
            self._domain(
                "grouping", name=safe_text(name), context="suspicious-activity", object_refs=refs
            )
        )

    def _known(self, row: dict[str, Any], address: str | None, principal: str | None) -> None:
        """What files of the investigator's say about the address and the account of an event; the
        columns stand beside the events only where there are such files."""
        if address is not None:
            number = str(row.get("source_asn") or "").removeprefix("AS")
            if number.isdecimal():
                named = {"name": row["source_organisation"]} if row["source_organisation"] else {}
                system = self._observable("autonomous-system", number=int(number), **named)
                self._relate("belongs-to", address, system)
            if country := row.get("source_country"):
                city = {"city": row["source_city"]} if row["source_city"] else {}
                name = ", ".join(filter(None, (country, row["source_city"])))
                place = self._keep(self._domain("location", name=name, country=country, **city))
                self._relate("related-to", address, place)
            if network := row.get("source_network"):
                self._note(f"The address is on a list of networks as: {network}", address)
        if principal is not None and (account := row.get("account_name")):
            self._note(f"Account {row['account_id']} is called: {account}", principal)

    def _note(self, content: str, about: str) -> None:
        said = f"{content} (from the investigator's files, not from the logs)"
        self._keep(self._domain("note", content=said, object_refs=[about]))

    # ---- observables -----------------------------------------------------------------------

    def _address(self, text: object) -> str | None:
        try:
            # Without a zone, which means something to one machine only, and may hold any text.
            address = ipaddress.ip_address(str(text).partition("%")[0])
        except ValueError:
            return None  # "AWS Internal", or a service
        return self._observable(f"ipv{address.version}-addr", value=str(address))

    def _account(self, kind: str, name: object) -> str | None:
        if not name:
            return None
        return self._observable(
            "user-account",
            account_type=kind,
            user_id=str(name),
            display_name=safe_text(display_name(str(name))),
        )

    def _file(self, digest: object) -> str | None:
        found = _DIGEST.fullmatch(str(digest or ""))
        return self._observable("file", hashes={"SHA-256": found[1]}) if found else None

    def _observable(self, kind: str, **properties: Any) -> str:
        named = {name: properties[name] for name in _CONTRIBUTING[kind] if name in properties}
        ident = f"{kind}--{uuid.uuid5(_SCO, _canonical(named))}"
        return self._keep({"type": kind, "spec_version": "2.1", "id": ident, **properties})

    # ---- the rest --------------------------------------------------------------------------

    def _observed(self, row: dict[str, Any], seen: list[str], when: datetime) -> None:
        external = [
            {
                "source_name": SOURCES.get(row["provider"], "cloudtrail"),
                "external_id": str(row["event_id"] or f"{row['file_name']}#{row['position']}"),
                "description": safe_text(f"{row['event_name']} of {row['event_source']}"),
            }
        ]
        observed = self._keep(
            self._domain(
                "observed-data",
                first_observed=_stamp(when),
                last_observed=_stamp(when),
                number_observed=1,
                object_refs=sorted(set(seen)),
                external_references=external,
            )
        )
        for ref in seen:
            self._first_seen.setdefault(ref, observed)

    def _indicate(
        self, row: dict[str, Any], image: str | None, address: str | None, chosen: Chosen
    ) -> None:
        """A push that is marked or found: its digest, and where it came from."""
        techniques = sorted(chosen.techniques.get(row["event_key"], ())) or ["T1525"]
        for ref, words in ((image, "image"), (address, "address")):
            if ref is None:
                continue
            value = self.objects[ref]
            if image == ref:
                pattern = f"[file:hashes.'SHA-256' = '{value['hashes']['SHA-256']}']"
            else:
                pattern = f"[{value['type']}:value = '{value['value']}']"
            indicator = self._keep(
                self._domain(
                    "indicator",
                    name=safe_text(f"{words} of a push to {row['repository'] or 'a repository'}"),
                    indicator_types=[
                        "malicious-activity" if image == ref else "anomalous-activity"
                    ],
                    pattern=pattern,
                    pattern_type="stix",
                    valid_from=_stamp(row["event_time"]) if row["event_time"] else self._stamp,
                )
            )
            self._relate("based-on", indicator, self._first_seen.get(ref))
            for technique in techniques:
                self._relate("indicates", indicator, self._technique(technique))

    def _technique(self, number: str) -> str:
        name, phase = TECHNIQUES.get(number, (number, ""))
        page = number.replace(".", "/")
        properties: Object = {
            "name": name,
            "external_references": [
                {
                    "source_name": "mitre-attack",
                    "external_id": number,
                    "url": f"https://attack.mitre.org/techniques/{page}",
                }
            ],
        }
        if phase:
            chain = {"kill_chain_name": "mitre-attack", "phase_name": phase}
            properties["kill_chain_phases"] = [chain]
        return self._keep(self._domain("attack-pattern", **properties))

    def _relate(self, how: str, source: str | None, target: str | None) -> None:
        if source is not None and target is not None and source != target:
            self._keep(
                self._domain(
                    "relationship", relationship_type=how, source_ref=source, target_ref=target
                )
            )

    def _domain(self, kind: str, **properties: Any) -> Object:
        """An object with a time. Its id is made of what it says, not of when that was written."""
        ident = f"{kind}--{uuid.uuid5(_OURS, _canonical({'type': kind, **properties}))}"
        made: Object = {"type": kind, "spec_version": "2.1", "id": ident}
        made |= {"created": self._stamp, "modified": self._stamp}
        if kind != "identity":
            made["created_by_ref"] = self._tool
        return made | properties

    def _keep(self, thing: Object) -> str:
        self.objects.setdefault(thing["id"], thing)
        return str(thing["id"])


def _is_aws(row: dict[str, Any]) -> bool:
    return row["provider"] in (None, "aws")


def _kind(row: dict[str, Any], what: str) -> str:
    """`aws-principal`, `google-principal` …"""
    return f"{row['provider'] or 'aws'}-{what}"


def _canonical(value: Any) -> str:
    """JSON as RFC 8785 writes it (there are only texts, lists and objects here)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _stamp(when: datetime) -> str:
    return f"{when.isoformat(timespec='milliseconds')}Z"
