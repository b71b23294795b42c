# SPDX-License-Identifier: Apache-2.0
"""The browser of the end-to-end tests, which here also remembers what its pages asked for."""

from browser import Browser


class WatchedBrowser(Browser):
    def __init__(self):
        self.requests = []
        super().__init__()

    def note(self, message):
        super().note(message)
        parameters = message.get("params", {})
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        if message.get("method") == "Network.loadingFailed":
            self.complaints.append(f"not loaded: {parameters['errorText']}")

    def type(self, text):
        """Into whatever has the focus."""
        self.call("Input.insertText", text=text)
