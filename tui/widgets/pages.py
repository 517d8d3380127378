"""A bounded store of fetched pages, for tables of any length. No widget here."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator, Sequence

from tui.widgets.columns import Row


class PageStore:
    """Pages of rows, at most `max_pages` of them; the ones used longest ago go first.

    Pages that are wanted (on screen or about to be) are never dropped, so the bound is the greater
    of `max_pages` and the number of wanted pages.
    """

    def __init__(self, page_size: int, max_pages: int) -> None:
        if page_size < 1 or max_pages < 1:
            raise ValueError("page_size and max_pages must be at least 1")
        self.page_size = page_size
        self.max_pages = max_pages
        self._pages: OrderedDict[int, Sequence[Row]] = OrderedDict()
        self._wanted: frozenset[int] = frozenset()
        self._asked: set[int] = set()

    def __contains__(self, page: object) -> bool:
        return page in self._pages

    def __len__(self) -> int:
        return len(self._pages)

    @property
    def wanted(self) -> frozenset[int]:
        """Pages that are on screen or about to be."""
        return self._wanted

    def clear(self) -> None:
        self._pages.clear()
        self._asked.clear()
        self._wanted = frozenset()

    def forget_asked(self, page: int | None = None) -> None:
        """A page (or all) that was asked for will not come: it may be asked for again."""
        if page is None:
            self._asked.clear()
        else:
            self._asked.discard(page)

    def want(self, pages: Iterable[int]) -> list[int]:
        """Declare the pages in use, most urgent first; returns those to be fetched now.

        A page is returned once, until it arrives or is no longer wanted.
        """
        ordered = list(dict.fromkeys(pages))
        self._wanted = frozenset(ordered)
        self._asked &= self._wanted
        for page in reversed(ordered):
            if page in self._pages:
                self._pages.move_to_end(page)
        missing = [p for p in ordered if p not in self._pages and p not in self._asked]
        self._asked.update(missing)
        return missing

    def put(self, page: int, rows: Sequence[Row]) -> None:
        """Keep a page, and drop others beyond the bound."""
        self._asked.discard(page)
        self._pages[page] = rows
        self._pages.move_to_end(page)
        excess = len(self._pages) - self.max_pages
        for old in list(self._pages) if excess > 0 else ():
            if excess <= 0:
                break
            if old != page and old not in self._wanted:
                del self._pages[old]
                excess -= 1

    def drop_from(self, row_index: int) -> None:
        """Forget pages that begin at or after a row (the table turned out to be shorter)."""
        for page in [p for p in self._pages if p * self.page_size >= row_index]:
            del self._pages[page]

    def row(self, index: int) -> Row | None:
        """The row at an index, or None while its page is not here."""
        page, offset = divmod(index, self.page_size)
        rows = self._pages.get(page)
        return rows[offset] if rows is not None and 0 <= offset < len(rows) else None

    def find(self, key: Hashable) -> int | None:
        """Index of the row with a key among the pages held."""
        return next((index for index, row in self.rows() if row.key == key), None)

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Every row held, with its index."""
        for page, rows in self._pages.items():
            yield from enumerate(rows, page * self.page_size)


class Rows:
    """The rows of a table as far as they are known: pages, their total, and old rows to show.

    While the total is not exact, a full page means that there may be more and a short page is
    the end.
    """

    def __init__(self, page_size: int, max_pages: int) -> None:
        self.pages = PageStore(page_size, max_pages)
        self.stale: PageStore | None = None
        self.known = 0
        self.exact = False
        self.reading = False
        self.generation = 0

    def reset(self, total: int | None, *, exact: bool, keep: bool) -> None:
        """Other rows from now on; with `keep` the old ones can still be had from `stale_row`."""
        self.generation += 1
        self.stale = self.pages if keep and len(self.pages) else None
        self.pages = PageStore(self.pages.page_size, self.pages.max_pages)
        if total is not None or self.stale is None:
            self.known = total or 0
        self.exact = exact and total is not None
        self.reading = not (self.exact and total == 0)

    def set_page(self, index: int, rows: Sequence[Row]) -> None:
        size = self.pages.page_size
        rows = rows[:size]
        if self.stale is not None and not self.exact:
            self.known = 0  # was the number of the old rows
        self.stale, self.reading = None, False
        end = index * size + len(rows)
        if not self.exact:
            if len(rows) == size:
                self.known = max(self.known, end)
            elif rows or index == 0 or index - 1 in self.pages:
                self.known, self.exact = end, True
            else:  # an empty page after one never seen: the end lies somewhere before
                self.known = min(self.known, end)
        self.pages.put(index, rows)

    def set_total(self, total: int, exact: bool) -> None:
        self.known = max(0, total)
        self.exact = exact
        if exact:
            self.pages.drop_from(self.known)
            self.reading = self.reading and total > 0

    def row(self, index: int) -> Row | None:
        """A current row, or None while it is not here."""
        return None if self.stale is not None else self.pages.row(index)

    def stale_row(self, index: int) -> Row | None:
        """A row from before the last reset, until the first new page comes."""
        return None if self.stale is None else self.stale.row(index)

    def request(self, first: int, last: int, margin: int) -> list[int]:
        """Pages to fetch now, so that rows first … last can be shown, most urgent first.

        The next page is fetched ahead, and the one before when it is within `margin` rows.
        """
        size = self.pages.page_size
        end = (self.known - 1) // size if self.exact else self.known // size
        visible = range(first // size, last // size + 1)
        behind = max(0, first - margin) // size
        return self.pages.want(p for p in (*visible, visible.stop, behind) if 0 <= p <= end)
