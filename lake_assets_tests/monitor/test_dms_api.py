"""Proves `monitor.dms_api`: what DMS's API answers, and that a refusal is told and stops nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from lake_assets.catalog.models import FileOptions
from lake_assets.monitor.dms_api import TableCount, ask_dms, dialect_faults

ARN = "arn:aws:dms:eu-west-1:1:task:A"
TARGET = "arn:aws:dms:eu-west-1:1:endpoint:T"
BEGAN = datetime(2018, 9, 1, tzinfo=UTC)

TASK = {
    "ReplicationTaskArn": ARN,
    "ReplicationTaskIdentifier": "shop-cdc",
    "Status": "failed",
    "LastFailureMessage": "Last Error  no space\nleft",
    "TargetEndpointArn": TARGET,
    "ReplicationTaskStats": {"StartDate": BEGAN},
}


@pytest.fixture
def client() -> Any:
    """Give a DMS client that reaches nobody."""
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "s"}
    return boto3.client("dms", region_name="eu-west-1", **keys)  # type: ignore[call-overload]


@pytest.fixture
def stubber(client: Any) -> Iterator[Stubber]:
    """Answer for DMS; each answer is given once, and all must be asked for."""
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def table(name: str, state: str = "Table completed") -> dict[str, Any]:
    """Give an entry of DMS's table statistics."""
    return {
        "SchemaName": "shop",
        "TableName": name,
        "TableState": state,
        "Inserts": 3,
        "Updates": 1,
        "Deletes": 1,
        "Ddls": 7,
    }


def test_tasks_tables_and_endpoints_are_asked_for(client: Any, stubber: Stubber) -> None:
    """The report has each task with its reason, each table with its changes, and the endpoint."""
    asked = {"Filters": [{"Name": "replication-task-arn", "Values": [ARN]}], "WithoutSettings": True}
    stubber.add_response("describe_replication_tasks", {"ReplicationTasks": [TASK]}, asked)
    page = {"ReplicationTaskArn": ARN, "MaxRecords": 500}
    stubber.add_response(
        "describe_table_statistics", {"TableStatistics": [table("orders")], "Marker": "m"}, page
    )
    stubber.add_response(
        "describe_table_statistics",
        {"TableStatistics": [table("items", "Table error")]},
        page | {"Marker": "m"},
    )
    endpoint = {"EndpointIdentifier": "to-lake", "S3Settings": {"CsvDelimiter": ";"}}
    stubber.add_response(
        "describe_endpoints",
        {"Endpoints": [endpoint]},
        {"Filters": [{"Name": "endpoint-arn", "Values": [TARGET]}]},
    )

    report = ask_dms(client, [ARN])

    (task,) = report.tasks
    assert (task.name, task.runs, task.why, task.started) == (
        "shop-cdc",
        False,
        "Last Error no space left",
        BEGAN,
    )
    assert [(count.table, count.changes, count.in_order) for count in report.counts] == [
        ("orders", 5, True),
        ("items", 5, False),
    ]
    assert report.endpoints == {"to-lake": {"CsvDelimiter": ";"}}
    assert report.troubles == ()


def test_a_refusal_is_told(client: Any, stubber: Stubber) -> None:
    """Where a right is lacking the report says which, and what may be asked is asked."""
    stubber.add_response("describe_replication_tasks", {"ReplicationTasks": [TASK]})
    stubber.add_client_error("describe_table_statistics", "AccessDeniedException", "not authorized")
    stubber.add_client_error("describe_endpoints", "AccessDeniedException", "not authorized")

    report = ask_dms(client, [ARN])

    assert [task.name for task in report.tasks] == ["shop-cdc"]
    assert [trouble.partition(":")[0] for trouble in report.troubles] == [
        "describe_table_statistics of shop-cdc",
        "describe_endpoints",
    ]
    assert all("AccessDeniedException" in trouble for trouble in report.troubles)


@pytest.mark.parametrize(
    ("state", "in_order"),
    [
        ("Before load", True),
        ("Full load", True),
        ("Table is being reloaded", True),
        ("Table cancelled", False),
        ("Table does not exist", False),
    ],
)
def test_a_table_that_dms_loads_is_in_order(state: str, *, in_order: bool) -> None:
    """A table is in order while DMS replicates it or is about to, and in no other state."""
    assert TableCount(ARN, "shop", "orders", state, 0).in_order is in_order


@pytest.mark.parametrize(
    ("settings", "files", "said"),
    [
        ({}, FileOptions(), []),
        ({"CsvDelimiter": ";"}, FileOptions(), ["CsvDelimiter"]),
        ({"CsvDelimiter": "\\t"}, FileOptions(delimiter="\t"), []),
        ({"Rfc4180": False}, FileOptions(), ["Rfc4180"]),
        ({"Rfc4180": False}, FileOptions(quoting="none"), []),
        ({"CsvNullValue": "NULL"}, FileOptions(), ["CsvNullValue"]),
        ({"DataFormat": "parquet", "CsvDelimiter": ";"}, FileOptions(), []),
    ],
)
def test_an_endpoint_that_writes_otherwise_is_found(
    settings: dict[str, Any], files: FileOptions, said: list[str]
) -> None:
    """The endpoint's settings are compared with what the catalog says of the files."""
    assert [fault.split()[0] for fault in dialect_faults(settings, files)] == said
