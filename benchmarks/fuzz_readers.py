"""Coverage-guided fuzzing of the readers: FIT, GPX, TCX and logs (needs atheris).

    python benchmarks/fuzz_readers.py -runs=200000 CORPUS_DIR

Any exception is a finding: readers give problems, they do not raise.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["backinstride"]):
    from backinstride.readers import fit, gpx, table, tcx


def one(data: bytes) -> None:
    kind, rest = (data[0] % 4, data[1:]) if data else (0, b"")
    reader = (fit, gpx, tcx, table)[kind]
    for recording in reader.read(rest, "fuzzed"):
        assert recording.start is None or recording.id


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
