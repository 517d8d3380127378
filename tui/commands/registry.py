"""The subcommands: each screen's question answered in text, with the same SQL behind it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from queries.errors import WrongUsage
from tui.commands import (
    athena,
    behind,
    config,
    convert,
    entries,
    findings,
    image,
    search,
    shell,
    sql,
    where,
)
from tui.commands.answers import (
    activity,
    event,
    evidence,
    principal,
    push,
    pushes,
    repositories,
    s3_policy,
)
from tui.commands.engine import add_extent_options
from tui.commands.examples import epilog
from tui.commands.export import export, export_options
from tui.commands.handover import contain, contain_options, report, report_options
from tui.commands.marks import marks, marks_options
from tui.commands.opening import note, opened
from tui.commands.options import (
    activity_options,
    event_options,
    evidence_options,
    list_options,
    policy_options,
    principal_options,
    push_options,
)

if TYPE_CHECKING:
    from queries.case import Case


@dataclass(frozen=True, slots=True)
class Command:
    """One subcommand: its line in --help, its own options and what it runs."""

    help: str
    describe: str
    options: Callable[[argparse.ArgumentParser], None]
    answer: Callable[[Case, argparse.Namespace], int]
    alone: Callable[[argparse.Namespace], int] | None = None
    """For a command that needs no evidence: what it runs instead of `answer`."""
    word: str = ""
    """What comes before the paths, such as the text that is searched for."""
    last_word: str = ""
    """What comes after the paths, such as the folder that is written."""
    elsewhere: Callable[[argparse.Namespace], tuple[int, bool] | None] | None = None
    """For a command that an engine may run without any evidence here: its exit code and whether the
    evidence is complete, or None where the evidence has to be opened."""

    def run(self, options: argparse.Namespace) -> int:
        if self.alone is not None:
            return self.alone(options)
        options.paths = [*getattr(options, "paths", [])]
        if self.word:
            if not options.paths:
                raise WrongUsage(f"{options.command}: {self.word.upper()} is missing")
            setattr(options, self.word, options.paths.pop(0))
        if self.last_word:
            if not options.paths:
                raise WrongUsage(f"{options.command}: {self.last_word.upper()} is missing")
            setattr(options, self.last_word, options.paths.pop())
        if self.elsewhere is not None and (said := self.elsewhere(options)) is not None:
            code, complete = said
        else:
            with opened(options) as case:
                code = self.answer(case, options)
                complete = case.totals["evidence_complete"]
        if code == 0 and options.strict and not complete:
            note("evidence incomplete: some files were damaged, unreadable or not read")
            return 1
        return code


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Register every subcommand with its options."""
    from tui.commands.parsing import add_common

    children = parser.add_subparsers(dest="command", required=True)
    for name, command in COMMANDS.items():
        child = children.add_parser(
            name,
            help=command.help,
            description=command.describe,
            epilog=epilog(name, "ecr-investigate"),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if command.alone is None:
            before = f"{command.word.upper()} " if command.word else ""
            after = f" {command.last_word.upper()}" if command.last_word else ""
            child.add_argument(
                "paths",
                nargs="*",
                metavar=f"{before}PATH{after}",
                help=f"{before}and files, folders or s3:// (gs://, az://) paths; '-' is stdin"
                if before
                else "files, folders or s3:// (gs://, az://) paths; '-' is stdin",
            )
            add_common(child)
        command.options(child)
        if command.alone is None and "--since" not in child.format_usage():
            add_extent_options(child)
            child.set_defaults(extent_only=True)


def _no_evidence(case: Case, options: argparse.Namespace) -> int:
    raise NotImplementedError("this command reads no evidence")


COMMANDS: dict[str, Command] = {
    "findings": Command(
        "what the rules find: severity, who, when, why; told as stories",
        "Findings of one origin that lie close together are one story, the worst first. 'rules'\n"
        "lists the rules, docs/findings.md explains them.",
        findings.findings_options,
        findings.findings,
    ),
    "repositories": Command(
        "every repository: pushes, attempts, pulls, who pushed last",
        "One row for each repository that a registry event names.",
        list_options,
        repositories,
    ),
    "pushes": Command(
        "every push and attempt: when, what, by whom, from where",
        "One row for each push (an index with its platforms is one) and each failed attempt.",
        list_options,
        pushes,
    ),
    "push": Command(
        "everything known about one push: layers, records, pulls, deployments, chain",
        "Choose pushes by --event-id, --digest, --tag, --repository and time.",
        push_options,
        push,
    ),
    "deployments": Command(
        "what platforms were told to run, and which push each image came from",
        "One row for each image of each call (ECS, Lambda, SageMaker, Batch and others;\n"
        "nodes by their pulls). 'matched' says how the image was found.",
        where.options_of_lists,
        where.deployments,
    ),
    "pulls": Command(
        "who pulled images, as what kind of workload, in which bursts",
        "One row for each puller of a repository; with --by image, for each tag and digest; with\n"
        "--by pull, for each pull. An image that a call asked for is one pull.",
        where.pull_options,
        where.pulls,
    ),
    "scans": Command(
        "what scans found in each image, and who pushed it",
        "One row for each image with a scan result, the worst first: the newest result known.",
        where.options_of_lists,
        where.scans,
    ),
    "compare": Command(
        "what changed in an image, layer by layer, and what that looks like",
        "Compares pushes with the image that their tag named before, or with the one of\n"
        "--with-digest or --with-event-id.",
        image.compare_options,
        image.compare,
    ),
    "tags": Command(
        "every tag: how often it was moved, by how many, and what it names now",
        "One row for each tag; with --tag or --history, for each image that a tag named.",
        image.tags_options,
        image.tags,
    ),
    "layer": Command(
        "where a layer was first seen, and where it went",
        "One row for each push whose image has the layer, and each upload, check and download.",
        image.layer_options,
        image.layer,
    ),
    "principal": Command(
        "who acted (a list), or with --principal everything known about one",
        "Without --principal: one row for each role, user and service. With it: sessions and\n"
        "their chains, addresses, clients, services, errors and pushes of that principal and of\n"
        "all sessions that started from it.",
        principal_options,
        principal,
    ),
    "chain": Command(
        "the sessions around somebody as a tree: origin, and all that was minted from it",
        "One row for each session, used or not, in the order of the tree (path), with counts.",
        behind.who_options,
        behind.chain,
    ),
    "touched": Command(
        "every resource somebody and their sessions touched, writes first",
        "One row for each service and resource; also what the keys, users and roles touched\n"
        "that they created ('through').",
        behind.who_options,
        behind.touched,
    ),
    "created": Command(
        "keys, users, roles and other ways in that were created, and what they did since",
        "One row for each call that made or opened something, or tried to.",
        behind.created_options,
        behind.created,
    ),
    "neighbours": Command(
        "who else acted from the same addresses",
        "One row for each address of --principal and each other principal there.",
        behind.who_options,
        behind.neighbours,
    ),
    "versus": Command(
        "two principals side by side: what both used, and what only one did",
        "One row for each call, service, address, client, region, account, repository and error.",
        behind.versus_options,
        behind.versus,
    ),
    "activity": Command(
        "events of a principal, origin, key, address, repository or value",
        "Events in time order. Without a scope option: all events.",
        activity_options,
        activity,
    ),
    "keys": Command(
        "every access key: who used it, from where, who issued it",
        "One row for each access key, of a user or of one session; issued and unused ones, too.",
        entries.who_options,
        entries.keys,
    ),
    "addresses": Command(
        "every source address: how many acted from there, and how much",
        "One row for each source address, and for each name of a service in place of one.",
        entries.who_options,
        entries.addresses,
    ),
    "resources": Command(
        "everything that was acted on, by ARN or name",
        "One row for each resource and service; 'activity --value ARN' shows what was done to it.",
        entries.who_options,
        entries.resources,
    ),
    "images": Command(
        "every image digest: pushes, pulls, deployments",
        "One row for each digest that a registry event or a deployment names.",
        entries.image_options,
        entries.images,
    ),
    "layers": Command(
        "every layer: in how many images, first and last seen",
        "One row for each layer of an image pushed here, or uploaded.",
        entries.image_options,
        entries.layers,
    ),
    "search": Command(
        "free text in the records as delivered: search TEXT PATH...",
        "Reads the evidence itself, so it finds what stands anywhere in a record. Upper and lower\n"
        "case are alike unless --case-sensitive is given.",
        search.search_options,
        search.search,
        word="text",
    ),
    "sql": Command(
        "a statement of your own over the case, read-only: sql QUERY PATH...",
        "Runs one SELECT (or DESCRIBE, SHOW, SUMMARIZE) of DuckDB. It can read the tables of the\n"
        "case and nothing else: no file, no network, no other database. 'SHOW TABLES' lists them.",
        sql.sql_options,
        sql.sql,
        word="query",
    ),
    "event": Command(
        "one record, exactly as delivered",
        "Prints the raw record; the file and position go to standard error. --format json prints\n"
        "one object, or a list of them when several events stand under the id.",
        event_options,
        event,
    ),
    "marks": Command(
        "what is marked as evidence, with tags and comments; mark and unmark",
        "One row for each mark. --add, --remove and --undo change the marks first. Marks are kept\n"
        "in the case file, or for evidence opened without one in a file of their own.",
        marks_options,
        marks,
    ),
    "report": Command(
        "the whole investigation as Markdown, or as one HTML file that prints",
        "Scope, coverage and gaps, findings, what happened, marked evidence with raw records,\n"
        "what could be done, every file with its SHA-256, methods and versions. The same case and\n"
        "--at give the same text.",
        report_options,
        report,
    ),
    "export": Command(
        "events for Timesketch, as a STIX bundle, CSV, JSON lines or Parquet",
        "What is marked, what findings rest on (--what findings), or everything (--what events).\n"
        "Cells that a spreadsheet would run get an apostrophe in front, which is said.",
        export_options,
        export,
    ),
    "contain": Command(
        "what could be done now: keys, sessions, images, tags; text only, never run",
        "Suggestions from what is marked, or, where nothing is, from critical and high findings,\n"
        "each with its reason, the records behind it and commands to copy.",
        contain_options,
        contain,
    ),
    "convert": Command(
        "the events as Parquet for DuckDB, Spark, Trino, Athena: convert PATH... FOLDER",
        "Writes FOLDER/account=.../region=.../date=.../events.parquet. Again: only what is new.\n"
        "--engine spark has Spark's workers convert a trail (a folder or bucket with AWSLogs, as\n"
        "the server names it), within accounts and days, also where only they can write.\n"
        "docs/parquet.md has the columns, and how other engines read them.",
        convert.convert_options,
        convert.convert,
        last_word="folder",
        elsewhere=convert.by_spark,
    ),
    "athena-ddl": Command(
        "the statements that make converted events, or a trail as it is, tables in Athena",
        "Prints CREATE TABLE with partition projection, and views: of 'converted' the tables that\n"
        "--engine athena asks, of a 'trail' its records and the view 'events'. Runs nothing.\n"
        "docs/athena.md says what each statement rests on.",
        athena.ddl_options,
        _no_evidence,
        athena.ddl,
    ),
    "evidence": Command(
        "every file: what it was, what was read, what was damaged; and the totals",
        "--format json prints one object with 'files' and 'totals' (docs/headless.md).",
        evidence_options,
        evidence,
    ),
    "rules": Command(
        "every rule that looks for findings, and the numbers it goes by",
        "One row for each rule; --format json has all that its file says.",
        findings.rules_options,
        _no_evidence,
        findings.rules,
    ),
    "config": Command(
        "a commented configuration to start from; --show what is in force, --check FILE",
        "Prints the configuration with everything in it as comments. --show prints what is in\n"
        "force now, --keys every key of the interface; docs/configuration.md explains it all.",
        config.config_options,
        _no_evidence,
        config.config,
    ),
    "completion": Command(
        "a script that lets your shell complete commands and options",
        'For bash and zsh: eval "$(ecr-investigate completion bash)" in the file that the shell\n'
        "reads when it starts; for fish: as ~/.config/fish/completions/ecr-investigate.fish.",
        shell.completion_options,
        _no_evidence,
        shell.completion,
    ),
    "manual": Command(
        "the manual page, for man",
        "Prints it in roff; 'ecr-investigate manual | man -l -' shows it.",
        shell.manual_options,
        _no_evidence,
        shell.manual,
    ),
    "s3-policy": Command(
        "the IAM policy that reading a bucket of logs needs, and nothing more",
        "Prints a policy with s3:ListBucket, s3:GetObject and, with --kms-key, kms:Decrypt.",
        policy_options,
        _no_evidence,
        s3_policy,
    ),
}
