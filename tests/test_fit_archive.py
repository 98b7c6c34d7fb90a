"""FIT on the real archives beside the checkout: every file, every count of their README."""

from __future__ import annotations

import csv
import gzip
import zipfile
from typing import TYPE_CHECKING

import pytest

from backinstride import schema
from backinstride.readers import fit
from backinstride.readers.fit_frames import parts
from backinstride.readers.recording import content_id

if TYPE_CHECKING:
    from pathlib import Path


def _members(path: Path, suffixes: tuple[str, ...]):
    seen = set()
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if any(s in name for s in suffixes):
                data = archive.read(name)
                data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
                if content_id(data) not in seen:
                    seen.add(content_id(data))
                    yield name, data


@pytest.mark.archive
def test_every_corpus_file_reaches_its_count(shared_file):
    with zipfile.ZipFile(shared_file("data/corpus.zip")) as archive:
        text = archive.read("EXPECTED.tsv").decode().splitlines()
    wanted = {r["file"]: r for r in csv.DictReader(text, delimiter="\t")}
    messages = records = 0
    for name, data in _members(shared_file("data/corpus.zip"), ("fit/",)):
        found, _ = parts(data, name)
        points = sum(r.points for r in fit.read(data, name))
        count = sum(len(part.offsets) for part in found)
        assert (count, points, len(found)) == tuple(
            int(wanted[name][k]) for k in ("messages", "records", "crc_parts")
        ), name
        messages, records = messages + count, records + points
    assert (messages, records) == (443_842, 313_428)


@pytest.mark.archive
@pytest.mark.parametrize(
    ("archive", "suffixes", "files", "points", "laps", "runs", "km"),
    [("strava-a4.zip", (".fit.gz",), 237, 606_840, 3_360, 214, 1834.83),
     ("strava-a1.zip", (".fit.gz", ".fit ("), 1_286, 1_041_856, 5_002, 1_266, 12651.99)],
)  # fmt: skip
def test_real_archives_reach_their_counts(
    shared_file, archive, suffixes, files, points, laps, runs, km
):
    found = list(fit.read_many(list(_members(shared_file(f"data/{archive}"), suffixes))))
    assert len(found) == files
    assert sum(r.points for r in found) == points
    assert sum(len(r.laps.get("start_s", ())) for r in found) == laps
    running = [r for r in found if r.sport in schema.RUNNING]
    assert len(running) == runs
    assert sum(r.distance_m for r in running) / 1000 == pytest.approx(km, abs=0.005)
    assert not [p for r in found for p in r.problems]
