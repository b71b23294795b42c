// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace spud::service::status {

/// Light and dark by the reader's system. Every text has a contrast of 4.5 to what is behind it; tables
/// become cards on a phone.
inline constexpr char kStyle[] = R"text(
:root{color-scheme:light dark;--back:#f4f5f2;--card:#fff;--ink:#1c1e21;--soft:#565d66;--rule:#dcdfdb;--link:#0b57d0;--bed:#e3e6e2;
--good:#176b34;--good-back:#e2f3e6;--good-fill:#2f9e57;--busy:#0b4fb8;--busy-back:#e4edfb;--busy-fill:#3b78dd;
--warn:#7a4d00;--warn-back:#fdf0d3;--warn-fill:#d79a1e;--bad:#ab1f1f;--bad-back:#fce5e3;--bad-fill:#d64541;--quiet:#565d66;--quiet-back:#ecefeb;--quiet-fill:#8b939c}
@media (prefers-color-scheme:dark){:root{--back:#121417;--card:#1b1e23;--ink:#e7e9eb;--soft:#a0a9b3;--rule:#30353c;--link:#8ab4f8;--bed:#2d3239;
--good:#7fd99a;--good-back:#16301f;--good-fill:#3fae69;--busy:#9cc2ff;--busy-back:#182a45;--busy-fill:#5b93ee;
--warn:#f0c15c;--warn-back:#362a10;--warn-fill:#c58f1f;--bad:#ff9d96;--bad-back:#3d1a1a;--bad-fill:#e0605a;--quiet:#a0a9b3;--quiet-back:#262b31;--quiet-fill:#6d757e}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:84rem;padding:1rem 1.25rem 2rem;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
a{color:var(--link)}h1,h2,p,dl,dd,dt{margin:0}
header{display:flex;flex-wrap:wrap;align-items:center;gap:.4rem .9rem;margin-bottom:.25rem}
h1{font-size:1.45rem;line-height:1.2;font-weight:650;display:flex;align-items:center;gap:.5rem}h1 svg{width:1.5rem;height:1.5rem;flex:none}h1 .role{color:var(--soft);font-weight:400}
h2{font-size:1.05rem;font-weight:650;margin:1.75rem 0 .6rem}
.facts{display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;color:var(--soft);font-size:.92rem}
.soft,small{color:var(--soft)}.soft{font-size:.92rem}code{font-family:ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace;font-size:.9em}
.badge{display:inline-block;padding:.05rem .55rem;border-radius:1rem;font-size:.85rem;font-weight:600;white-space:nowrap}
.badge.good{color:var(--good);background:var(--good-back)}.badge.busy{color:var(--busy);background:var(--busy-back)}.badge.warn{color:var(--warn);background:var(--warn-back)}
.badge.bad{color:var(--bad);background:var(--bad-back)}.badge.quiet{color:var(--quiet);background:var(--quiet-back)}
.notice{margin:.75rem 0 0;padding:.5rem .8rem;border-radius:8px;color:var(--warn);background:var(--warn-back);font-weight:600}.notice[hidden]{display:none}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(10.5rem,1fr));gap:.7rem;margin-top:1rem}
.tile{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:.6rem .85rem .7rem;display:flex;flex-direction:column}
.tile dt{color:var(--soft);font-size:.87rem}.tile dd{display:flex;flex-direction:column;flex:1}.tile b{font-size:1.45rem;line-height:1.3;font-weight:600;font-variant-numeric:tabular-nums}
.tile.good b{color:var(--good)}.tile.warn{box-shadow:inset 4px 0 var(--warn-fill)}.tile.bad{box-shadow:inset 4px 0 var(--bad-fill)}
.tile.warn b{color:var(--warn)}.tile.bad b{color:var(--bad)}.tile .sign{float:right;font-weight:700}.tile.good .sign{color:var(--good)}.tile.warn .sign{color:var(--warn)}.tile.bad .sign{color:var(--bad)}.tile.busy .sign{color:var(--busy)}
.well{margin-top:.6rem;color:var(--soft)}#needs{margin-top:.9rem}
.needs{list-style:none;margin:0;padding:0;background:var(--card);border:1px solid var(--rule);border-radius:10px;overflow:hidden}
.needs li{display:flex;gap:.6rem;padding:.4rem .85rem;box-shadow:inset 4px 0 var(--warn-fill)}.needs li+li{border-top:1px solid var(--rule)}.needs li.bad{box-shadow:inset 4px 0 var(--bad-fill)}
.needs a{color:var(--ink);text-decoration-color:var(--soft);text-underline-offset:.2em}.needs a:hover{text-decoration-color:currentColor}
.needs .sign{flex:none;width:1rem;text-align:center;font-weight:700;color:var(--warn)}.needs .bad .sign{color:var(--bad)}
.tile small{font-size:.85rem}.tile svg{margin-top:auto}.tile .bar{position:relative;top:.15rem}
.bar{display:block;width:100%;height:.5rem;border-radius:.25rem;overflow:hidden;margin:.3rem 0}.bar .bed{fill:var(--bed)}
.bar.good .fill{fill:var(--good-fill)}.bar.busy .fill{fill:var(--busy-fill)}.bar.warn .fill{fill:var(--warn-fill)}.bar.bad .fill{fill:var(--bad-fill)}.bar.quiet .fill{fill:var(--quiet-fill)}
.curve{display:block;width:100%;height:2.1rem}.curve polyline{fill:none;stroke:var(--busy-fill);stroke-width:1.6;stroke-linejoin:round;vector-effect:non-scaling-stroke}.curve polygon{fill:var(--busy-back)}
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--rule);border-radius:10px;margin-bottom:.6rem}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:.55rem .85rem .1rem;color:var(--soft);font-size:.87rem}
th,td{padding:.42rem .85rem;text-align:left;vertical-align:top;border-top:1px solid var(--rule);font-weight:400}
thead th{border-top:0;color:var(--soft);font-size:.84rem;white-space:nowrap;padding-bottom:.25rem}
time{white-space:nowrap}th.number,td.number{text-align:right;overflow-wrap:normal}tr:target,tr.led{background:var(--busy-back)}
summary{cursor:pointer;padding:.5rem .85rem;background:var(--card);border:1px solid var(--rule);border-radius:10px;font-size:.9rem;margin-bottom:.6rem}
tbody th{font-weight:600;min-width:6.5rem}th .soft,td .soft{font-weight:400;display:block}
td.progress{min-width:14rem}td.fill{min-width:7rem}td.cause{min-width:12rem}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(18rem,1fr));gap:.2rem .9rem;align-items:start}.columns section{min-width:0}
footer{margin-top:2rem;padding-top:.8rem;border-top:1px solid var(--rule);display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;align-items:center;font-size:.92rem}
button{font:inherit;font-size:.9rem;color:var(--link);background:none;border:1px solid var(--rule);border-radius:6px;padding:.15rem .6rem;cursor:pointer}button[hidden]{display:none}
@media (min-width:64rem){.tiles:has(.tile:nth-child(7)){grid-template-columns:repeat(4,1fr)}}
@media (max-width:44rem){body{padding:.75rem .8rem 1.5rem}.tiles{grid-template-columns:1fr 1fr;gap:.55rem}.tile b{font-size:1.2rem}
.scroll{border:0;background:none;border-radius:0;overflow:visible}table,tbody,caption{display:block}caption{padding:0 0 .3rem}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
tr{display:grid;grid-template-columns:1fr 1fr;gap:.3rem .8rem;background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:.55rem .8rem .6rem;margin-bottom:.55rem}
tbody th{grid-column:1/-1;min-width:0;border:0;padding:0;font-size:1rem}td{display:block;min-width:0;border:0;padding:0}td.empty{display:none}
td::before{content:attr(data-head);display:block;color:var(--soft);font-size:.8rem;line-height:1.3}td.progress,td.cause,td.wide{grid-column:1/-1}td.progress,td.fill,td.cause{min-width:0}td.number{text-align:left}}
@media print{button,.curve{display:none}}
)text";

/// Draws the page anew every few seconds, unless nobody looks, somebody is marking text in it, or has asked
/// for a pause. What was unfolded, what had the focus and the row that a link has led to stay so. Without it
/// a page is drawn anew by the browser.
inline constexpr char kScript[] = R"text(
const note=document.getElementById("silent"),button=document.getElementById("pause");
let paused=false,since=null;
button.hidden=false;
button.addEventListener("click",()=>{paused=!paused;button.setAttribute("aria-pressed",paused);button.textContent=paused?"Go on":"Pause"});
const draw=async()=>{
if(!paused&&!document.hidden&&String(getSelection())===""){
const stop=new AbortController(),timer=setTimeout(()=>stop.abort(),8000);
try{
const answer=await fetch(location.href,{cache:"no-store",signal:stop.signal});
if(!answer.ok)throw new Error(answer.status);
const next=new DOMParser().parseFromString(await answer.text(),"text/html");
const old=document.getElementById("page"),page=document.adoptNode(next.getElementById("page")),at=document.activeElement.id;
for(const one of old.querySelectorAll("details[open]"))page.querySelector("#"+one.id)?.setAttribute("open","");
old.replaceWith(page);
document.getElementById(location.hash.slice(1))?.classList.add("led");
if(at&&page.querySelector("#"+at))document.getElementById(at).focus({preventScroll:true});
note.hidden=true;since=null;
}catch{
since??=new Date();
note.textContent="No answer since "+since.toISOString().slice(11,19)+" UTC: this is as it was before.";
note.hidden=false;
}finally{clearTimeout(timer)}
}
setTimeout(draw,3000)};
setTimeout(draw,3000);
)text";

/// A potato, roughly.
inline constexpr char kMark[] =
    R"text(<svg viewBox="0 0 32 32" aria-hidden="true"><path d="M9 5c5-3 13-1 17 5s4 15-3 18-16-1-19-8S3 9 9 5z" fill="#c58f4a"/><g fill="#7d5423"><circle cx="12" cy="12" r="1.7"/><circle cx="20" cy="15" r="1.7"/><circle cx="14" cy="21" r="1.7"/><circle cx="22" cy="22" r="1.3"/></g></svg>)text";

/// The same for a browser's tab.
inline constexpr char kIcon[] =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Cpath d='M9 5c5-3 "
    "13-1 "
    "17 5s4 15-3 18-16-1-19-8S3 9 9 5z' fill='%23c58f4a'/%3E%3C/svg%3E";

}  // namespace spud::service::status
