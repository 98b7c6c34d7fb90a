"""The app's budgets: start to first page, each page warm, bytes, words underlined, report.

Run: `python benchmarks/app.py`. CPU seconds are what to trust on a shared machine.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

START = (
    "import sys, time; from pathlib import Path; import datetime as dt\n"
    "from starlette.testclient import TestClient; spare = time.process_time()\n"
    "import uvicorn; from backinstride.web.app import create_app\n"
    "app = create_app(Path(sys.argv[1]), token='t', today=lambda: dt.date(2026, 9, 28))\n"
    "client = TestClient(app, base_url='http://127.0.0.1:1'); client.get('/?token=t')\n"
    "assert client.get('/tell').status_code == 200\n"
    "print(time.process_time(), spare)\n"
)
PAGES = (
    "/today", "/tell", "/answer", "/plan", "/runs", "/diary", "/why", "/shoes", "/strength",
    "/experiments", "/look-back", "/week", "/catch-up", "/evidence", "/import", "/settings",
    "/about",
)  # fmt: skip


def cpu(work: Callable[[], object], times: int = 5) -> float:
    """Return the CPU milliseconds of the best of some tries."""
    best = float("inf")
    for _ in range(times):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return best * 1000


def main() -> None:
    from backinstride import demo
    from backinstride.demo import invented

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        empty = folder / "empty"
        command = [sys.executable, "-c", START, str(empty)]
        starts = [
            subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
            for _ in range(3)
        ]
        least = min(float(s[0]) for s in starts)
        print(f"start to first page: {least:.2f} s CPU (budget 0.70; the test client is in it)")
        for season in (False, True):
            demo.build(folder / "demo", season=season)
            today = invented.SEASON_TODAY if season else invented.TODAY
            measure(folder / "demo" / "runner", today)


def measure(folder: Path, today: dt.date) -> None:
    from starlette.testclient import TestClient

    from backinstride.demo import invented
    from backinstride.exports import report
    from backinstride.runner import Runner
    from backinstride.web.app import create_app

    app = create_app(folder, token="t", today=lambda: today)
    with TestClient(app, base_url="http://127.0.0.1:1") as client:
        client.get("/?token=t")
        sheet = sum(
            int(client.get(f"/static/{n}").headers["content-length"])
            for n in ("style.css", "enhance.js")
        )
        print(f"{folder.parent.name}, {today}: page, first and warm CPU ms (budget 100), kB (150)")
        for path in PAGES:
            first = cpu(lambda path=path: client.get(path), 1)
            warm = cpu(lambda path=path: client.get(path))
            size = (int(client.get(path).headers["content-length"]) + sheet) / 1000
            print(f"  {path:13} {first:7.0f} {warm:7.1f} {size:7.0f}")
        words = cpu(lambda: client.post("/tell/read", data={"text": invented.STORY}))
        print(f"  story to underlined words: {words:.0f} ms (budget 100)")
    me = Runner(folder, today)
    answer = me.answer()
    print(f"  report: {cpu(lambda: report.pdf(me, answer), 3):.0f} ms (budget 1000)")


if __name__ == "__main__":
    main()
