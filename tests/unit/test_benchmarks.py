"""The benchmarks: they run, they measure what they say, and they print lines that a program can read."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from benchmarks.directives import MAPPING
from benchmarks.events import track_events
from benchmarks.pipeline import compile_pipeline, in_batches, json_alone
from benchmarks.segment import read_rate

from switchyard.mapping import compile_mapping

ROOT = Path(__file__).parents[2]

OURS = {"mapping.track_to_mixpanel": "events/s", "floor.json": "events/s", "mapping.share_of_floor": "ratio"}
COMPARED = {"segment.on_batch": "events/s", "mapping.ratio_to_segment": "ratio"}
LINE = "onBatch, incl. JSON.parse of the input      1,000     30,000     2,000   ev/s"


def measured(name: str, **environment: str) -> dict[str, dict[str, Any]]:
    """Run a benchmark on a few events and return its lines by name."""
    command = [sys.executable, "-m", f"benchmarks.{name}", "--events", "20", "--runs", "1"]
    plain = {key: value for key, value in os.environ.items() if key != "ORACLE_DIR"}
    run = subprocess.run(
        command, cwd=ROOT, env=plain | environment, capture_output=True, check=True, text=True, timeout=60
    )
    return {line["name"]: line for line in map(json.loads, run.stdout.splitlines())}


def test_every_benchmark_is_run_by_make() -> None:
    """``make bench`` runs every program in the folder."""
    programs = {path.stem for path in (ROOT / "benchmarks").glob("*.py") if "__main__" in path.read_text()}
    [line] = [line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith("BENCHMARKS :=")]
    assert set(line.split()[2:]) == programs


@pytest.mark.parametrize(
    ("name", "units"),
    [
        ("mapping", OURS),
        ("directives", {"mapping.custom": "events/s"}),
        ("conditions", {"fql.eval": "evaluations/s"}),
    ],
)
def test_a_benchmark_prints_lines_of_json(name: str, units: dict[str, str]) -> None:
    """A line is an object with a name, a value above 0 and its unit, and nothing else is printed."""
    lines = measured(name)
    assert {each: line["unit"] for each, line in lines.items()} == units
    assert all(line.keys() == {"name", "value", "unit"} and line["value"] > 0 for line in lines.values())


def test_what_was_built_is_measured_as_on_lambda(build: Path) -> None:
    """Each function's start is measured beside one of boto3 alone, and the warm ones by events a request."""
    lines = measured("on_lambda")
    units = {name: line["unit"] for name, line in lines.items()}
    functions = ("collect", "archive", "forward")
    assert units == {
        **{f"cold_start.{name}": "ms" for name in ("bare", *functions)},
        **{f"cold_start.{name}_ratio": "ratio" for name in functions},
        **{f"warm.{name}_{size}": "events/s" for name in ("collect", "forward") for size in (1, 20, 100)},
    }
    assert all(line["value"] > 0 for line in lines.values())
    for name in functions:
        ratio = lines[f"cold_start.{name}"]["value"] / lines["cold_start.bare"]["value"]
        assert lines[f"cold_start.{name}_ratio"]["value"] == pytest.approx(ratio, rel=0.01)  # they are rounded


def test_costs_add_up() -> None:
    """What a million events cost is the sum of its parts; the more travel in a request, the less each costs."""
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.cost"], cwd=ROOT, capture_output=True, check=True, text=True, timeout=60
    )
    lines = {line["name"]: line["value"] for line in map(json.loads, run.stdout.splitlines())}
    totals = [lines[f"cost.million_{size}"] for size in (1, 20, 100)]
    for size, total in zip((1, 20, 100), totals, strict=True):
        parts = [lines[f"cost.million_{size}.{part}"] for part in ("api", "lambda", "sqs", "s3", "logs")]
        assert total == pytest.approx(sum(parts), abs=0.01)
        assert min(parts) > 0
    assert totals == sorted(totals, reverse=True)
    assert lines["cost.million_1.api"] == 3.5


def test_segments_figure_is_measured_in_the_same_run(tmp_path: Path) -> None:
    """Where Node and Segment's benchmark are at hand, its median is printed, too, and how many times it is ours."""
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "bench.mjs").touch()
    (tmp_path / "node").write_text(f'#!/bin/sh\ntest "$ONLY" && echo "{LINE}"\n')
    (tmp_path / "node").chmod(0o755)
    lines = measured("mapping", ORACLE_DIR=str(tmp_path), PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert {each: line["unit"] for each, line in lines.items()} == OURS | COMPARED
    assert lines["segment.on_batch"]["value"] == 2000
    ours = lines["mapping.track_to_mixpanel"]["value"]
    assert lines["mapping.ratio_to_segment"]["value"] == pytest.approx(ours / 2000, abs=0.001)


def test_segments_figure_is_the_median_of_its_line() -> None:
    """The output has other lines; figures have commas between thousands."""
    assert read_rate(f'{{"node": "v20", "N": 5}}\n{LINE}\nRSS now 1 MB\n') == 2000


def test_the_events_are_those_of_segments_benchmark() -> None:
    """The first hundred are the same to the byte; all have about 1.6 KB."""
    lines = track_events(100)
    assert hashlib.sha256(b"\n".join(lines)).hexdigest().startswith("f606c276597cfc1e34489193086dc527")
    assert {len(line) // 100 for line in lines} <= {15, 16}


def test_what_is_timed_maps_every_event() -> None:
    """All events come out, in order, in as few bodies as Mixpanel takes, a second time as well."""
    lines = track_events(1001)
    run = compile_pipeline()
    for _ in range(2):
        records = [record for batch in in_batches(lines) for body in run(batch) for record in orjson.loads(body)]
        assert [each["properties"]["id"] for each in records[1:3]] == ["user_1", "user_2"]
        assert [each["event"] for each in records] == [orjson.loads(line)["event"] for line in lines]


def test_the_floor_writes_the_same_bodies() -> None:
    """What JSON alone costs is measured on the very records that the mapping makes."""
    lines = track_events(5)
    [body] = compile_pipeline()(lines)
    assert json_alone(lines, orjson.loads(body)) == body


def test_ten_directives_do_something() -> None:
    """Each directive of the mapping that is timed has a result of its own."""
    assert len({name for value in MAPPING.values() for name in value}) == 10
    assert compile_mapping(MAPPING)(orjson.loads(track_events(2)[1])) == {
        "event": "Button Clicked (Shop)",
        "user": "user_1",
        "language": "en-us",
        "slug": "-products-1-reviews",
        "brands": [{"name": "Chromium"}],
        "page": {
            "title": "Product 1",
            "path": "/products/1/reviews",
            "referrer": "https://www.google.com/",
            "search": "?utm_source=newsletter",
            "url": "https://shop.example.com/products/1/reviews?utm_source=newsletter",
        },
        "experiment": {"id": "exp_42", "variant": "a"},
        "device": '{"width":1920,"height":1080,"density":2}',
        "ids": {"user": "user_1", "group": "org_1"},
        "version": "2",
    }
