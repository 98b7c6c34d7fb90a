"""Serve the app on the loopback address and open the browser."""

from __future__ import annotations

import datetime as dt
import secrets
import socket
import sys
import threading
from typing import TYPE_CHECKING

from backinstride.errors import UnusableError

if TYPE_CHECKING:
    from pathlib import Path

HOST = "127.0.0.1"
WARM_AFTER_S = 0.7


def serve(
    folder: Path,
    *,
    port: int = 0,
    browser: bool = True,
    read_only: bool = False,
    today: dt.date | None = None,
) -> None:
    """Serve until interrupted. The address with its token goes to standard output at once."""
    listening = _listen(port)
    token = secrets.token_urlsafe(24)
    address = f"http://{HOST}:{listening.getsockname()[1]}/?token={token}"
    sys.stdout.write(f"Back in Stride: {address}\n")
    sys.stdout.flush()
    import uvicorn

    from backinstride.web.app import create_app

    app = create_app(
        folder, token=token, read_only=read_only, today=lambda: today or dt.date.today()
    )
    warming = threading.Timer(WARM_AFTER_S, _warm, (today or dt.date.today(),))
    warming.daemon = True  # it must not hold the program open
    warming.start()
    if browser:
        import webbrowser

        webbrowser.open(address)
    # No access log: addresses hold the token, and nothing that identifies is written down.
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off")
    uvicorn.Server(config).run(sockets=[listening])


def _warm(today: dt.date) -> None:
    """Build the story's rules while the runner reads the first page."""
    from backinstride.runner import tell

    tell("My back went into spasm at mile 3.", today=today)


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        raise UnusableError(
            f"port {port} is in use ({error.strerror}); give another with --port"
        ) from error
    listening.listen(64)
    return listening
