"""The interface in a browser: who is let in, and a drill from a repository to the raw record."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.headless.test_commands import call
from tui.web.server import COOKIE, OneTimeServer, is_loopback

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@asynccontextmanager
async def served(*options: str) -> AsyncIterator[str]:
    """The real program serving the sample incident; yields its first link."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tui.cli", "--demo", "--start", "repositories", "--web", *options,
        cwd=ROOT, env=dict(os.environ), stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        found = None
        while line := await asyncio.wait_for(process.stderr.readline(), 60):
            if found := re.search(rb"http://\S+", line):
                break
        assert found
        yield found[0].decode()
    finally:
        process.terminate()
        await process.wait()


async def test_a_link_lets_one_browser_in_once() -> None:
    async with served() as link, aiohttp.ClientSession() as one, aiohttp.ClientSession() as two:
        base = link.split("?")[0]
        for path in (
            "",
            "ws",
            "page.js",
            "static/js/textual.js",
            "download/x",
            "?token=",
            "?token=%C3%BC",
        ):
            assert (await two.get(base + path)).status == 403
        first = await one.get(link, allow_redirects=False)
        cookie = first.cookies[COOKIE]
        assert (first.status, cookie["httponly"], cookie["samesite"]) == (303, True, "Strict")
        jar = {"Cookie": f"{COOKIE}={cookie.value}"}
        page = await two.get(base, headers=jar)
        assert page.status == 200
        assert page.headers["Referrer-Policy"] == "no-referrer"
        text = await page.text()
        assert "token" not in text
        assert re.findall(r"""(?:src|href)=["'](?!/|data:)""", text) == [], "nothing from elsewhere"
        for needed in re.findall(r"""["'(](/static/[^"')]+|/page.js)""", text):
            assert (await two.get(base[:-1] + needed, headers=jar)).status == 200
        # Used; and a page of somebody else's, or a name of his for this machine, gets nowhere.
        assert (await two.get(link, allow_redirects=False)).status == 403
        for wrong in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}):
            assert (await two.get(f"{base}ws", headers={**jar, **wrong})).status == 403
        port = int(re.findall(r":(\d+)/", base)[0])
        beside = {"Origin": f"http://127.0.0.1:{port + 1}"}
        assert (await two.get(f"{base}ws", headers={**jar, **beside})).status == 403
        assert (await two.get(base, headers={"Cookie": f"{COOKIE}=guessed"})).status == 403


async def test_a_visitor_drills_down_over_the_websocket() -> None:
    async with (
        served() as link,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
    ):
        await session.get(link)
        address = link.split("?")[0] + "ws?width=120&height=40"
        async with session.ws_connect(address) as socket:
            shown = Shown()

            async def until(text: str, *keys: str) -> None:
                for key in keys:
                    await socket.send_json(["stdin", key])
                while text not in shown.text:
                    message = await socket.receive(timeout=25)
                    assert message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT)
                    if message.type is aiohttp.WSMsgType.BINARY:
                        shown.add(message.data)
                shown.text = ""

            await until("team/api")
            await until("when (UTC)", "\r")
            await until("digest", "\r")
            await until("eventVersion", "o")


class Shown:
    """What a terminal was sent, without the escapes."""

    def __init__(self) -> None:
        self.text = ""

    def add(self, data: bytes) -> None:
        self.text += re.sub(r"\x1b\[[0-9;?<>=]*[a-zA-Z]", "", data.decode("utf-8", "replace"))


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")
async def test_a_browser_drills_from_a_repository_to_the_raw_record(tmp_path: Path) -> None:
    async with served() as link, browser(tmp_path) as page:
        await page.ask("Page.navigate", url=link)
        await page.until("team/api")
        # No click: the page gives the keyboard to the terminal.
        for text, key in (("when (UTC)", "Enter"), ("digest", "Enter"), ("eventVersion", "o")):
            page.shown.text = ""
            await page.press(key)
            await page.until(text)
        found = await page.ask("Runtime.evaluate", expression="document.cookie + location.href")
        assert "token" not in found["result"]["value"]
        assert COOKIE not in found["result"]["value"]


class Page:
    """A page of Chromium, driven over its own protocol."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.shown = Shown()

    async def _next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await self._socket.receive_str(timeout=25))
        if message.get("method") == "Network.webSocketFrameReceived":
            response = message["params"]["response"]
            if response["opcode"] == 2:
                self.shown.add(base64.b64decode(response["payloadData"]))
        return message

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": params})
        while True:
            message = await self._next()
            if message.get("id") == number:
                found: dict[str, Any] = message.get("result", {})
                return found

    async def until(self, text: str) -> None:
        while text not in self.shown.text:
            await self._next()

    async def press(self, key: str) -> None:
        code = {"Enter": ("\r", 13)}.get(key, (key, ord(key[0].upper())))
        event = {"key": key, "text": code[0], "windowsVirtualKeyCode": code[1]}
        await self.ask("Input.dispatchKeyEvent", type="keyDown", **event)
        await self.ask("Input.dispatchKeyEvent", type="keyUp", **event)


@asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[Page]:
    assert CHROMIUM is not None
    process = await asyncio.create_subprocess_exec(
        CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--no-first-run", "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        found = None
        while found is None:
            line = await asyncio.wait_for(process.stderr.readline(), 60)
            assert line, "chromium did not start"
            found = re.search(rb"DevTools listening on ws://([\d.:]+)/", line)
        async with aiohttp.ClientSession() as session:
            pages = await (await session.get(f"http://{found[1].decode()}/json")).json()
            address = next(p["webSocketDebuggerUrl"] for p in pages if p["type"] == "page")
            async with session.ws_connect(address, max_msg_size=0) as socket:
                page = Page(socket)
                await page.ask("Network.enable")
                await page.ask("Page.enable")
                yield page
    finally:
        process.terminate()
        await process.wait()


def test_other_addresses_are_refused_unless_asked_for() -> None:
    done = call("--demo", "--web", "--web-address", "0.0.0.0")
    assert (done.returncode, b"--web-exposed" in done.stderr) == (2, True)
    assert call("--demo", "--web-port", "80").returncode == 2
    assert call("--web", "-").returncode == 2
    assert [is_loopback(a) for a in ("127.0.0.1", "::1", "localhost")] == [True] * 3
    assert [is_loopback(a) for a in ("0.0.0.0", "::", "10.0.0.1", "example.com")] == [False] * 4


async def test_exposed_it_warns_and_still_wants_the_link() -> None:
    async with served("--web-address", "0.0.0.0", "--web-exposed") as link:
        port = re.findall(r":(\d+)/", link)[0]
        async with aiohttp.ClientSession() as session:
            assert (await session.get(f"http://127.0.0.1:{port}/")).status == 403


def test_paths_reach_the_shell_as_they_are() -> None:
    server = OneTimeServer(["run", "a b; touch /tmp/x $(id)"], "127.0.0.1", 0)
    assert server.command == "run 'a b; touch /tmp/x $(id)'"
