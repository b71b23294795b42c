# SPDX-License-Identifier: Apache-2.0
"""Waiting for things to happen: always with a deadline, never for a fixed time."""

import time

POLL_SECONDS = 0.02


def wait_until(condition, what, seconds=20):
    """Asks `condition` until its answer is true and returns that answer.

    Fails at the deadline, naming `what`; that may be a function, to show what was seen last.
    """
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(POLL_SECONDS)
