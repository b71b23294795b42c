# SPDX-License-Identifier: Apache-2.0
"""Runs the programs of cases.py on the peer, SecretFlow SPU 0.9.5: one process a party over loopback, as its users deploy it (no TLS, which favours it).

    python -m venv peer && peer/bin/pip install spu==0.9.5          (brings jax 0.4.34)
    peer/bin/python spu_peer.py --protocol SEMI2K --parties 2 [--runs 3] [--json OUT] [NAME ...]

Per program: seconds (median of the runs, after one warm-up), largest error against plain JAX.
Its SEMI2K draws correlations from a seed held by party 0 inside the timed run; there is no dealer to wait for.
"""
import argparse, json, multiprocessing as mp, os, random, statistics, sys, time
import numpy as np
import cases

ANSWER_SECONDS = 900


def party(rank, n, protocol, port, shares, name, orders):
    """A party: runs the program whenever it is told "run" and says how long it took, gives its shares of the outputs when told "end"."""
    os.environ["JAX_PLATFORMS"] = "cpu"
    import spu
    from spu import libspu
    cfg = spu.RuntimeConfig(protocol=getattr(spu.ProtocolKind, protocol), field=spu.FieldType.FM64, fxp_fraction_bits=18)
    desc = libspu.link.Desc(); desc.recv_timeout_ms = 300_000
    for i in range(n): desc.add_party(f"P{i}", f"127.0.0.1:{port + i}")
    link = libspu.link.create_brpc(desc, rank); rt = spu.Runtime(link, cfg)
    exe, outputs = compiled(name, len(shares))
    for i, s in enumerate(shares): rt.set_var(f"in{i}", s)
    orders.send("ready")
    while orders.recv() == "run":
        t = time.perf_counter(); rt.run(exe); orders.send(time.perf_counter() - t)
    orders.send([rt.get_var(f"out{i}") for i in range(outputs)])


def visibilities(name, inputs):
    """As the peer names them."""
    from spu import libspu
    kinds = {"secret": libspu.Visibility.VIS_SECRET, "public": libspu.Visibility.VIS_PUBLIC}
    return [kinds[v] for v in cases.visibilities(name, inputs)]


def compiled(name, count):
    """The peer's executable of a program with that many inputs, and how many outputs it has."""
    import jax, programs, spu.api
    import spu.utils.frontend as fe
    from spu import libspu
    names = [f"in{i}" for i in range(count)]; options = libspu.CompilerOptions()
    if cases.is_given(name):
        outputs = len(cases.expected(name, None)); source = libspu.CompilationSource(libspu.SourceIRType.XLA, cases.hlo(name), visibilities(name, names))
        code = spu.api.compile(source, options)
        return libspu.Executable(name=name, input_names=names, output_names=[f"out{i}" for i in range(outputs)], code=code), outputs
    exe, out = fe.compile(fe.Kind.JAX, programs.PROGRAMS[name][0], programs.args(name), {}, names, visibilities(name, names),
                          lambda o: [f"out{i}" for i in range(len(o))], copts=options)
    return exe, len(jax.tree_util.tree_leaves(out))


class Peer:
    """One program on the peer, loaded and ready: run() once or more, then error()."""

    def __init__(self, protocol, n, name, inputs=None):
        import spu
        self.name = name
        cfg = spu.RuntimeConfig(protocol=getattr(spu.ProtocolKind, protocol), field=spu.FieldType.FM64, fxp_fraction_bits=18)
        self.io = spu.Io(n, cfg); self.inputs = cases.args(name) if inputs is None else inputs
        shares = [self.io.make_shares(np.asarray(x), v) for x, v in zip(self.inputs, visibilities(name, self.inputs))]
        port = random.randrange(20000, 32000); self.lines = []; self.processes = []
        spawn = mp.get_context("spawn")
        for r in range(n):
            ours, theirs = spawn.Pipe()
            process = spawn.Process(target=party, args=(r, n, protocol, port, [s[r] for s in shares], name, theirs), daemon=True)
            process.start(); theirs.close(); self.lines.append(ours); self.processes.append(process)
        self._answers()

    def _answers(self):
        for line in self.lines:
            if not line.poll(ANSWER_SECONDS): raise RuntimeError(f"no answer within {ANSWER_SECONDS} s")
        try: return [line.recv() for line in self.lines]
        except EOFError: raise RuntimeError("a party of the peer died") from None

    def _tell(self, order):
        try:
            for line in self.lines: line.send(order)
        except OSError: raise RuntimeError("a party of the peer died") from None
        return self._answers()

    def run(self):
        """Seconds of the slowest party."""
        return max(self._tell("run"))

    def error(self):
        """Ends the parties; the largest error of the last run's outputs against plain JAX on the same inputs."""
        shares = self._tell("end")
        have = [self.io.reconstruct(list(parts)) for parts in zip(*shares)]
        return cases.largest_error(self.name, self.inputs, have)

    def close(self):
        for process in self.processes: process.kill(); process.join()


def bench(protocol, n, name, runs):
    peer = Peer(protocol, n, name)
    try:
        peer.run(); secs = [peer.run() for _ in range(runs)]
        return {"name": name, "seconds": statistics.median(secs), "runs": secs, "max_abs_err": peer.error()}
    finally: peer.close()


if __name__ == "__main__":
    a = argparse.ArgumentParser(); a.add_argument("--protocol", default="SEMI2K"); a.add_argument("--parties", type=int, default=2)
    a.add_argument("--runs", type=int, default=3); a.add_argument("--json"); a.add_argument("names", nargs="*"); a = a.parse_args()
    rows = []
    for name in a.names or cases.NAMES:
        try: row = bench(a.protocol, a.parties, name, a.runs)
        except Exception as e: row = {"name": name, "error": str(e)[:200]}
        rows.append(row); print(json.dumps(row), flush=True)
        if a.json: json.dump({"protocol": a.protocol, "parties": a.parties, "rows": rows}, open(a.json, "w"), indent=1)
