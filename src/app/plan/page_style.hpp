// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace spud::app::plan {

/// Light and dark by the reader's system; heat from h0 (costs nothing) to h5 (a third of all bytes and more).
inline constexpr char kStyle[] = R"text(
:root{color-scheme:light dark;--back:#fbfbf9;--card:#fff;--ink:#1c1e21;--soft:#5c636b;--rule:#d9dcd8;--link:#0b57d0;
--h0:#fff;--h1:#fff3dc;--h2:#ffe0ae;--h3:#ffc583;--h4:#ff9f5c;--h5:#f27446;--heat-ink:#1c1e21;--less:#fbe3e0;--more:#ddf3e0;--edge:#9aa1a6}
@media (prefers-color-scheme:dark){:root{--back:#14161a;--card:#1c1f24;--ink:#e6e8ea;--soft:#9aa3ad;--rule:#33383f;--link:#8ab4f8;
--h0:#1c1f24;--h1:#302718;--h2:#493315;--h3:#6a4212;--h4:#8c4c10;--h5:#a94f14;--heat-ink:#fff;--less:#43201e;--more:#17371f;--edge:#69727b}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:76rem;padding:1rem;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.4rem;line-height:1.25;margin:.5rem 0}h2{font-size:1.1rem;margin:2rem 0 .5rem}
a{color:var(--link)}.note,.origin,small{color:var(--soft)}.note{font-size:.9rem}
code,pre,svg text,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace}
.totals{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.6rem;margin:1rem 0;padding:0}
.totals div{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:.6rem .8rem}
.totals dt{color:var(--soft);font-size:.85rem}.totals dd{margin:0;font-size:1.25rem}.totals dd small{display:block;font-size:.8rem}
.scroll{overflow:auto;border:1px solid var(--rule);border-radius:8px;background:var(--card);max-width:100%}
.graph{max-height:85vh}.graph svg{display:block;margin:0 auto}
svg text{font-size:11px;text-anchor:middle;fill:var(--ink)}svg .first{font-weight:600}
.edge{fill:none;stroke:var(--edge);stroke-width:1.1}
.node rect{fill:var(--h0);stroke:var(--edge)}.node.public rect{stroke-dasharray:4 3}.node.end rect{fill:var(--back);rx:14}
a.node:hover rect,a.node:focus rect{stroke:var(--link);stroke-width:2}
.h1 rect{fill:var(--h1)}.h2 rect{fill:var(--h2)}.h3 rect{fill:var(--h3)}.h4 rect{fill:var(--h4)}.h5 rect{fill:var(--h5)}
.h3 text,.h4 text,.h5 text{fill:var(--heat-ink)}
.legend{display:flex;flex-wrap:wrap;gap:.3rem .9rem;font-size:.85rem;color:var(--soft);margin:.4rem 0;padding:0;list-style:none}
.legend i{display:inline-block;width:1.1em;height:1.1em;border:1px solid var(--edge);border-radius:3px;vertical-align:-.15em;margin-right:.35em}
.legend .h0{background:var(--h0)}.legend .h1{background:var(--h1)}.legend .h2{background:var(--h2)}.legend .h3{background:var(--h3)}.legend .h4{background:var(--h4)}.legend .h5{background:var(--h5)}
.legend .dashed{border-style:dashed}
table{border-collapse:collapse;width:100%;font-size:.87rem;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .6rem;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap;vertical-align:top}
th{position:sticky;top:0;background:var(--card);z-index:1}th:first-child,td:first-child{text-align:left}
td:first-child{white-space:normal;min-width:11rem;max-width:26rem}td:first-child span{display:block;font-size:.92em}@media (max-width:40rem){td:first-child{min-width:8.5rem}th,td{padding:.3rem .4rem}}
th button{all:unset;cursor:pointer;font-weight:600}th button:focus-visible{outline:2px solid var(--link)}
th[aria-sort=descending] button::after{content:" ▾"}th[aria-sort=ascending] button::after{content:" ▴"}
.costs{max-height:85vh}tfoot td{font-weight:600;position:sticky;bottom:0;background:var(--card);border-top:1px solid var(--rule)}
tr.free{display:none}#free:checked~.scroll tr.free,tr.free:target{display:table-row}tr:target{background:var(--more)}
.bar{display:inline-block;width:3.5rem;height:.65rem;margin-left:.5rem;vertical-align:middle}
.bar rect{fill:var(--h5)}.bar .bed{fill:var(--rule)}
details{margin:.4rem 0}summary{cursor:pointer}details.region{margin:.6rem 0 .6rem .5rem;padding-left:.6rem;border-left:3px solid var(--rule)}
.two{display:grid;grid-template-columns:1fr 1fr;gap:.6rem}@media (max-width:50rem){.two{grid-template-columns:1fr}}.two>div{min-width:0}
pre{margin:.2rem 0;padding:.6rem;font-size:12px;line-height:1.45;max-height:70vh;overflow-wrap:normal}
del,ins{text-decoration:none;display:inline-block;min-width:100%}del{background:var(--less)}ins{background:var(--more)}
)text";

/// Orders the rows of the table by the column whose head is pressed; again, the other way round. Shows the
/// middle of drawings that are wider than the page.
inline constexpr char kScript[] = R"text(
const table=document.querySelector("table.sortable"),heads=[...table.tHead.rows[0].cells];
heads.forEach((head,column)=>head.querySelector("button").addEventListener("click",()=>{
const down=head.getAttribute("aria-sort")!=="descending"&&column>0||head.getAttribute("aria-sort")==="ascending";
heads.forEach(other=>other.removeAttribute("aria-sort"));
head.setAttribute("aria-sort",down?"descending":"ascending");
const value=row=>Number(row.cells[column].dataset.v);
const rows=[...table.tBodies[0].rows].sort((a,b)=>(down?-1:1)*(value(a)-value(b)));
table.tBodies[0].append(...rows)}));
const centre=()=>document.querySelectorAll(".graph:not([data-seen])").forEach(graph=>{
if(graph.clientWidth===0)return;
graph.dataset.seen="";
graph.scrollLeft=(graph.scrollWidth-graph.clientWidth)/2});
document.querySelectorAll("details").forEach(one=>one.addEventListener("toggle",centre));
centre();
)text";

}  // namespace spud::app::plan
