# SPDX-License-Identifier: Apache-2.0
"""Runs programs.py on the peer, SecretFlow SPU 0.9.5 from PyPI: one process a party over loopback, as its users deploy it (no TLS, which favours it).

    python -m venv peer && peer/bin/pip install spu==0.9.5          (brings jax 0.4.34)
    peer/bin/python spu_peer.py --protocol SEMI2K --parties 2 [--runs 3] [--json OUT] [NAME ...]

Per program: seconds (median of the runs, after one warm-up), bytes and messages sent by party 0, largest error against plain JAX.
Its SEMI2K draws correlations from a seed held by party 0 inside the timed run; there is no dealer to wait for.
"""
import argparse, json, multiprocessing as mp, os, random, statistics, sys, time
import numpy as np

def party(rank, n, protocol, port, shares, name, runs, q):
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax, spu, programs
    import spu.utils.frontend as fe
    from spu import libspu
    cfg = spu.RuntimeConfig(protocol=getattr(spu.ProtocolKind, protocol), field=spu.FieldType.FM64, fxp_fraction_bits=18)
    desc = libspu.link.Desc(); desc.recv_timeout_ms = 300_000
    for i in range(n): desc.add_party(f"P{i}", f"127.0.0.1:{port + i}")
    link = libspu.link.create_brpc(desc, rank); rt = spu.Runtime(link, cfg)
    xs = programs.args(name)
    exe, out = fe.compile(fe.Kind.JAX, programs.PROGRAMS[name][0], xs, {}, [f"in{i}" for i in range(len(xs))],
                          [libspu.Visibility.VIS_SECRET] * len(xs), lambda o: [f"out{i}" for i in range(len(o))], copts=libspu.CompilerOptions())
    for i, s in enumerate(shares): rt.set_var(f"in{i}", s)
    took = []
    for r in range(runs + 1):
        before = link.get_stats() if hasattr(link, "get_stats") else None
        t = time.perf_counter(); rt.run(exe); took.append(time.perf_counter() - t)
        after = link.get_stats() if hasattr(link, "get_stats") else None
    sent = (after.sent_bytes - before.sent_bytes, after.sent_actions - before.sent_actions) if after else (None, None)
    outs = [rt.get_var(f"out{i}") for i in range(len(jax.tree_util.tree_leaves(out)))]
    q.put((rank, took[1:], sent, outs)); q.close(); q.join_thread()

def bench(protocol, n, name, runs):
    import jax, spu, programs
    cfg = spu.RuntimeConfig(protocol=getattr(spu.ProtocolKind, protocol), field=spu.FieldType.FM64, fxp_fraction_bits=18)
    io = spu.Io(n, cfg); xs = programs.args(name)
    shares = [io.make_shares(np.asarray(x), spu.Visibility.VIS_SECRET) for x in xs]
    q = mp.Queue(); port = random.randrange(20000, 50000)
    ps = [mp.Process(target=party, args=(r, n, protocol, port, [s[r] for s in shares], name, runs, q)) for r in range(n)]
    for p in ps: p.start()
    got = sorted((q.get(timeout=900) for _ in ps), key=lambda t: t[0])
    for p in ps: p.join()
    want = jax.tree_util.tree_leaves(programs.PROGRAMS[name][0](*xs))
    have = [io.reconstruct([g[3][i] for g in got]) for i in range(len(want))]
    err = max(float(np.max(np.abs(np.asarray(h, np.float64) - np.asarray(w, np.float64)))) for h, w in zip(have, want))
    secs = [max(g[1][r] for g in got) for r in range(runs)]
    return {"name": name, "seconds": statistics.median(secs), "runs": secs, "bytes_sent": got[0][2][0], "messages_sent": got[0][2][1], "max_abs_err": err}

if __name__ == "__main__":
    a = argparse.ArgumentParser(); a.add_argument("--protocol", default="SEMI2K"); a.add_argument("--parties", type=int, default=2)
    a.add_argument("--runs", type=int, default=3); a.add_argument("--json"); a.add_argument("names", nargs="*"); a = a.parse_args()
    mp.set_start_method("spawn"); sys.path.insert(0, os.path.dirname(__file__)); import programs
    rows = []
    for name in a.names or programs.PROGRAMS:
        try: row = bench(a.protocol, a.parties, name, a.runs)
        except Exception as e: row = {"name": name, "error": str(e)[:200]}
        rows.append(row); print(json.dumps(row), flush=True)
        if a.json: json.dump({"protocol": a.protocol, "parties": a.parties, "rows": rows}, open(a.json, "w"), indent=1)

