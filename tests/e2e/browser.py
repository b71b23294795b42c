# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, spoken to over a pipe in the DevTools protocol: nothing but the browser itself is needed."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

ANSWER_SECONDS = 30


class Browser:
    """One process, one page."""

    def __init__(self):
        binary = shutil.which("chromium")
        assert binary, "chromium is missing: scripts/packages.sh --install browser"
        self.folder = tempfile.mkdtemp(prefix="spud-browser-")
        there, self.to_browser = os.pipe()
        self.from_browser, here = os.pipe()
        # Descriptors 3 and 4 of the browser: dash knows numbers of one digit only, so it is bash that moves them.
        command = f'exec "$0" "$@" 3<&{there} 4>&{here}'
        flags = [
            "--headless=new",
            "--remote-debugging-pipe",
            f"--user-data-dir={self.folder}",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--no-proxy-server",
            "--hide-scrollbars",
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
        ]
        self.process = subprocess.Popen(
            ["bash", "-c", command, binary, *flags],
            pass_fds=(there, here),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(there)
        os.close(here)
        self.number, self.rest, self.session = 0, b"", None
        self.complaints = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def end(self):
        self.process.kill()
        self.process.wait()
        os.close(self.to_browser)
        os.close(self.from_browser)
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- the protocol: JSON texts, each ended by a zero byte

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to_browser, json.dumps(message).encode() + b"\0")
        number = self.number
        answer = self.read_until(lambda message: message.get("id") == number, method)
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def wait_for(self, event):
        return self.read_until(lambda message: message.get("method") == event, event)

    def read_until(self, wanted, what):
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            while b"\0" in self.rest:
                text, self.rest = self.rest.split(b"\0", 1)
                message = json.loads(text)
                self.note(message)
                if wanted(message):
                    return message
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self.from_browser], [], [], max(0, left))
            assert ready, f"the browser does not answer to {what}"
            part = os.read(self.from_browser, 1 << 20)
            assert part, f"the browser has ended at {what}"
            self.rest += part

    def note(self, message):
        """Whatever a person would find in the console."""
        method, parameters = message.get("method"), message.get("params", {})
        if method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            self.complaints.append(parameters["entry"]["text"])
        if method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(parameters["exceptionDetails"]))
        if method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            self.complaints.append(json.dumps(parameters["args"]))

    # ---- what tests do

    def look_as(self, width, height=900, dark=False, scale=1, phone=False):
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=phone
        )
        scheme = "dark" if dark else "light"
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def scripts(self, allowed):
        self.call("Emulation.setScriptExecutionDisabled", value=not allowed)

    def open(self, url):
        self.complaints.clear()
        answer = self.call("Page.navigate", url=url)
        assert "errorText" not in answer, f"{url}: {answer}"
        self.wait_for("Page.loadEventFired")

    def value(self, expression):
        """Of a JavaScript expression, on the page; promises are waited for."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def picture(self, file, whole=True):
        """A PNG of the page, down to its end unless only what is seen at first is wanted."""
        answer = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(answer["data"]))
        return file
