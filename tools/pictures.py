"""Write `docs/pictures/`: the pictures of the invented runner, as the pages draw them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from backinstride import charts, demo

TARGET = Path(__file__).resolve().parents[1] / "docs" / "pictures"


def main() -> None:
    """Build the invented season and write one SVG a picture, in print colours."""
    TARGET.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        me = demo.build(Path(place) / "demo", season=True)
        why = me.why()
        drawn = {
            "weeks": charts.weeks(me.load, me.diary_state),
            "contributors": charts.contributors(why),
            "cause": charts.cause(me.runs, why, why.contributors[0]),
            "plan": charts.plan(me.plan(), dict(me.load.weeks)),
        }
    for name, picture in drawn.items():
        if picture is not None:
            text = charts.svg(picture, "print").replace("<svg ", '<svg style="background:#fff" ', 1)
            (TARGET / f"{name}.svg").write_text(text, encoding="utf-8")
            print(f"{name}.svg: {picture.sentence}")


if __name__ == "__main__":
    main()
