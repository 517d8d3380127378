"""A trail as it is delivered, as a table of Athena: nothing is converted or copied.

The table is the one of AWS's guide, with account, region and day as projected partitions, so that
one table serves an organisation's trail:
https://docs.aws.amazon.com/athena/latest/ug/create-cloudtrail-table-partition-projection.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
"""

from __future__ import annotations

import re

from queries.athena.place import Projection, location, organization
from queries.athena.tables import partitioned, properties
from queries.athena.trail_view import events_of_trail

TABLE = "trail"
DATE_FORMAT = "yyyy/MM/dd"
"""As the days stand in the keys of a trail's files."""

_FOLDER = re.compile(r"AWSLogs/(?:(o-[^/]*)/)?$")

_IDENTITY = """struct<
    type: string,
    principalid: string,
    arn: string,
    accountid: string,
    invokedby: string,
    accesskeyid: string,
    username: string,
    identityprovider: string,
    onbehalfof: struct<userid: string, identitystorearn: string>,
    sessioncontext: struct<
      attributes: struct<mfaauthenticated: string, creationdate: string>,
      sessionissuer: struct<
        type: string, principalid: string, arn: string, accountid: string, username: string>,
      ec2roledelivery: string,
      sourceidentity: string,
      webidfederationdata: struct<
        federatedprovider: string, attributes: map<string, string>>>>"""

COLUMNS: tuple[tuple[str, str], ...] = (
    ("eventversion", "string"),
    ("useridentity", _IDENTITY),
    ("eventtime", "string"),
    ("eventsource", "string"),
    ("eventname", "string"),
    ("awsregion", "string"),
    ("sourceipaddress", "string"),
    ("useragent", "string"),
    ("errorcode", "string"),
    ("errormessage", "string"),
    ("requestparameters", "string"),
    ("responseelements", "string"),
    ("additionaleventdata", "string"),
    ("requestid", "string"),
    ("eventid", "string"),
    ("readonly", "string"),
    ("resources", "array<struct<arn: string, accountid: string, type: string>>"),
    ("eventtype", "string"),
    ("apiversion", "string"),
    ("recipientaccountid", "string"),
    ("serviceeventdetails", "string"),
    ("sharedeventid", "string"),
    ("vpcendpointid", "string"),
    ("vpcendpointaccountid", "string"),
    ("eventcategory", "string"),
    (
        "addendum",
        "struct<reason: string, updatedfields: string, originalrequestid: string,"
        " originaleventid: string>",
    ),
    ("sessioncredentialfromconsole", "string"),
    ("edgedevicedetails", "string"),
    (
        "tlsdetails",
        "struct<tlsversion: string, ciphersuite: string, clientprovidedhostheader: string>",
    ),
)
"""Fields of a record, in small letters, as the reader of JSON matches them. Two are not in AWS's
guide, but in records: `identityprovider` and `sourceidentity`. A member that is an object and is
declared as text is read as its JSON."""


def trail_tables(
    database: str, address: str, projection: Projection, organization_id: str | None = None
) -> list[str]:
    """The statements for a trail, in the order in which they are to be run: the table `trail` and
    the view `events` of it.

    `address` is where the trail delivers, with or without the folder `AWSLogs`, and with or without
    the organisation's folder in it. Raises `WrongUsage`.
    """
    place = _folder(address, organization_id)
    template = f"{place}${{account}}/CloudTrail/${{region}}/${{date}}/"
    declared = ",\n".join(f"  `{name}` {kind}" for name, kind in COLUMNS)
    table = [
        f"CREATE EXTERNAL TABLE IF NOT EXISTS `{database}`.`{TABLE}` (",
        declared,
        ")",
        partitioned(),
        "ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'",
        "STORED AS INPUTFORMAT 'com.amazon.emr.cloudtrail.CloudTrailInputFormat'",
        "OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'",
        f"LOCATION '{place}'",
        properties(projection.properties(DATE_FORMAT, template)),
    ]
    return [
        f"CREATE DATABASE IF NOT EXISTS `{database}`",
        "\n".join(table),
        f'CREATE OR REPLACE VIEW "{database}"."events" AS\n'
        + events_of_trail(f'"{database}"."{TABLE}"'),
    ]


def _folder(address: str, organization_id: str | None) -> str:
    """The folder in which the accounts are."""
    place = location(address)
    found = _FOLDER.search(place)
    if found is None:
        place += "AWSLogs/"
    elif found[1]:
        organization(found[1])
        return place
    return f"{place}{organization(organization_id)}/" if organization_id else place
