"""The tables of an index, and its version."""

from __future__ import annotations

import duckdb

from queries.index.columns import COLUMNS
from queries.index.identifiers import IDENTIFIERS, declaration
from queries.index.unjoined import JOINED, restore_as_read

INDEX_VERSION = 30
"""Raised whenever a table changes meaning; an index of another version is built anew."""

_EVENT_COLUMNS = ", ".join(
    declaration(column.name) if column.name in IDENTIFIERS else f"{column.name} {column.type}"
    for column in COLUMNS
)
_EVENTS = f"""
  event_key BIGINT, file_id INTEGER, position BIGINT, {_EVENT_COLUMNS},
  repository VARCHAR, copies INTEGER, merged_into BIGINT, odd BOOLEAN
"""

_TABLES = f"""
CREATE TABLE events ({_EVENTS});
CREATE TABLE set_aside ({_EVENTS});
CREATE TABLE unjoined AS SELECT event_key, {", ".join(JOINED)} FROM events;
CREATE TABLE contradicted (event_id_uuid UUID, event_id_text VARCHAR);
CREATE TABLE minutes (
  account VARCHAR, region VARCHAR, minute TIMESTAMP, events BIGINT, first_event TIMESTAMP,
  last_event TIMESTAMP
);
CREATE TABLE actors (
  identity_arn VARCHAR, principal VARCHAR, access_key_id VARCHAR, source_ip_address VARCHAR,
  aws_region VARCHAR, recipient_account_id VARCHAR, account_id VARCHAR, merged BOOLEAN,
  identity_type VARCHAR, issuer_arn VARCHAR, principal_id VARCHAR, user_name VARCHAR,
  source_identity VARCHAR, identity_provider VARCHAR, session_created TIMESTAMP,
  with_mfa BIGINT, without_mfa BIGINT, events BIGINT, writes BIGINT, failures BIGINT,
  image_puts BIGINT, first_seen TIMESTAMP, last_seen TIMESTAMP
);
CREATE TABLE called (
  identity_arn VARCHAR, principal VARCHAR, access_key_id VARCHAR, identity_type VARCHAR,
  issuer_arn VARCHAR, user_agent VARCHAR, event_source VARCHAR, event_name VARCHAR,
  plain_name VARCHAR, error_code VARCHAR, outcome VARCHAR, is_write BOOLEAN,
  registry_action VARCHAR, mfa BOOLEAN, merged BOOLEAN, events BIGINT, first_seen TIMESTAMP,
  last_seen TIMESTAMP, first_second BIGINT, last_second BIGINT
);
CREATE TABLE hours (
  identity_arn VARCHAR, principal VARCHAR, access_key_id VARCHAR, identity_type VARCHAR,
  issuer_arn VARCHAR, recipient_account_id VARCHAR, is_write BOOLEAN, layer BOOLEAN,
  hour_second BIGINT, events BIGINT, failures BIGINT
);
CREATE TABLE registry_events (
  event_key BIGINT, event_time TIMESTAMP, provider VARCHAR, event_source VARCHAR,
  event_name VARCHAR, registry_action VARCHAR, repository VARCHAR, registry_id VARCHAR,
  aws_region VARCHAR, repository_name VARCHAR,
  image_tag VARCHAR, image_digest VARCHAR, layer_digest VARCHAR, principal VARCHAR,
  identity_arn VARCHAR, access_key_id VARCHAR, source_ip_address VARCHAR, user_agent VARCHAR,
  is_write BOOLEAN, outcome VARCHAR, error_code VARCHAR
);
CREATE TABLE copies (event_key BIGINT, file_id INTEGER, position BIGINT, copy_of BIGINT);
CREATE TABLE files (
  file_id INTEGER, name VARCHAR, path VARCHAR, member VARCHAR, size BIGINT,
  modified TIMESTAMP, sha256 VARCHAR,
  compression VARCHAR, format VARCHAR, status VARCHAR, lane VARCHAR, records BIGINT,
  events BIGINT, copies BIGINT, first_event TIMESTAMP, last_event TIMESTAMP, notes VARCHAR[],
  delivered TIMESTAMP, late BOOLEAN
);
CREATE TABLE meta (key VARCHAR, value VARCHAR);
CREATE TABLE listed (identity HUGEINT, failed BOOLEAN, name_hash UBIGINT);
CREATE TABLE contents (file_id INTEGER, sha256 BLOB);
CREATE TABLE digests (
  file_id INTEGER, name VARCHAR, account VARCHAR, region VARCHAR, starts VARCHAR, ends VARCHAR,
  previous VARCHAR, previous_hash VARCHAR
);
CREATE TABLE digest_entries (file_id INTEGER, log_file VARCHAR, hash VARCHAR);
CREATE TABLE sessions (
  access_key_id VARCHAR, arn VARCHAR, issued_by_event BIGINT, issued_at TIMESTAMP,
  issued_region VARCHAR, parent_access_key_id VARCHAR, parent_principal VARCHAR,
  event_name VARCHAR, source_identity VARCHAR, subject VARCHAR, identity_provider VARCHAR,
  origin VARCHAR, origin_access_key_id VARCHAR, depth INTEGER, chain VARCHAR, chain_keys VARCHAR,
  path VARCHAR
);
CREATE TABLE session_ancestors (access_key_id VARCHAR, ancestor VARCHAR);
CREATE TABLE created (
  event_key BIGINT, event_time TIMESTAMP, event_name VARCHAR, kind VARCHAR, name VARCHAR,
  arn VARCHAR, created_key VARCHAR, account_id VARCHAR, outcome VARCHAR, error_code VARCHAR,
  principal VARCHAR, origin VARCHAR, access_key_id VARCHAR
);
CREATE TABLE callers (
  event_key BIGINT, caller_event BIGINT, caller VARCHAR, caller_name VARCHAR,
  caller_time TIMESTAMP, caller_how VARCHAR, caller_count INTEGER
);
CREATE TABLE more_images (event_key BIGINT, image_tag VARCHAR, image_digest VARCHAR);
CREATE TABLE pushes (
  push_key BIGINT, event_key BIGINT, file_id INTEGER, position BIGINT, event_time TIMESTAMP,
  repository VARCHAR, registry_id VARCHAR, aws_region VARCHAR, repository_name VARCHAR,
  image_tags VARCHAR, image_digest VARCHAR, principal VARCHAR, access_key_id VARCHAR,
  origin VARCHAR, account_id VARCHAR, source_ip_address VARCHAR, user_agent VARCHAR,
  via VARCHAR, outcome VARCHAR, error_code VARCHAR, error_message VARCHAR,
  kind VARCHAR, effect VARCHAR, made_by VARCHAR, cross_account BOOLEAN, media_type VARCHAR,
  image_bytes BIGINT, layer_count INTEGER, platforms VARCHAR, attestations INTEGER,
  attachments INTEGER, records INTEGER, previous_digest VARCHAR, previous_push BIGINT,
  previous_principal VARCHAR, previous_time TIMESTAMP, lifetime INTEGER, order_unprovable BOOLEAN,
  login_event BIGINT, login_time TIMESTAMP, login_ip VARCHAR, login_agent VARCHAR,
  login_exact BOOLEAN, triggered_by VARCHAR, created_repository BOOLEAN,
  login_match VARCHAR, login_count INTEGER, login_ips VARCHAR, tag_digest VARCHAR
);
CREATE TABLE push_records (push_key BIGINT, event_key BIGINT, part VARCHAR, image_digest VARCHAR);
CREATE TABLE push_layers (
  push_key BIGINT, manifest_digest VARCHAR, layer_no INTEGER, layer_digest VARCHAR,
  bytes BIGINT, media_type VARCHAR
);
CREATE TABLE push_manifests (
  push_key BIGINT, manifest_digest VARCHAR, platform VARCHAR, media_type VARCHAR,
  config_digest VARCHAR, config_bytes BIGINT, layer_count INTEGER, image_bytes BIGINT,
  recorded BOOLEAN
);
CREATE TABLE repository_counts (
  repository VARCHAR, images_deleted BIGINT, deletes_failed BIGINT, images_deleted_by_policy BIGINT,
  lifetimes BIGINT
);
CREATE TABLE tag_spans (
  repository VARCHAR, tag VARCHAR, image_digest VARCHAR, push_key BIGINT, since TIMESTAMP,
  until TIMESTAMP, ended_by BIGINT, ended_how VARCHAR
);
CREATE TABLE deployments (
  deployment_no BIGINT, event_key BIGINT, event_time TIMESTAMP, platform VARCHAR,
  event_name VARCHAR, act VARCHAR, deployed VARCHAR, definition VARCHAR, definition_event BIGINT,
  container VARCHAR, image VARCHAR, registry VARCHAR, registry_id VARCHAR, aws_region VARCHAR,
  repository VARCHAR, repository_name VARCHAR, image_tag VARCHAR, image_digest VARCHAR,
  matched VARCHAR, resolved_digest VARCHAR, push_key BIGINT, upstream VARCHAR, until TIMESTAMP,
  ended_by BIGINT, ended_how VARCHAR, lasting BOOLEAN, outcome VARCHAR, error_code VARCHAR,
  principal VARCHAR, access_key_id VARCHAR, origin VARCHAR, account_id VARCHAR,
  event_region VARCHAR
);
CREATE TABLE deployment_links (event_key BIGINT, link VARCHAR);
CREATE TABLE pulls (
  event_key BIGINT, event_time TIMESTAMP, repository VARCHAR, image_tag VARCHAR,
  image_digest VARCHAR, resolved_digest VARCHAR, push_key BIGINT, workload VARCHAR,
  principal VARCHAR, identity_arn VARCHAR, access_key_id VARCHAR, origin VARCHAR,
  account_id VARCHAR, cross_account BOOLEAN, source_ip_address VARCHAR, user_agent VARCHAR,
  outcome VARCHAR, error_code VARCHAR
);
CREATE TABLE scans (
  event_key BIGINT, event_time TIMESTAMP, event_name VARCHAR, repository VARCHAR,
  image_tag VARCHAR, image_digest VARCHAR, status VARCHAR, scan_kind VARCHAR, critical INTEGER,
  high INTEGER, medium INTEGER, low INTEGER, informational INTEGER, untriaged INTEGER,
  undefined INTEGER, worst VARCHAR, reader VARCHAR, push_key BIGINT
);
"""  # noqa: S608


READ_TABLES = frozenset(
    {"events", "copies", "files", "meta", "listed", "contents"}
    | {"digests", "digest_entries"}
    | {"set_aside", "unjoined", "contradicted"}
    | {"mark_entries", "marks", "mark_records"}
)
"""What reading and merging fill, and what somebody has marked; all other tables are made from
these (`queries.index.derived`)."""


OF_BUILDING = frozenset(
    {"set_aside", "unjoined", "contradicted", "minutes", "repository_counts", "deployment_links"}
    | {"contents", "digest_entries"}
)
"""What only making and growing an index reads: no question does."""


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the empty tables of an index."""
    connection.execute(_TABLES)


def clear_derived(connection: duckdb.DuckDBPyConnection) -> None:
    """Empty what is made from the events, so that it can be made anew."""
    names = [row[0] for row in connection.execute("SHOW TABLES").fetchall()]
    for name in names:
        if name not in READ_TABLES:
            connection.execute(f"TRUNCATE {name}")
    restore_as_read(connection)
