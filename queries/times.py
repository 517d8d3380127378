"""Times as logs write them, to one form."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_time(value: object) -> str | None:
    """ISO text, epoch seconds or epoch milliseconds to `YYYY-MM-DDTHH:MM:SSZ`; no zone is UTC."""
    moment: datetime
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if value > 1e11 else value
            moment = datetime.fromtimestamp(seconds, UTC)
        else:
            text = str(value).strip()
            if text.replace(".", "", 1).isdigit():
                return utc_time(float(text))
            moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return f"{moment.replace(tzinfo=None).isoformat()}Z"
