// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace spud::app::job_report {

/// Light and dark by the reader's system. Waiting is striped everywhere, so that it is told apart without
/// colours as well.
inline constexpr char kStyle[] = R"text(
:root{color-scheme:light dark;--back:#fbfbf9;--card:#fff;--ink:#1c1e21;--soft:#5c636b;--rule:#d9dcd8;--bed:#eef0ed;
--prepare:#7aa6d8;--run:#2f9e77;--wait:#e3a33b;--dealer:#9a6fc4;--store:#5f7484;--ask:#a9b3bb;--rest:#dc93b4;--grid:#e7e9e5;--bad:#c43d32;--bad-back:#fbe9e6;--good-back:#e3f3ea;--note-back:#fff5de}
@media (prefers-color-scheme:dark){:root{--back:#14161a;--card:#1c1f24;--ink:#e6e8ea;--soft:#9aa3ad;--rule:#33383f;--bed:#262a30;
--prepare:#4f81b8;--run:#35b088;--wait:#d4922a;--dealer:#a67fd1;--store:#7d93a4;--ask:#5d6870;--rest:#b9688d;--grid:#2d3238;--bad:#f08579;--bad-back:#3b1f1c;--good-back:#16332a;--note-back:#332a15}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1rem;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.45rem;line-height:1.25;margin:.5rem 0 .2rem}h2{font-size:1.1rem;margin:2rem 0 .4rem}h3{font-size:.95rem;margin:1.1rem 0 .3rem}
.state{display:inline-block;font-size:.85rem;font-weight:600;padding:.1rem .6rem;border-radius:1rem;background:var(--bed);vertical-align:.2em;margin-left:.4rem}
.state.done{background:var(--good-back);color:var(--run)}.state.failed{background:var(--bad-back);color:var(--bad)}
.note,small,.soft{color:var(--soft)}.note{font-size:.9rem;margin:.2rem 0 .6rem}.mono{font-family:ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace;font-size:.88em}
.totals{display:grid;grid-template-columns:repeat(auto-fit,minmax(7.6rem,1fr));gap:.6rem;margin:1rem 0;padding:0}
.totals div{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:.55rem .8rem}
.totals dt{color:var(--soft);font-size:.85rem}.totals dd{margin:0;font-size:1.2rem}.totals small{display:block;font-size:.8rem}
.box{border-radius:8px;padding:.6rem .9rem;margin:.6rem 0;border:1px solid var(--rule);background:var(--card)}
.box.bad{background:var(--bad-back);border-color:var(--bad)}.box.warn{background:var(--note-back);border-color:var(--wait)}
.box ul{margin:.2rem 0;padding-left:1.2rem}
.chart{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:.5rem .8rem .7rem}
.party{margin:.7rem 0 .2rem;font-weight:600;font-size:.92rem}.party .soft{font-weight:400}.party:first-child{margin-top:.1rem}
.row{margin:.15rem 0}.row .what{font-size:.78rem;color:var(--soft);line-height:1.3;margin-top:.4rem}.row svg+.what{margin-top:.15rem}
svg{display:block;width:100%;background:var(--bed);border-radius:3px}
svg.key{display:inline-block;width:1.5em;height:.9em;vertical-align:-.05em;margin-right:.35em;border-radius:3px}
.lanes{background:linear-gradient(to right,var(--grid) 1px,transparent 1px);padding:.3rem 0 .4rem}.lanes svg{background:#8c969f24}
.axis{position:relative;height:1.1rem;font-size:.75rem;line-height:1.1rem;color:var(--soft);font-variant-numeric:tabular-nums;white-space:nowrap}
.axis span{position:absolute;transform:translateX(-50%)}.axis .first{transform:none}.axis .last{transform:translateX(-100%)}
.prepare{fill:var(--prepare)}.run{fill:var(--run)}.wait{fill:var(--wait)}.dealer{fill:var(--dealer)}.store{fill:var(--store)}.ask{fill:var(--ask)}.rest{fill:var(--rest)}.bad{fill:var(--bad)}
.stripe{stroke:var(--card);stroke-width:2;opacity:.55}.frame{fill:none;stroke:var(--soft);stroke-width:1;vector-effect:non-scaling-stroke;opacity:.6}
.failed-span{fill:none;stroke:var(--bad);stroke-width:2;vector-effect:non-scaling-stroke}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1rem;font-size:.83rem;color:var(--soft);margin:.4rem 0;padding:0;list-style:none}
.scroll{overflow:auto;border:1px solid var(--rule);border-radius:8px;background:var(--card);max-width:100%}
table{border-collapse:collapse;width:100%;font-size:.87rem;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .65rem;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap;vertical-align:top}
tr:last-child td{border-bottom:0}
th{font-weight:600;color:var(--soft)}th:first-child,td:first-child,.left{text-align:left}td.left{white-space:normal;min-width:15rem}
td:first-child{white-space:normal}td:has(.origin){min-width:8.5rem}td .origin{display:block;color:var(--soft);font-size:.9em}
svg.share{display:inline-block;width:5rem;height:.7rem;vertical-align:-.05em;margin-left:.5rem}
details{margin:.6rem 0}summary{cursor:pointer;font-weight:600}
@media (max-width:40rem){th,td{padding:.3rem .4rem}body{padding:.7rem}}
@media print{.scroll{overflow:visible}}
)text";

}  // namespace spud::app::job_report
