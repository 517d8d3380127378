"""Logs that are lines of text, named so that the user knows they were recognised and not read."""

from __future__ import annotations

import re

_KNOWN = (
    (r"\d+ \d{12} eni-\w+ |version account-id interface-id", "a VPC flow log"),
    (r"[0-9a-f]{64} \S+ \[\d\d/\w{3}/\d{4}:", "an S3 access log"),
    (
        r"(?:https?|h2|grpcs|wss?|tls) (?:\S+ )?\d{4}-\d\d-\d\dT\S+ (?:app|net)/",
        "an ELB access log",
    ),
    (r"\d{4}-\d\d-\d\dT\S+Z \S+ [\d.]+:\d+ [\d.:-]+ [\d.-]+ [\d.-]+ ", "an ELB access log"),
    (r"#Version: 1\.0\s*\n#Fields: .*x-edge", "a CloudFront access log"),
    (r"#Version: ", "an access log in W3C form"),
    (r"\S+ \S+ \S+ \[\d\d/\w{3}/\d{4}:[\d: +-]+\] \"", "a web server's access log"),
    (r"(?:<\d+>)?\w{3} [ \d]\d \d\d:\d\d:\d\d \S+ ", "a syslog file"),
)
_PATTERNS = tuple((re.compile(pattern), what) for pattern, what in _KNOWN)


def text_log(text: str) -> str:
    """A sentence for a log of a known kind; empty for any other text. `text` starts at the
    first line that is not blank."""
    for pattern, what in _PATTERNS:
        if pattern.match(text):
            return f"{what}, not CloudTrail: it says who connected, not who pushed"
    return ""
