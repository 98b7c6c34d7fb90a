"""FIT against garmin-fit-sdk and fitdecode: every field of every message, every column."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

pytest.importorskip("garmin_fit_sdk", reason="needs [dev]: garmin-fit-sdk")
pytest.importorskip("fitdecode", reason="needs [dev]: fitdecode")

import fit_differences as differences  # noqa: E402 - tools/ is no package

SAMPLES = sorted((ROOT / "tests/data/corpus").glob("fit/*/*"))
pytestmark = pytest.mark.oracle


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
@pytest.mark.parametrize("peer", differences.PEERS)
@pytest.mark.filterwarnings("ignore")
def test_samples_agree_with_the_peer_or_differ_for_a_stated_reason(path, peer):
    compared, counts, unexplained = differences.tally([(path.name, path.read_bytes())], peer)
    assert not unexplained
    assert compared or ("message unread", "record", "") in counts


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_columns_of_samples_agree_with_the_kit(path):
    cells, differ, whole = differences.columns_differ(path.name, path.read_bytes())
    assert not differ
    stopped = ("antfs-dump", "compressed-speed-distance")  # compressed timestamps
    assert whole or any(word in path.name for word in stopped)
    assert cells or not whole or not differences.kit_records(path.read_bytes())


@pytest.mark.archive
@pytest.mark.filterwarnings("ignore")
def test_the_page_of_differences_is_what_the_corpus_gives(shared_file):
    files = list(differences.corpus(shared_file("data/corpus.zip")))
    page, unexplained = differences.table(files)
    assert not unexplained
    assert differences.DOCS.read_text(encoding="utf-8") == page


@pytest.mark.filterwarnings("ignore")
def test_a_wrong_value_would_be_found():
    """The comparison itself: change one of our values, and it must be reported."""
    path = next(p for p in SAMPLES if "2013-02-06" in p.name)
    data = bytearray(path.read_bytes())
    kit = differences.PEERS["garmin-fit-sdk"](bytes(data))
    record = next(m for m in kit if m.number == 20 and "heart_rate" in m.values)
    record.values["heart_rate"] += 1
    original = differences.PEERS
    differences.PEERS = {"garmin-fit-sdk": lambda _: kit}
    try:
        _, counts, unexplained = differences.tally([("x", bytes(data))], "garmin-fit-sdk")
    finally:
        differences.PEERS = original
    assert [one.field for one in unexplained] == ["heart_rate"]
    assert counts == Counter({("unexplained", "record", "heart_rate"): 1})
