"""Places that can be opened from everywhere, by key or from the command palette."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queries.scope import ALL, Scope

if TYPE_CHECKING:
    from tui.app import InvestigateApp
    from tui.screens.base import CaseScreen

TITLES = {
    "findings": "Findings",
    "repositories": "Repositories",
    "pushes": "All pushes",
    "where": "Where it ran",
    "principals": "Principals",
    "keys": "Sessions and keys",
    "addresses": "Addresses",
    "resources": "Resources",
    "images": "Images and layers",
    "timeline": "Timeline",
    "events": "All events",
    "search": "Search",
    "sql": "SQL",
    "evidence": "Evidence",
    "marked": "Marked",
    "contain": "Containment",
}


def make(place: str, app: InvestigateApp) -> CaseScreen:
    """A new screen for a place."""
    from tui.screens.activity import ActivityScreen
    from tui.screens.evidence import EvidenceScreen
    from tui.screens.principals import PrincipalsScreen
    from tui.screens.pushes import PushesScreen
    from tui.screens.repositories import RepositoriesScreen
    from tui.screens.where import WhereScreen

    if place == "findings":
        from tui.screens.findings import FindingsScreen

        return FindingsScreen(app.rules)
    if place == "repositories":
        return RepositoriesScreen()
    if place == "pushes":
        return PushesScreen(None)
    if place == "where":
        return WhereScreen()
    if place == "principals":
        return PrincipalsScreen()
    if place == "evidence":
        return EvidenceScreen()
    if place in ("keys", "addresses", "resources"):
        from tui.screens import entries

        lists = {"keys": entries.KEYS, "addresses": entries.ADDRESSES}
        return entries.EntryScreen(lists.get(place, entries.RESOURCES))
    if place == "timeline":
        from tui.screens.timeline import TimelineScreen

        return TimelineScreen(app.rules)
    if place == "sql":
        from tui.screens.sql import SqlScreen

        return SqlScreen()
    if place == "search":
        from tui.screens.search import SearchScreen

        return SearchScreen(getattr(app.screen, "search_text", ""))
    if place == "images":
        from tui.screens.images import ImagesScreen

        return ImagesScreen()
    if place == "marked":
        from tui.screens.marked import MarkedScreen

        return MarkedScreen()
    if place == "contain":
        from tui.screens.contain import ContainScreen

        return ContainScreen(app.rules)
    return ActivityScreen(Scope(ALL))
