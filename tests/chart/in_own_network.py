# SPDX-License-Identifier: Apache-2.0
"""Starts a service, asks its operations port, lists what listens, and ends it. For a network namespace of its own.

    in_own_network.py BINARY ROLE CONFIG OPERATIONS_PORT      JSON: code, healthz, listening, stderr
"""

import http.client
import json
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))

from waiting import wait_until  # noqa: E402

LISTENING = "0A"


def listening():
    ports = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            if state == LISTENING:
                ports.add(int(local.rpartition(":")[2], 16))
    return sorted(ports)


def healthz(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


def main(binary, role, config, port):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    service = subprocess.Popen([binary, role, "--config", config], stderr=subprocess.PIPE, text=True)
    found = {"healthz": None, "listening": []}
    try:
        found["healthz"] = wait_until(lambda: healthz(int(port)) or service.poll() is not None, "it answers")
        found["listening"] = listening()
    finally:
        service.send_signal(signal.SIGTERM)
        _, found["stderr"] = service.communicate(timeout=30)
    found["code"] = service.returncode
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
