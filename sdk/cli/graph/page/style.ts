/** The page's style, for light and dark, for narrow screens and for paper. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --rim: #e2e5ea; --text: #1b2330; --quiet: #5b6675; --box: #fff; --line: #c9d0d9;
  --focus: #0b57d0; --unused: #b3261e; --scripts: #3d4a5c; --scripts-box: #eef1f6;
  --c0: #2563c9; --c1: #18794e; --c2: #b4540a; --c3: #7a3fc4; --c4: #0c7480; --c5: #b42d6c; --c6: #7a611b; --c7: #4f5bb5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10141a; --card: #171c24; --rim: #262d38; --text: #e6eaf0; --quiet: #98a4b3; --box: #1d2430; --line: #38424f;
    --focus: #8ab4f8; --unused: #ff8a80; --scripts: #b7c3d4; --scripts-box: #242d3a;
    --c0: #79a8f5; --c1: #5fc492; --c2: #f0a35e; --c3: #b997f0; --c4: #56c5d0; --c5: #f08cb8; --c6: #d4b85f; --c7: #a3acf2;
  }
}
.colour-0 { --own: var(--c0); } .colour-1 { --own: var(--c1); } .colour-2 { --own: var(--c2); }
.colour-3 { --own: var(--c3); } .colour-4 { --own: var(--c4); } .colour-5 { --own: var(--c5); }
.colour-6 { --own: var(--c6); } .colour-7 { --own: var(--c7); } .colour-scripts { --own: var(--scripts); }
.unused { --own: var(--unused); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 14px/1.45 system-ui, sans-serif; }
header { position: sticky; top: 0; z-index: 1; padding: 14px 20px 10px; background: var(--page); border-bottom: 1px solid var(--rim); }
h1 { display: inline; margin: 0 12px 0 0; font-size: 18px; }
h1 + p { display: inline; color: var(--quiet); }
#tools:not([hidden]) { display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: center; margin-top: 10px; }
#search { flex: 0 1 300px; min-width: 180px; padding: 6px 10px; font: inherit; color: inherit; background: var(--box);
  border: 1px solid var(--line); border-radius: 8px; }
#legend { display: flex; flex-wrap: wrap; gap: 6px; }
#status { margin: 0; color: var(--quiet); }
button { font: inherit; color: inherit; cursor: pointer; }
.kind { display: inline-flex; gap: 6px; align-items: center; padding: 3px 10px; background: var(--box);
  border: 1px solid var(--line); border-radius: 99px; }
.kind::before { content: ""; width: 10px; height: 10px; border-radius: 3px; background: var(--own); }
.kind.unused::before { background: none; border: 2px solid var(--own); }
.kind[aria-pressed="false"] { opacity: 0.5; text-decoration: line-through; }
main { padding: 16px 20px 40px; }
#columns { display: flex; gap: 16px; align-items: flex-start; }
#drawing { flex: 1; min-width: 0; overflow-x: auto; }
svg { display: block; margin-bottom: 12px; }
.card { fill: var(--card); stroke: var(--rim); }
.title { fill: var(--quiet); font-size: 12px; font-weight: 600; }
.node { cursor: pointer; outline: none; transition: opacity 0.12s; }
.node text { font-size: 13px; fill: var(--text); dominant-baseline: central; unicode-bidi: plaintext; }
.node .note { font-size: 11px; fill: var(--own); text-anchor: end; }
.node .box { fill: var(--box); stroke: var(--line); }
.node.colour-scripts .box { fill: var(--scripts-box); }
.node.unused .box { stroke: var(--own); stroke-dasharray: 4 3; fill: var(--box); }
.node .bar { fill: var(--own); }
.node.found .label { font-weight: 600; }
.node.centre .box, .node:focus-visible .box { stroke: var(--focus); stroke-width: 2; }
.edge { fill: none; stroke: var(--own); stroke-opacity: 0.45; stroke-width: 1.25; pointer-events: none; transition: opacity 0.12s; }
.marked .node:not(.lit) { opacity: 0.45; }
.marked .edge:not(.lit) { opacity: 0.3; }
.marked .edge.lit { stroke-opacity: 1; stroke-width: 2; }
#details { position: sticky; top: 110px; flex: 0 0 300px; max-height: calc(100vh - 130px); overflow: auto; padding: 4px 16px 12px;
  background: var(--card); border: 1px solid var(--rim); border-radius: 10px; overflow-wrap: anywhere; }
#details h2 { margin: 10px 0 6px; font-size: 16px; }
#details h3 { margin: 14px 0 4px; font-size: 13px; color: var(--quiet); }
#details p { margin: 4px 0; color: var(--quiet); }
#details ul { margin: 0; padding: 0; list-style: none; }
#details li { padding: 4px 0; }
#details li code { display: block; padding-left: 9px; color: var(--quiet); }
#details .warning { color: var(--unused); font-weight: 600; }
code { font: 12px ui-monospace, monospace; }
.link { width: 100%; padding: 3px 8px; text-align: start; background: none; border: 0; border-inline-start: 3px solid var(--own); border-radius: 3px; }
.link:hover { background: var(--scripts-box); }
.link small { margin-inline-end: 6px; color: var(--own); }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 1px; }
#list { margin-top: 20px; }
#list summary { cursor: pointer; color: var(--quiet); }
#list h2 { font-size: 16px; }
#list li { margin: 2px 0; }
#list code { color: var(--quiet); }
@media (max-width: 980px) {
  #columns { display: block; }
  #details { display: none; position: fixed; inset: auto 0 0; max-height: 40vh; border-radius: 12px 12px 0 0; }
  .chosen #details { display: block; }
  .chosen main { padding-bottom: 45vh; }
}
@media (prefers-reduced-motion: reduce) { .node, .edge { transition: none; } }
@media print {
  :root { color-scheme: light; --page: #fff; }
  header { position: static; }
  #tools:not([hidden]), #details { display: none; }
  #columns, #drawing { display: block; overflow: visible; }
  svg { max-width: 100%; height: auto; break-inside: avoid; }
}
`;
