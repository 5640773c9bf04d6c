"""Segment's own destination as an oracle: a folder with ``oracle.mjs`` and its node_modules, run by Node.

``ORACLE_DIR`` names the folder. Where it is missing, the answers are those that were recorded by
``python -m tests.contract.segment_oracle``.
"""

import gzip
import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.contract.generate_events import Sample, generate
from tests.contract.mixpanel_records import CONFORMANCE, segment_records

from switchyard.destinations.mixpanel.presets import PRESETS

RECORDED = CONFORMANCE / "recorded_events.jsonl.gz"

SETTINGS: dict[str, Any] = {"projectToken": "token", "apiSecret": "secret", "sourceName": "web"}

# Segment has no presets for these two actions.
_WITHOUT_PRESET = (
    {"partnerAction": "alias", "subscribe": 'type = "alias"', "useDefaults": True},
    {"partnerAction": "incrementProperties", "subscribe": 'event = "Points Earned"', "useDefaults": True},
)

SUBSCRIPTIONS = (*PRESETS, *_WITHOUT_PRESET)

_NOW = 1717243200000  # the RECEIVED_AT of generate_events, in milliseconds


def oracle_folder() -> Path | None:
    """Return where the oracle is, if it is there and Node is."""
    folder = os.environ.get("ORACLE_DIR")
    return Path(folder) if folder and shutil.which("node") else None


def ask(folder: Path, samples: Iterable[Sample]) -> list[list[Any]]:
    """Return the records that Segment makes of each sample's event."""
    frozen = {"settings": SETTINGS, "now": _NOW, "random": 0.5}
    questions = [
        json.dumps({**frozen, **subscriptions, "events": [sample.event]})
        for sample in samples
        for subscriptions in ({"presets": True}, {"subscriptions": _WITHOUT_PRESET})
    ]
    command = [shutil.which("node") or "node", str(folder / "oracle.mjs")]
    environment = {**os.environ, "TZ": "UTC"}
    run = subprocess.run(
        command, input="\n".join(questions), capture_output=True, text=True, check=True, env=environment
    )
    answers = [segment_records(json.loads(line)) for line in run.stdout.split("\n") if line]
    return [first + second for first, second in zip(answers[::2], answers[1::2], strict=True)]


def read_recorded() -> list[tuple[Sample, list[Any]]]:
    """Return samples with the records that Segment made of them."""
    lines = gzip.decompress(RECORDED.read_bytes()).decode().split("\n")
    return [(Sample(*line["sample"]), line["records"]) for line in map(json.loads, filter(None, lines))]


def record(folder: Path, seed: int, count: int) -> None:
    """Write what ``read_recorded`` reads."""
    samples = list(generate(seed, count))
    lines = [
        json.dumps({"sample": sample, "records": records}) + "\n"
        for sample, records in zip(samples, ask(folder, samples), strict=True)
    ]
    RECORDED.write_bytes(gzip.compress("".join(lines).encode(), mtime=0))


if __name__ == "__main__":
    record(Path(os.environ["ORACLE_DIR"]), seed=2024, count=400)
