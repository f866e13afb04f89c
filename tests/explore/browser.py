"""Headless Chromium, driven through a pipe by its DevTools protocol.

One page; mouse, keys, JavaScript, screenshots. Nothing is fetched: the host
resolver knows no name, and a request that is not for the page's own file is
remembered in `fetched`.
"""
from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_S = 120.0  # nothing here waits for a time to pass: only for a hang


def executable() -> str | None:
    """Where Chromium is; None if it is not installed."""
    return next((path for n in NAMES if (path := shutil.which(n))), None)


class Browser:
    """A browser with one page; a context manager."""

    def __init__(self, width: int = 1280, height: int = 1000,
                 dark: bool = False) -> None:
        self.size, self.dark = (width, height), dark
        self.profile = tempfile.mkdtemp(prefix="explore-")
        self.number, self.buffer = 0, b""
        self.events: list[dict[str, Any]] = []
        self.errors: list[str] = []
        self.fetched: list[str] = []

    def __enter__(self) -> "Browser":
        theirs_in, self.send_end = os.pipe()
        self.take_end, theirs_out = os.pipe()
        # The protocol is on descriptors 3 and 4.
        for mine in (theirs_in, theirs_out):
            os.set_inheritable(mine, True)
        shell = (f"exec 3<&{theirs_in} 4>&{theirs_out}; "
                 "exec \"$0\" \"$@\"")
        self.child = subprocess.Popen(
            ["bash", "-c", shell, executable(), "--headless=new",
             "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--disable-component-update",
             "--host-resolver-rules=MAP * ~NOTFOUND",
             f"--user-data-dir={self.profile}", "about:blank"],
            pass_fds=(theirs_in, theirs_out), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        os.close(theirs_in)
        os.close(theirs_out)
        self.session = None
        page = next(t for t in self.call("Target.getTargets")["targetInfos"]
                    if t["type"] == "page")
        self.session = self.call("Target.attachToTarget", flatten=True,
                                 targetId=page["targetId"])["sessionId"]
        for domain in ("Page", "Runtime", "Network"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=self.size[0],
                  height=self.size[1], deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme",
             "value": "dark" if self.dark else "light"}])
        return self

    def __exit__(self, *_: object) -> None:
        # Its own processes write into the profile until they are gone.
        self.session = None
        try:
            self.call("Browser.close")
            self.child.wait(PATIENCE_S)
        except (RuntimeError, OSError, subprocess.TimeoutExpired):
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()
        os.close(self.send_end)
        os.close(self.take_end)
        shutil.rmtree(self.profile, ignore_errors=True)

    def _take(self) -> dict[str, Any]:
        """The next message."""
        while b"\0" not in self.buffer:
            data = os.read(self.take_end, 1 << 20)
            if not data:
                raise RuntimeError("the browser ended")
            self.buffer += data
        text, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(text)
        params = message.get("params", {})
        if message.get("method") == "Runtime.exceptionThrown":
            self.errors.append(json.dumps(params["exceptionDetails"]))
        if message.get("method") == "Network.requestWillBeSent":
            self.fetched.append(params["request"]["url"])
        return message

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One command, and its result."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.send_end, json.dumps(message).encode() + b"\0")
        while True:
            got = self._take()
            if got.get("id") != self.number:
                continue
            if "error" in got:
                raise RuntimeError(f"{method}: {got['error']['message']}")
            return got["result"]

    def run(self, script: str) -> Any:
        """The value of an expression; a promise is waited for."""
        got = self.call("Runtime.evaluate", expression=script,
                        returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in got:
            raise RuntimeError(json.dumps(got["exceptionDetails"]))
        return got["result"].get("value")

    def open(self, file: Path) -> None:
        """Load a page, until its time line is drawn."""
        self.call("Page.navigate", url=file.resolve().as_uri())
        self.wait("performance.getEntriesByName('explore-drawn').length")

    def wait(self, script: str) -> Any:
        """Until an expression is true."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if value := self.run(script):
                return value
            if self.errors:
                break
            time.sleep(0.05)
        raise RuntimeError(f"never true: {script}; {self.errors}")

    def settle(self) -> None:
        """Until what was asked for is drawn."""
        self.run("new Promise(done => setTimeout(() => requestAnimationFrame("
                 "() => requestAnimationFrame(done)), 160))")

    def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        """mouseMoved, mousePressed, mouseReleased, mouseWheel."""
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def click(self, x: float, y: float) -> None:
        """A whole click."""
        self.mouse("mouseMoved", x, y)
        for kind in ("mousePressed", "mouseReleased"):
            self.mouse(kind, x, y, button="left", buttons=1, clickCount=1)
        self.settle()

    def type(self, text: str) -> None:
        """As if typed."""
        self.call("Input.insertText", text=text)

    def key(self, key: str, code: int = 0) -> None:
        """One key, down and up."""
        text = {"text": key} if len(key) == 1 else {}
        if key == "Enter":
            text = {"text": "\r"}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key,
                  windowsVirtualKeyCode=code, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key,
                  windowsVirtualKeyCode=code)
        self.settle()

    def screenshot(self, file: Path) -> Path:
        """What is seen, as a PNG."""
        got = self.call("Page.captureScreenshot", format="png")
        file.write_bytes(base64.b64decode(got["data"]))
        return file
