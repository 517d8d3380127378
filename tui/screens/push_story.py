"""Everything known about a push, in the order in which one asks."""

from __future__ import annotations

import json
from typing import Any

from queries.naming import (
    KINDS,
    display_name,
    error_in_words,
    origin_and_session,
    what_happened,
)
from tui.enriched import with_place
from tui.screens.base import Fact
from tui.screens.inferred import login_fact, probably_for
from tui.text import fmt_ago, fmt_bytes, fmt_some, fmt_time
from tui.widgets.paged_table import Row


def push_story(push: Row, totals: dict[str, Any]) -> list[Fact]:
    """Everything known about a push, in the order in which one asks."""
    facts: list[Fact] = [
        ("when", f"{fmt_time(push['event_time'], year=True)} UTC"),
        ("repository", str(push["repository"])),
        ("what", what_happened(dict(push.values))),
        ("tags", push["image_tags"] or "none (pushed by digest)"),
        ("digest", push["image_digest"] or "unknown (a failed push has none)"),
    ]
    if push["tag_digest"] and push["tag_digest"] != push["image_digest"]:
        facts.append(
            (
                "",
                f"the tag ended on one platform's manifest, {push['tag_digest']}, not on the image"
                " that lists it",
            )
        )
    if push["order_unprovable"]:
        facts.append(
            ("", "one tag on several manifests within a second: which it names is not provable")
        )
    if push["error_code"]:
        facts.append(("error", f"{error_in_words(push['error_code'])} ({push['error_code']})"))
        facts.append(("", push["error_message"] or ""))
    facts += _image_facts(push)
    if push["previous_digest"]:
        apart = push["event_time"] - push["previous_time"]
        facts += [
            ("replaced", str(push["previous_digest"])),
            (
                "",
                f"put there by {display_name(push['previous_principal'])},"
                f" {fmt_time(push['previous_time'], year=True)} ({fmt_ago(apart)} earlier)",
            ),
        ]
    if push["created_repository"]:
        facts.append(("repository", "created by this push (ECR made it in its own name)"))
    if push["lifetime"] > 1:
        facts.append(("repository life", f"{push['lifetime']}, it was deleted and made again"))
    facts += _who_facts(push, totals)
    facts.append(("record", f"{push['event_id'] or 'no event id'} in {push['file_name']}"))
    facts.append(
        ("", f"position {push['position']}, {fmt_some(push['records'], 'record')} of it in all")
    )
    return facts


def _image_facts(push: Row) -> list[Fact]:
    if push["kind"] == "unknown":
        return [("image", "manifest not recorded (cut, refused, or never in such a log)")]
    said = [KINDS.get(push["kind"], push["kind"])]
    if push["image_bytes"] is not None:
        said.append(fmt_bytes(push["image_bytes"]))
    if push["layer_count"]:
        said.append(fmt_some(push["layer_count"], "layer"))
    facts: list[Fact] = [("image", ", ".join(said))]
    if push["platforms"]:
        facts.append(("platforms", str(push["platforms"])))
    attached = []
    if push["attestations"]:
        attached.append(fmt_some(push["attestations"], "attestation manifest"))
    if push["attachments"]:
        attached.append(
            fmt_some(
                push["attachments"],
                "signature or other attachment",
                "signatures or other attachments",
            )
        )
    if attached:
        facts.append(("with it", ", ".join(attached)))
    return facts


def _who_facts(push: Row, totals: dict[str, Any]) -> list[Fact]:
    if push["made_by"] != "person":
        by = display_name(push["triggered_by"]) if push["triggered_by"] else "not in this evidence"
        return [("made by", f"{push['made_by']}, triggered by {by}")]
    facts: list[Fact] = [
        ("who", origin_and_session(push["origin"], push["principal"])),
        ("principal", str(push["principal"])),
    ]
    facts += chain_facts(push, totals)
    if push["subject"]:
        facts.append(("OIDC subject", str(push["subject"])))
    if push["source_identity"]:
        facts.append(("source identity", f"{push['source_identity']} (set once, survives roles)"))
    facts.append(("access key", str(push["access_key_id"] or "none")))
    if push["mfa"] is not None:
        facts.append(("MFA", "yes" if push["mfa"] else "no"))
    if push["cross_account"]:
        facts.append(("cross-account", f"{push['account_id']} pushed into {push['registry_id']}"))
    facts.append(("client", f"{push['via']} · {push['user_agent'] or 'agent not recorded'}"))
    facts.append(("address", _address(push)))
    facts.append(("login", login_fact(push, totals)))
    if service := probably_for(push):
        facts.append(("behind it", service))
    return facts


def chain_facts(row: Row, totals: dict[str, Any]) -> list[Fact]:
    """The chain of sessions behind a key, origin first; or what is missing to follow it."""
    if row["chain"]:
        names = json.loads(row["chain"])
        keys = json.loads(row["chain_keys"])
        lines: list[Fact] = []
        for depth, (name, key) in enumerate(zip(names, keys, strict=True)):
            arrow = "" if depth == 0 else "   " * (depth - 1) + "└─ "
            shown = f"{arrow}{display_name(name)}  {key}".rstrip()
            lines.append(("chain" if depth == 0 else "", shown))
        return lines
    if str(row["access_key_id"] or "").startswith("ASIA"):
        hint = "" if "us-east-1" in totals["regions"] else "; us-east-1 is not loaded"
        return [("chain", f"the call that issued this session is not in the evidence{hint}")]
    return []


def _address(push: Row) -> str:
    address = push["source_ip_address"]
    if push["via"] == "docker client" and not str(address or "")[:1].isdigit():
        return f"not recorded (the registry's proxy stands there: {address or 'nothing'})"
    return with_place(address) if address else "not recorded"
