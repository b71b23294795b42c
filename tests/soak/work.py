# SPDX-License-Identifier: Apache-2.0
"""What a client of a soak does: jobs without pause, data that comes and goes, results that are compared."""

import collections
import random
import shutil
import threading
import time
from dataclasses import dataclass, field

import numpy as np

from corpus_case import load_case

# Whatever happens, a job has ended within this time of its submission, and a request was granted or refused.
BOUND_SECONDS = 180
PAUSE_SECONDS = 0.3
LOOP_TRIPS = (20, 300, 4000)
CASES = ("dot_matmul", "prog_logreg_infer_bc", "dot_vec", "sort_1d", "ctl_while_public")
# Of which tapes are kept ready.
STOCKED = ("dot_matmul", "prog_logreg_infer_bc")
MOST_RESUBMISSIONS = 3
REFETCHED = 20


@dataclass
class Tally:
    """What all clients found, under one lock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    counts: collections.Counter = field(default_factory=collections.Counter)
    causes: collections.Counter = field(default_factory=collections.Counter)
    refusals: collections.Counter = field(default_factory=collections.Counter)
    job_seconds: list = field(default_factory=list)
    findings: list = field(default_factory=list)

    def count(self, what):
        with self.lock:
            self.counts[what] += 1

    def find(self, kind, what):
        """Something that must not be."""
        with self.lock:
            self.findings.append({"kind": kind, "what": what, "at": time.strftime("%H:%M:%S")})
        print(f"soak: FOUND {kind}: {what}", flush=True)


class Worker(threading.Thread):
    """One client, until it is stopped; what it begins it ends."""

    def __init__(self, number, party, cluster, devices, seed, tally):
        super().__init__(daemon=True)
        self.client_name = f"{party}-{number}"
        self.party, self.devices, self.tally = party, devices, tally
        self.client = cluster.client(party, name=self.client_name)
        self.draw = random.Random(f"client {seed} {number}")
        self.names = set(cluster.services) | set(cluster.nodes)
        self.over = threading.Event()
        self.standing = {}  # (device, case) -> inputs, pushed once
        self.data = {}  # dataset -> device: acknowledged, and nobody asked to drop it
        self.done = []  # (job, case, trips)
        self.jobs = 0
        self.pushes = 0
        self.now = "begins"

    def run(self):
        try:
            while not self.over.is_set():
                self.one_job()
        except Exception as error:  # whatever it is, the soak has not shown what it is for
            self.tally.find("client", f"{self.client_name}: {type(error).__name__}: {error}")

    # ---- requests

    def ask(self, what, *arguments):
        """Runs a client until it is granted. Answers None, with a finding, if that does not happen in time."""
        self.now = what
        deadline = time.monotonic() + BOUND_SECONDS
        while True:
            try:
                done = self.client.spud(*arguments, expect=None)
            except AssertionError as error:
                self.tally.find("hang", f"{what}: {error}")
                return None
            if done.code == 0:
                return done
            self.note_refusal(what, done)
            if time.monotonic() >= deadline:
                self.tally.find("hang", f"{what} was not granted within {BOUND_SECONDS} s: {done.err}")
                return None
            # Not self.over: what was begun is ended.
            threading.Event().wait(PAUSE_SECONDS)

    def note_refusal(self, what, done):
        lines = [line for line in done.err.splitlines() if line.startswith("spud: ")]
        self.tally.count("refusals")
        if len(lines) != 1:
            self.tally.find("unnamed", f"{what}: exit code {done.code}, {done.err!r}")
            return
        with self.tally.lock:
            self.tally.refusals[shape_of(lines[0])] += 1

    # ---- data

    def push(self, name, array, device):
        file = self.client.save(name, np.asarray(array))
        done = self.ask(f"push {name}", "push", name, file, "--device", device)
        if done is not None:
            self.data[name] = device
            self.tally.count("pushes")
        return done is not None

    def drop(self, name):
        """From now on it may be there or not."""
        device = self.data.pop(name)
        if self.ask(f"drop {name}", "data", "drop", name, "--device", device) is not None:
            self.tally.count("drops")

    def inputs(self, device, name, fresh):
        """Sources of a case's inputs in order, what to drop afterwards, and what out0 is if the case does not say."""
        case = load_case(name)
        key = (device, name)
        arrays, first, trips = case.inputs, [], None
        if name == "ctl_while_public":
            trips = self.draw.choice(LOOP_TRIPS)
            first = [f"@{self.client.save(f'trips-{trips}', np.array(trips, np.int32))}"]
            arrays = arrays[1:]
        if key in self.standing and not fresh:
            return case, first + self.standing[key], [], trips
        self.pushes += 1
        pushed = []
        for i, array in enumerate(arrays):
            dataset = f"{self.client_name}-{self.pushes}-in{i}"
            if not self.push(dataset, array, device):
                return None
            pushed.append(dataset)
        if key not in self.standing:
            self.standing[key] = pushed
            return case, first + pushed, [], trips
        return case, first + pushed, pushed, trips

    # ---- jobs

    def one_job(self):
        device, name = self.draw.choice(self.devices), self.draw.choice(CASES)
        supply = self.draw.choice(("live", "any", "stock")) if name in STOCKED else "any"
        made = self.inputs(device, name, fresh=self.draw.random() < 0.2)
        if made is None:
            return
        case, sources, to_drop, trips = made
        self.jobs += 1
        job = f"{self.client_name}-{self.jobs}"
        self.run_job(job, name, case, sources, device, supply, trips)
        for dataset in to_drop:
            self.drop(dataset)

    def run_job(self, job, name, case, sources, device, supply, trips):
        outputs = [self.party] * len(case.expected)
        submit = [*self.client.job(case.program, sources, outputs, job, device), "--supply", supply]
        begin = time.monotonic()
        for submission in range(1 + MOST_RESUBMISSIONS):
            if self.ask(f"submit {job} ({name} on {device}, {supply})", *submit) is None:
                return
            shown = self.wait_ended(job, f"{name} on {device}, {supply}")
            if shown is None:
                return
            if shown["state"] == "done":
                self.tally.count("done")
                with self.tally.lock:
                    self.tally.job_seconds.append(time.monotonic() - begin)
                if self.compare(job, case, trips):
                    self.done.append((job, case, trips))
                return
            self.note_failure(job, shown)
            if self.draw.random() < 0.3:
                break
        self.tally.count("failed for good")

    def wait_ended(self, job, what):
        deadline = time.monotonic() + BOUND_SECONDS
        shown = None
        while time.monotonic() < deadline:
            done = self.ask(f"show {job}", "job", "show", job, "--json")
            if done is None:
                return None
            shown = done.json
            if shown["state"] not in ("queued", "running"):
                return shown
            threading.Event().wait(PAUSE_SECONDS)
        self.tally.find("hang", f"job {job} ({what}) has not ended within {BOUND_SECONDS} s: {shown}")
        return None

    def note_failure(self, job, shown):
        """It names somebody, or what of."""
        self.tally.count("failed attempts")
        error = shown["attempts"][-1]["error"] if shown["attempts"] else shown.get("error")
        text = error and error.get("what") or error and error.get("message") or ""
        party = error and error.get("party") or ""
        if not error or not text or not (party or any(name in str(error) for name in self.names | {job})):
            self.tally.find("unnamed", f"{job} is {shown['state']}: {error}")
            return
        with self.tally.lock:
            self.tally.causes[f"{party}: {shape_of(text)}"] += 1

    def compare(self, job, case, trips, folder="results"):
        target = self.client.folder / f"{folder}-{job}"
        if self.ask(f"fetch {job}", "fetch", job, "--out", target) is None:
            return False
        results = {file.stem: np.load(file) for file in target.iterdir()}
        shutil.rmtree(target)
        try:
            if trips is None:
                case.check(results)
            else:
                assert results["out0"] == trips, results
        except AssertionError as error:
            self.tally.find("wrong", f"{job}: {error}")
            return False
        self.tally.count("right")
        return True

    # ---- when all faults are over

    def check_at_end(self):
        """All that was acknowledged is there and serves."""
        for name, device in self.data.items():
            if self.ask(f"show data {name}", "data", "show", name, "--device", device, "--json") is None:
                self.tally.find("lost", f"dataset {name} of {device}")
        listed = self.ask("list data", "data", "list", "--json")
        if listed is not None:
            missing = set(self.data) - {row["name"] for row in listed.json}
            if missing:
                self.tally.find("lost", f"datasets that are not listed: {sorted(missing)}")
        for (device, name), datasets in self.standing.items():
            case = load_case(name)
            sources, trips = datasets, None
            if name == "ctl_while_public":
                trips = LOOP_TRIPS[0]
                sources = [f"@{self.client.save(f'trips-{trips}', np.array(trips, np.int32))}", *datasets]
            self.run_job(f"{self.client_name}-last-{device}-{name.replace('_', '-')}", name, case, sources, device, "any", trips)
        for job, case, trips in self.done[-REFETCHED:]:
            self.compare(job, case, trips, "again")
        self.tally.counts["datasets at the end"] += len(self.data)


def shape_of(text):
    """An error without its numbers, so that the same is counted together."""
    words = []
    for word in text.split():
        digits = sum(letter.isdigit() for letter in word)
        words.append("…" if digits > 1 else word)
    return " ".join(words)[:160]
