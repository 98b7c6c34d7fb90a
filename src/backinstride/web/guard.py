"""Who may ask: this machine's own browser, with the token, from our own pages.

Refuses other Host names (DNS rebinding), foreign origins on posts, requests without the token's
cookie, and bodies that are too large. Every answer carries a strict Content-Security-Policy.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "backinstride"
LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
FORM_LIMIT_BYTES = 1_000_000
UPLOAD_LIMIT_BYTES = 8_000_000_000
UPLOAD_PATH = "/import"
# A calendar program cannot carry the cookie: this address takes the token itself.
TOKEN_PATHS = ("/plan.ics",)
OPEN_PATHS = ("/static/",)
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "referrer-policy": "same-origin",  # with no-referrer Chromium sends Origin: null on own posts
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "geolocation=(), camera=(), microphone=()",
}


class Guard:
    """The outermost layer of the app."""

    def __init__(self, app: ASGIApp, *, token: str) -> None:
        self.app = app
        self.token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it with the reason why not."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        refused = self.refusal(request)
        if refused is not None:
            await refused(scope, receive, self.sealed(request, send))
            return
        limit = UPLOAD_LIMIT_BYTES if request.url.path == UPLOAD_PATH else FORM_LIMIT_BYTES
        await self.app(scope, bounded(receive, limit), self.sealed(request, send))

    def refusal(self, request: Request) -> PlainTextResponse | RedirectResponse | None:
        """Return what to answer instead, or None where the request may pass."""
        host = request.headers.get("host", "")
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if name not in LOCAL_NAMES:
            return PlainTextResponse("This address serves this machine only.", 421)
        if request.method not in ("GET", "HEAD") and not own_origin(request.headers, host):
            return PlainTextResponse("This did not come from a page of this app.", 403)
        length = request.headers.get("content-length", "0")
        limit = UPLOAD_LIMIT_BYTES if request.url.path == UPLOAD_PATH else FORM_LIMIT_BYTES
        if not length.isdigit() or int(length) > limit:
            return PlainTextResponse("That is too much at once.", 413)
        return self.without_token(request)

    def without_token(self, request: Request) -> PlainTextResponse | RedirectResponse | None:
        """Return the refusal or the first redirect, None where the cookie is right."""
        path = request.url.path
        if path.startswith(OPEN_PATHS):
            return None
        given = request.query_params.get("token")
        if given is not None and secrets.compare_digest(given.encode(), self.token.encode()):
            if path in TOKEN_PATHS:
                return None
            answer = RedirectResponse(path, 303)
            answer.set_cookie(COOKIE, self.token, httponly=True, samesite="strict", path="/")
            return answer
        kept = request.cookies.get(COOKIE, "")
        if secrets.compare_digest(kept.encode(), self.token.encode()):
            return None
        return PlainTextResponse(
            "Open the address that the program printed when it started; it holds the key.", 403
        )

    @staticmethod
    def sealed(request: Request, send: Send) -> Send:
        """Wrap `send` so that every answer carries the headers above."""
        private = not request.url.path.startswith(OPEN_PATHS)

        async def sealing(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if private and "cache-control" not in headers:
                    headers["cache-control"] = "no-store"
            await send(message)

        return sealing


def own_origin(headers: Headers, host: str) -> bool:
    """Whether a post comes from our own page: by Origin, else by what the browser says of it."""
    origin = headers.get("origin")
    if origin is not None:
        parts = urlsplit(origin)
        return parts.scheme == "http" and parts.netloc == host
    return headers.get("sec-fetch-site") in (None, "same-origin", "none")


def bounded(receive: Receive, limit: int) -> Receive:
    """Stop reading a body that grows beyond the limit (chunked bodies have no length)."""
    seen = 0

    async def receiving() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            return {"type": "http.disconnect"}
        return message

    return receiving
