"""The table over the archive, and each query of docs/archive.md, on files that the archive function wrote.

Athena cannot be reached from here; DuckDB runs the same SQL over the view that the page has for it.
"""

import re
from datetime import date

import boto3
import duckdb
import orjson
import pytest
from moto import mock_aws

from switchyard.archive import Archive, partition_of
from switchyard.envelope import Envelope, Item

SQL = re.compile(r"^```sql\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def statements(root):
    """The SQL of the page, in order; the last is DuckDB's view."""
    return SQL.findall((root / "docs" / "archive.md").read_text())


@pytest.fixture(scope="module")
def queries(statements):
    """The questions."""
    return statements[:-1]


@pytest.fixture
def archive(root, tmp_path):
    """A folder with what the archive function writes of the sample events: those of an hour, one of them twice."""
    events = [orjson.loads(line) for line in (root / "events" / "archived.ndjson").read_bytes().splitlines()]
    envelopes = {
        str(number): Envelope(source, event["receivedAt"], "request", (Item.of(event),))
        for number, (source, event) in enumerate(
            [*(("web", each) for each in [*events, events[0]]), ("app", events[0])]
        )
    }
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        assert Archive(s3, "bucket").write(envelopes) == {}
        for key in [each["Key"] for each in s3.list_objects_v2(Bucket="bucket")["Contents"]]:
            file = tmp_path / key
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(s3.get_object(Bucket="bucket", Key=key)["Body"].read())
    return tmp_path


@pytest.fixture
def database(archive, statements, monkeypatch):
    """DuckDB with the page's view over the folder."""
    monkeypatch.chdir(archive)
    connection = duckdb.connect()
    connection.execute(statements[-1])
    return connection


@pytest.fixture(scope="module")
def table(of_type):
    """The table as Glue has it."""
    return of_type("Glue::Table")["ArchiveTable"]["TableInput"]


def rows(database, query):
    """Return the rows of a query as dictionaries."""
    result = database.sql(query)
    return [dict(zip(result.columns, row, strict=True)) for row in result.fetchall()]


def test_every_query_answers(database, queries):
    """Each query of the page finds something in the archive."""
    assert len(queries) == 5
    for query in queries:
        assert rows(database, query), query


def test_every_query_names_its_source(queries):
    """Athena refuses a query that leaves out an injected partition; each of the page's says its source."""
    assert all("source = 'web'" in query for query in queries)


def test_people_are_counted(database, queries, root):
    """The first query counts what there is: events by type and name, and the people behind them."""
    counted = {(row["type"], row["event"]): (row["events"], row["people"]) for row in rows(database, queries[0])}
    lines = (root / "events" / "archived.ndjson").read_bytes().splitlines()
    assert sum(events for events, _ in counted.values()) == len(lines) + 1
    assert counted["track", "Invoice Paid"] == (1, 1)
    assert counted["alias", None] == (2, 1)


def test_an_event_is_found_whole(database, queries):
    """The second query finds one event, its objects as JSON."""
    (row,) = rows(database, queries[1])
    assert orjson.loads(row["properties"]) == {"amount": 52.5, "currency": "EUR"}
    assert row["timestamp"] == "2026-01-15T10:00:07.000Z"


def test_a_property_is_summed(database, queries):
    """The third query reckons with a property."""
    assert rows(database, queries[2]) == [{"currency": "EUR", "amount": 52.5}]


def test_what_came_twice_is_found(database, queries):
    """The fourth query finds the event that was archived twice, not the one that another source sent as well."""
    (row,) = rows(database, queries[3])
    assert row["copies"] == 2


def test_the_view_is_the_table(database, table):
    """DuckDB's view has the columns and partition keys of Athena's table, in their order."""
    names = [each["Name"] for each in [*table["StorageDescriptor"]["Columns"], *table["PartitionKeys"]]]
    assert database.sql("SELECT * FROM events").columns == names


def test_columns_are_what_events_have(table, root):
    """Every field of the sample events is a column; Hive's names know no capitals."""
    events = [orjson.loads(line) for line in (root / "events" / "archived.ndjson").read_bytes().splitlines()]
    columns = {each["Name"] for each in table["StorageDescriptor"]["Columns"]}
    assert {name.lower() for event in events for name in event} <= columns
    assert all(name == name.lower() for name in columns)


def test_partitions_are_projected_to_where_the_archive_writes(table):
    """The places that Athena reckons are those that the archive function writes to."""
    parameters = table["Parameters"]
    template = parameters["storage.location.template"].removeprefix("!Sub s3://${ArchiveBucket}/")
    written = partition_of(Envelope("web", "2026-01-15T09:00:11.000Z", "request", ()))
    assert re.sub(r"\${!(\w+)}", lambda found: getattr(written, found[1]), template) == written.prefix
    assert [each["Name"] for each in table["PartitionKeys"]] == list(written._fields)
    assert parameters["projection.enabled"] == "true"
    assert parameters["projection.source.type"] == "injected"
    first, last = parameters["projection.hour.range"].split(",")
    assert (first, last, parameters["projection.hour.digits"]) == ("0", "23", "2")


def test_the_table_reads_gzipped_json_lines(table):
    """Rows are lines of text, unpacked by the file's ending, and read as JSON in which objects may be text."""
    storage = table["StorageDescriptor"]
    assert storage["InputFormat"] == "org.apache.hadoop.mapred.TextInputFormat"
    assert storage["SerdeInfo"]["SerializationLibrary"] == "org.openx.data.jsonserde.JsonSerDe"
    assert storage["Location"] == "!Sub s3://${ArchiveBucket}/archive/"
    assert {each["Type"] for each in storage["Columns"]} == {"string"}


def test_no_day_is_too_early_or_too_late(table):
    """Days are projected in the form that keys have, from before the first release to beyond the end of today."""
    parameters = table["Parameters"]
    first, last = parameters["projection.date.range"].split(",")
    assert (parameters["projection.date.type"], parameters["projection.date.format"]) == ("date", "yyyy-MM-dd")
    assert date.fromisoformat(first) == date(2026, 1, 1)
    assert last == "NOW+1DAY"


def test_keys_keep_their_capitals(table):
    """Folded keys would make Email and email of one event a mistake in every query; columns are mapped by hand."""
    storage = table["StorageDescriptor"]
    parameters = storage["SerdeInfo"]["Parameters"]
    columns = {each["Name"] for each in storage["Columns"]}
    mapped = {key.removeprefix("mapping."): to for key, to in parameters.items() if key.startswith("mapping.")}
    assert parameters["case.insensitive"] == "FALSE"
    assert all(to.lower() == column for column, to in mapped.items())
    assert {column for column in columns if column.endswith(("id", "at"))} | {"originaltimestamp"} == set(mapped)
