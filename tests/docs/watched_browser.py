# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, spoken to over a pair of pipes in its own protocol: no driver, no port.

Remembers what a page asked for, what it complained of in its console, and what it threw.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections import deque

NEEDED = "chromium is missing: apt-get install --no-install-recommends chromium"
ANSWER_SECONDS = 60


class WatchedBrowser:
    def __init__(self, folder, width=1280, height=900):
        binary = shutil.which("chromium")
        assert binary, NEEDED
        to_browser, self.commands = os.pipe()
        self.answers, from_browser = os.pipe()
        # The browser reads commands from 3 and writes answers to 4.
        arguments = [
            binary, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", f"--user-data-dir={folder}",
            f"--window-size={width},{height}", "--hide-scrollbars", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "about:blank",
        ]  # fmt: skip
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{to_browser} 4>&{from_browser}', "bash", *arguments],
            pass_fds=(to_browser, from_browser),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self.unread, self.events, self.number, self.session = b"", deque(), 0, None
        self.requests, self.complaints = [], []
        (page,) = [one for one in self.ask("Target.getTargets")["targetInfos"] if one["type"] == "page"]
        self.session = self.ask("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            said = self._read(deadline)
            if said.get("id") == self.number:
                assert "error" not in said, f"{method}: {said['error']}"
                return said["result"]
            self._remember(said)

    def _read(self, deadline):
        while b"\0" not in self.unread:
            left = deadline - time.monotonic()
            assert left > 0 and select.select([self.answers], [], [], left)[0], f"the browser says nothing for {ANSWER_SECONDS} s"
            more = os.read(self.answers, 1 << 20)
            assert more, "the browser has ended"
            self.unread += more
        first, _, self.unread = self.unread.partition(b"\0")
        return json.loads(first)

    def _remember(self, event):
        parameters = event.get("params", {})
        match event.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(parameters["request"]["url"])
            case "Network.loadingFailed":
                self.complaints.append(f"not loaded: {parameters['errorText']}")
            case "Runtime.exceptionThrown":
                self.complaints.append(parameters["exceptionDetails"].get("exception", {}).get("description") or str(parameters))
            case "Runtime.consoleAPICalled" if parameters["type"] in ("error", "warning", "assert"):
                self.complaints.append(" ".join(str(one.get("value", one.get("description"))) for one in parameters["args"]))
            case "Log.entryAdded" if parameters["entry"]["level"] in ("error", "warning"):
                self.complaints.append(f"{parameters['entry']['text']} {parameters['entry'].get('url', '')}")
            case name:
                self.events.append(name)

    def open(self, url):
        self.events.clear()
        self.ask("Page.navigate", url=url)
        deadline = time.monotonic() + ANSWER_SECONDS
        while "Page.loadEventFired" not in self.events:
            self._remember(self._read(deadline))

    def run(self, script):
        """The value of an expression on the page; a promise is waited for."""
        done = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def look(self, width, height, scheme="light"):
        """The size of the window, and which colours its user likes."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def press(self, text):
        self.ask("Input.insertText", text=text)

    def picture(self, file):
        file.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"]))

    def end(self):
        self.session = None
        os.write(self.commands, json.dumps({"id": 0, "method": "Browser.close"}).encode() + b"\0")
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(20)
        os.close(self.commands)
        os.close(self.answers)
