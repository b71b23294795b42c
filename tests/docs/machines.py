# SPDX-License-Identifier: Apache-2.0
"""Machines for the readers of a guide: a network namespace (hosts.py), a file system whose changes are thrown away, one shell.

What a page says is typed there as it stands, also what needs root: nothing of it reaches the machine of the test. Machines know each
other by name, and share the folder of letters, as people do who send each other files.
"""

import os
import secrets
import select
import signal
import subprocess
import time

BLOCK_SECONDS = 120
NEEDED = "machines of a test have file systems of their own: run it as root (CAP_SYS_ADMIN) on a kernel with overlayfs"
LETTERS = "/srv/letters"

# In a namespace of mounts of its own. What follows the first two arguments are files to show there: FROM TO, in pairs.
SET_UP = f"""
set -e
folder=$1 letters=$2
shift 2
mount -t tmpfs tmpfs "$folder"
root=$folder/root
mkdir "$folder"/{{upper,work,root}}
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$root"
while (($#)); do
  mkdir -p "$(dirname "$root$2")"
  rm -f "$root$2"
  touch "$root$2"
  mount --bind "$1" "$root$2"
  shift 2
done
for kernels in proc sys dev; do mount --rbind "/$kernels" "$root/$kernels"; done
mount -t tmpfs tmpfs "$root/run"
mkdir -p "$root{LETTERS}" "$root$HOME"
mount --bind "$letters" "$root{LETTERS}"
mount -t tmpfs tmpfs "$root$HOME"
exec chroot "$root" /bin/bash --noprofile --norc
"""
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/srv/operator",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
}


class Machine:
    """A shell of root. What is set or changed in one block is so in the next."""

    def __init__(self, host, folder, letters, files):
        self.host = host
        folder.mkdir()
        pairs = [str(part) for pair in files for part in pair]
        with host.inside():
            self.shell = subprocess.Popen(
                ["unshare", "--mount", "--propagation", "private", "bash", "-c", SET_UP, "bash", folder, letters, *pairs],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=ENVIRONMENT,
            )

    def type(self, text, seconds=BLOCK_SECONDS):
        """Types lines; the first that fails ends the block. Answers its exit code and the lines it printed."""
        mark = f"end-of-block-{secrets.token_hex(8)}"
        # By way of a file, so that what is typed is no input of the commands in it.
        self.shell.stdin.write(
            f"cat >/run/block <<'{mark}'\ntrap 'return $?' ERR\n{text}\ntrap - ERR\n{mark}\n"
            f". /run/block </dev/null; printf '\\n%s %s\\n' {mark} $?; trap - ERR\n".encode()
        )
        self.shell.stdin.flush()
        printed, _, code = self._read_until(f"\n{mark} ", seconds).rpartition(f"\n{mark} ")
        return int(code), printed.splitlines()

    def _read_until(self, mark, seconds):
        deadline, read = time.monotonic() + seconds, b""
        while mark.encode() not in read or not read.endswith(b"\n"):
            left = deadline - time.monotonic()
            so_far = f"so far: {read.decode(errors='replace')}"
            if left <= 0 or not select.select([self.shell.stdout], [], [], left)[0]:
                raise AssertionError(f"{self.host.name}: not done within {seconds} s; {so_far}")
            more = os.read(self.shell.stdout.fileno(), 1 << 16)
            if not more:
                raise AssertionError(f"{self.host.name}: its shell has ended; {NEEDED}; {so_far}")
            read += more
        return read.decode()

    def end(self):
        """Ends the shell and all that was started on the machine."""
        self.shell.stdin.close()
        for process in processes_of(self.host):
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.shell.wait(20)
        self.shell.stdout.close()


def processes_of(host):
    """Ids of the processes in a host's namespace of networks."""
    listed = subprocess.run(["ip", "netns", "pids", host.namespace], capture_output=True, text=True, timeout=20, check=True)
    return [int(process) for process in listed.stdout.split()]
