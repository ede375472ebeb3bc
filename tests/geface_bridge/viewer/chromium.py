"""Drives a real headless Chromium through its DevTools protocol, with websockets alone."""

from __future__ import annotations

import base64
import io
import itertools
import json
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from websockets.sync.client import connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
)
START_LIMIT_S = 60
ANSWER_LIMIT_S = 60


def find_chromium() -> str | None:
    """Path of an installed Chromium, None if there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Page:
    """One tab. ``problems`` collects uncaught exceptions and console errors."""

    def __init__(self, folder: Path, width: int = 1280, height: int = 800) -> None:
        self.problems: list[str] = []
        self._ids = itertools.count(1)
        self._process = subprocess.Popen(
            [
                find_chromium() or NAMES[0],
                *FLAGS,
                f"--user-data-dir={folder}",
                f"--window-size={width},{height}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._socket = connect(self._address(folder), max_size=None, compression=None)
        except BaseException:
            self._process.kill()
            raise
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Page:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def open(self, url: str) -> None:
        """Go to an address."""
        self.call("Page.navigate", url=url)

    def value(self, expression: str) -> Any:
        """What a JavaScript expression evaluates to; promises are awaited."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise AssertionError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait_for(self, expression: str, limit_s: float = 60) -> Any:
        """The first true value of an expression."""
        end_s = time.monotonic() + limit_s
        while time.monotonic() < end_s:
            if value := self.value(expression):
                return value
            time.sleep(0.1)
        raise AssertionError(f"not true within {limit_s} s: {expression}; {self.problems}")

    def screenshot(self) -> Any:
        """(H, W, 3) uint8 of what the tab shows."""
        data = base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))

    def call(self, method: str, **parameters: Any) -> Any:
        """Result of one DevTools command."""
        wanted = next(self._ids)
        self._socket.send(json.dumps({"id": wanted, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(ANSWER_LIMIT_S))
            if message.get("id") == wanted:
                assert "error" not in message, message
                return message["result"]
            self._note(message)

    def _note(self, event: dict[str, Any]) -> None:
        parameters = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.problems.append(details.get("exception", {}).get("description", details["text"]))
        if event.get("method") == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.problems.append(f"{parameters['entry']['text']} {parameters['entry'].get('url')}")

    def _address(self, folder: Path) -> str:
        end_s = time.monotonic() + START_LIMIT_S
        port_file = folder / "DevToolsActivePort"
        while time.monotonic() < end_s and self._process.poll() is None:
            if port_file.is_file() and (lines := port_file.read_text().split()):
                url = f"http://127.0.0.1:{lines[0]}/json/list"
                direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
                with direct.open(url, timeout=START_LIMIT_S) as answer:
                    tabs = json.load(answer)
                return next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
            time.sleep(0.05)
        raise RuntimeError("Chromium did not start")
