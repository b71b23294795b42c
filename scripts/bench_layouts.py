# SPDX-License-Identifier: Apache-2.0
"""The same programs on every layout: a table of Markdown. Called by scripts/bench-layouts.sh."""

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

import layouts  # noqa: E402
from cluster import Cluster, Pki  # noqa: E402

SPUD = ROOT / "build/release/bin/spud"
PROGRAMS = {"training": layouts.training, "one pass": layouts.one_pass, "inference": layouts.inference}


def received_by_others(cluster, owner):
    """Bytes of uploads at nodes of other parties than the owner."""
    return sum(cluster[node].metric("spud_upload_bytes_total") for node in cluster.nodes if node != owner)


def measure(cluster, layout, work, name, runs):
    """Medians over runs: bytes between nodes, of the tape, rounds, seconds of the run and of all of the attempt."""
    program = cluster.folder / f"{name.replace(' ', '-')}.hlo.pb"
    program.write_bytes(work.program)
    first = layout.owners[0]
    allows = cluster.policy(name.replace(" ", "-"), recipients=[first])
    pushed = 0
    for owner, (dataset, array) in zip(layout.owners, work.inputs.items()):
        before = received_by_others(cluster, owner)
        cluster.client(owner).push(dataset, array, policy=allows)
        pushed += received_by_others(cluster, owner) - before
    owner = cluster.client(first)
    rows = []
    for run in range(runs + 1):
        job = f"{name.replace(' ', '-')}-{run}"
        owner.run(program, list(work.inputs), [first] * len(work.expected), job)
        work.check(owner.fetch(job))
        attempt = owner.show(job)["attempts"][-1]
        reports = [report["measures"] for report in attempt["reports"]]
        rows.append(
            {
                "pushed": pushed,
                "sent": sum(report["sent_bytes"] for report in reports),
                "tape": sum(report["tape_bytes"] for report in reports),
                "rounds": max(report["rounds"] for report in reports),
                "run": max(report["run_seconds"] for report in reports),
                "attempt": (attempt["ended_unix_millis"] - attempt["started_unix_millis"]) / 1e3,
            }
        )
    # The first compiles and warms up.
    return {key: sorted(row[key] for row in rows[1:])[runs // 2] for key in rows[0]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--layouts", nargs="*", default=list(layouts.LAYOUTS))
    options = parser.parse_args()
    made = {name: make() for name, make in PROGRAMS.items()}
    print("| program | layout | pushed to other parties, KiB | sent between nodes, KiB | from the dealer, KiB | rounds | run s | attempt s |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "keys").mkdir()
        pki = Pki(SPUD, folder / "keys")
        for number, name in enumerate(options.layouts):
            layout = layouts.LAYOUTS[name]
            cluster = Cluster(SPUD, pki, folder / f"cluster-{number}", nodes=layout.nodes).start()
            try:
                first, *others = dict.fromkeys(layout.owners)
                cluster.make_device(*layout.device, "--dealer", "carol", owner=first, others=others)
                for program, work in made.items():
                    row = measure(cluster, layout, work, program, options.runs)
                    print(
                        f"| {program} | {name} | {row['pushed'] / 1024:.0f} | {row['sent'] / 1024:.0f} | {row['tape'] / 1024:.0f} | {row['rounds']:.0f} | "
                        f"{row['run']:.3f} | {row['attempt']:.3f} |",
                        flush=True,
                    )
            except AssertionError as error:
                print(f"bench-layouts: {name}: {error}", file=sys.stderr)
                failed = 1
            finally:
                cluster.end()
    return failed


if __name__ == "__main__":
    sys.exit(main())
