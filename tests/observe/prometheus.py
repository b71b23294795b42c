# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus, as a process of its own, that scrapes the services of a cluster and evaluates the rules of the chart."""

import json
import re
import signal
import subprocess
import urllib.parse
import urllib.request

import yaml

from waiting import wait_until

READY_SECONDS = 30
STOP_SECONDS = 15


def quickened(rules):
    """The text of the rules with all times a sixtieth of what they are: 2m becomes 2s, 1h 1m, 1d 24m. Nothing else changes."""
    shorter = {"d": lambda n: f"{24 * n}m", "h": lambda n: f"{n}m", "m": lambda n: f"{n}s"}

    def shorten(found):
        return found[1] + shorter[found[3]](int(found[2]))

    # Ranges of expressions, and what `for` and `offset` say.
    return re.sub(r"(\[|\bfor: |\boffset )(\d+)([dhm])\b", shorten, rules)


class Prometheus:
    """`targets`: addresses of operations ports by the instance they are shown as."""

    def __init__(self, binary, folder, port, targets, rules):
        self.binary, self.folder, self.port = binary, folder, port
        folder.mkdir()
        (folder / "rules.yaml").write_text(rules)
        jobs = [{"targets": [address], "labels": {"instance": name}} for name, address in targets.items()]
        config = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": ["rules.yaml"],
            # The rules ask for this job.
            "scrape_configs": [{"job_name": "spud", "static_configs": jobs}],
        }
        (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
        self.log = folder / "prometheus.log"
        self.process = None

    def start(self):
        command = [
            self.binary,
            f"--config.file={self.folder / 'prometheus.yaml'}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
        ]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self.is_ready, lambda: f"Prometheus is ready: {self.said()}", READY_SECONDS)
        return self

    def is_ready(self):
        assert self.process.poll() is None, self.said()
        try:
            return self.get("/-/ready") is not None
        except OSError:
            return False

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(STOP_SECONDS) == 0, self.said()

    def said(self):
        return self.log.read_text()[-2000:] if self.log.exists() else ""

    # ---- its HTTP API

    def get(self, path, **parameters):
        query = f"?{urllib.parse.urlencode(parameters)}" if parameters else ""
        # No proxy that the environment names stands between this and itself.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{self.port}{path}{query}", timeout=10) as answer:
            return answer.read().decode()

    def ask(self, what, **parameters):
        answer = json.loads(self.get(f"/api/v1/{what}", **parameters))
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, expression):
        """Values of an instant query by their labels."""
        rows = self.ask("query", query=expression)["result"]
        return {frozenset(row["metric"].items()): float(row["value"][1]) for row in rows}

    def value(self, expression):
        """Of a query that has one row at most; 0 if it has none."""
        rows = self.query(expression)
        assert len(rows) <= 1, rows
        return next(iter(rows.values()), 0.0)

    def firing(self):
        """Name and instance of each alert that fires; None for one that concerns no single instance."""
        alerts = self.ask("alerts")["alerts"]
        return {(alert["labels"]["alertname"], alert["labels"].get("instance")) for alert in alerts if alert["state"] == "firing"}

    def rules(self):
        return [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]
