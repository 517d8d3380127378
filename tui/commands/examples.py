"""Examples of every command, for --help and the manual. A test runs them through the parser."""

from __future__ import annotations

EXAMPLES: dict[str, tuple[str, ...]] = {
    "findings": ("findings ./AWSLogs", "findings ./AWSLogs --severity high --format json"),
    "repositories": ("repositories ./AWSLogs --since 7d",),
    "pushes": ("pushes ./AWSLogs --repository team/api --format csv -o pushes.csv",),
    "push": ("push ./AWSLogs --digest sha256:22286464f0",),
    "deployments": ("deployments ./AWSLogs --repository team/api",),
    "pulls": (
        "pulls ./AWSLogs --by image --since 2026-03-08",
        "pulls ./AWSLogs --by pull --repository team/api --format csv",
    ),
    "scans": ("scans ./AWSLogs --format jsonl",),
    "compare": ("compare ./AWSLogs --tag prod --repository team/api",),
    "tags": ("tags ./AWSLogs --repository team/api --history",),
    "layer": ("layer ./AWSLogs --layer sha256:0c98d8223ab3",),
    "principal": ("principal ./AWSLogs", "principal ./AWSLogs --principal arn:aws:iam::1:user/eve"),
    "chain": ("chain ./AWSLogs --principal arn:aws:iam::1:user/eve",),
    "touched": ("touched ./AWSLogs --principal AKIAEXAMPLE --format csv",),
    "created": ("created ./AWSLogs --principal arn:aws:iam::1:role/ci",),
    "neighbours": ("neighbours ./AWSLogs --principal arn:aws:iam::1:user/eve",),
    "versus": ("versus ./AWSLogs --principal arn:aws:iam::1:user/a --other arn:aws:iam::1:user/b",),
    "activity": (
        "activity ./AWSLogs --key ASIAEXAMPLE",
        "activity ./AWSLogs --act delete --since 2h",
        "activity ./AWSLogs --value 203.0.113.7 --writes",
        "activity ./AWSLogs --origin arn:aws:iam::1:user/eve --repository 1/us-east-1/team/api",
    ),
    "keys": ("keys ./AWSLogs --principal arn:aws:iam::1:role/ci",),
    "addresses": ("addresses ./AWSLogs --since 36h",),
    "resources": ("resources ./AWSLogs --format csv",),
    "images": ("images ./AWSLogs --repository 111122223333/us-east-1/team/api",),
    "layers": ("layers ./AWSLogs --limit 20",),
    "search": (
        "search 'kill chain' ./AWSLogs",
        r"search --regex 'role/Org\w+' ./AWSLogs --format jsonl",
    ),
    "sql": (
        "sql 'SELECT event_name, count(*) FROM events GROUP BY ALL' ./AWSLogs",
        "sql 'DESCRIBE pushes' ./AWSLogs",
    ),
    "event": ("event ./AWSLogs --event-id 09ebcf94-9098-4a9d-9585-d1afde64c383",),
    "marks": ("marks --case incident.case", "marks --case incident.case --add 09ebcf94 --tag key"),
    "report": ("report --case incident.case --format html -o report.html",),
    "export": (
        "export --case incident.case --as timesketch-csv -o marked.csv",
        "export ./AWSLogs --what findings --as stix -o hits.json",
    ),
    "convert": (
        "convert ./AWSLogs ./parquet",
        "convert s3a://bucket/AWSLogs ./parquet --engine spark --spark sc://spark.example.com:15002"
        " --account all --since 2026-03-01 --until 2026-03-10",
    ),
    "athena-ddl": (
        "athena-ddl converted s3://bucket/converted/ --since 2026-01-01 --region eu-west-1",
        "athena-ddl trail s3://bucket/ --organization o-abcde12345 --since 2026-01-01 -o ddl.sql",
    ),
    "contain": ("contain --case incident.case",),
    "evidence": ("evidence ./AWSLogs --format json",),
    "rules": ("rules", "rules --rule tag-moved --sql"),
    "config": (
        "config > config.toml",
        "config --check config.toml",
        "config --show",
        "config --keys",
    ),
    "s3-policy": ("s3-policy my-trail-bucket --prefix AWSLogs/",),
    "completion": ('eval "$(ecr-investigate completion bash)"', "completion fish"),
    "manual": ("manual | man -l -",),
}


def epilog(command: str, program: str) -> str:
    """What --help says below the options."""
    found = EXAMPLES.get(command, ())
    lines = [line if program in line else f"{program} {line}" for line in found]
    return "examples:\n" + "\n".join(f"  {line}" for line in lines) if lines else ""
