"""The interface in a browser: textual-serve behind a one-time link, on this machine only.

textual-serve itself lets in whoever reaches its port, and runs a process for each. Here a visitor
needs a link that works once: it leaves a cookie that scripts cannot read and other sites cannot
send, and the next visitor gets a link of his own. What a page of another site (or of another port)
asks is refused by its Origin. There is no encryption: through a network, use an SSH tunnel.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import logging
import re
import secrets
import shlex
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from importlib.resources import files
from string import Template
from typing import Any

from queries.errors import InvestigationError, WrongUsage, needs_extra

try:
    from aiohttp import web
    from textual_serve.server import Server
except ImportError:
    raise WrongUsage(needs_extra("--web", "web")) from None

COOKIE = "ecr-investigate"
MOST_VISITORS = 8
"""Processes at once; each takes the memory of one interface."""
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?")
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    # The terminal's script sets styles on elements and draws on a canvas; it loads nothing.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'"
    " 'unsafe-inline'; font-src 'self'; img-src data:; connect-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches an address. `localhost` counts; other names do not."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


class OneTimeServer(Server):
    """textual-serve with a door."""

    def __init__(self, command: Sequence[str], address: str, port: int) -> None:
        """`command`: what is run for each visitor, as words. `port` 0 takes any that is free."""
        line = subprocess.list2cmdline(command) if sys.platform == "win32" else shlex.join(command)
        super().__init__(line, host=address, port=port, title="ecr-investigate")
        self._tokens = {secrets.token_urlsafe(32)}
        self._visitors: set[str] = set()
        self.running = 0
        """Processes that run now."""

    @property
    def link(self) -> str:
        """A link that lets one browser in."""
        return f"{self.public_url}/?token={next(iter(self._tokens))}"

    def initialize_logging(self) -> None:
        """Say only what is wrong; an access log would hold the links."""
        logging.basicConfig(level="WARNING")

    async def _make_app(self) -> web.Application:
        app = web.Application(middlewares=[self._door])
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/page.js", self._script),
                web.get("/ws", self.handle_websocket),
                web.get("/download/{key}", self.handle_download),
                web.static("/static", self.statics_path),
            ]
        )
        app.on_response_prepare.append(_add_headers)
        return app

    @web.middleware
    async def _door(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not _HOST.fullmatch(request.host) or not self._own(request):
            raise web.HTTPForbidden(text="not from here")
        token = request.query.get("token")
        if request.path == "/" and token is not None:
            return self._let_in(token)
        if not self._known(request):
            raise web.HTTPForbidden(
                text="open the link that ecr-investigate printed; it works once"
            )
        if request.path == "/ws" and self.running >= MOST_VISITORS:
            raise web.HTTPServiceUnavailable(text=f"{MOST_VISITORS} visitors are here already")
        return await handler(request)

    def _own(self, request: web.Request) -> bool:
        """Whether a request comes from a page of ours (or from no page)."""
        origin = request.headers.get("Origin")
        if self._only_here and not is_loopback(request.host.rsplit(":", 1)[0].strip("[]")):
            return False  # a name of somebody else's that leads to this machine
        return origin is None or origin == f"http://{request.host}"

    @property
    def _only_here(self) -> bool:
        return is_loopback(self.host)

    def _let_in(self, token: str) -> web.StreamResponse:
        used = next(
            (t for t in self._tokens if hmac.compare_digest(t.encode(), token.encode())), None
        )
        if used is None:
            raise web.HTTPForbidden(
                text="this link was used already; ecr-investigate printed another"
            )
        self._tokens = {secrets.token_urlsafe(32)}
        visitor = secrets.token_urlsafe(32)
        self._visitors.add(visitor)
        say(f"somebody came; for another browser: {self.link}")
        response = web.HTTPSeeOther("/")
        response.set_cookie(COOKIE, visitor, httponly=True, samesite="Strict", path="/")
        return response

    def _known(self, request: web.Request) -> bool:
        shown = request.cookies.get(COOKIE, "")
        return any(hmac.compare_digest(v.encode(), shown.encode()) for v in self._visitors)

    async def _page(self, request: web.Request) -> web.StreamResponse:
        """Our own page: that of textual-serve asks another site for a font."""
        size = request.query.get("fontsize", "")
        font_size = min(max(int(size), 8), 40) if size.isdecimal() and len(size) < 4 else 16
        page = Template(_file("page.html")).substitute(
            websocket=f"ws://{request.host}/ws", font_size=str(font_size)
        )
        return web.Response(text=page, content_type="text/html")

    async def _script(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text=_file("page.js"), content_type="text/javascript")

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """One process for one visitor."""
        self.running += 1
        try:
            answer: web.WebSocketResponse = await super().handle_websocket(request)
            return answer
        finally:
            self.running -= 1


def _file(name: str) -> str:
    return (files("tui.web") / name).read_text(encoding="utf-8")


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)


def say(text: str) -> None:
    """To whoever started it."""
    print(text, file=sys.stderr, flush=True)


def serve(command: Sequence[str], address: str, port: int, *, exposed: bool) -> int:
    """Serve until Ctrl+C. Raises `WrongUsage` for an address that others reach unless that was
    asked for, `InvestigationError` when the port cannot be had."""
    if not is_loopback(address):
        if not exposed:
            raise WrongUsage(
                f"--web-address {address}: others reach it; the evidence is served on this machine"
                " only, unless --web-exposed is given (an SSH tunnel does without)"
            )
        say(
            f"warning: whoever reaches {address} and has a link sees the evidence, and nothing is"
            " encrypted on the way"
        )
    server = OneTimeServer(command, address, port)
    server.initialize_logging()
    try:
        asyncio.run(_run(server))
    except KeyboardInterrupt:
        pass
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InvestigationError(f"{address}:{port}: cannot be listened on ({reason})") from None
    return 0


async def _run(server: OneTimeServer) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows: Ctrl+C raises KeyboardInterrupt
            break
    runner = web.AppRunner(await server._make_app(), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, server.host, server.port)
        await site.start()
        bound: Any = runner.addresses[0]
        shown = f"[{server.host}]" if ":" in server.host else server.host
        server.port = bound[1]
        server.public_url = f"http://{shown}:{server.port}"
        say(f"open once: {server.link}\nCtrl+C ends it")
        await stop.wait()
    finally:
        await runner.cleanup()
