/** How the rendered reference looks: one accent, grey for structure, readable from 390 px on. */
export const REFERENCE_STYLE = `
:root{color-scheme:light dark;--ground:#fff;--raised:#f6f7f9;--line:#dfe2e8;--text:#1b1f27;--soft:#555d6b;--accent:#2546c8;--danger:#b3261e}
@media (prefers-color-scheme:dark){:root{--ground:#14171d;--raised:#1c2028;--line:#333945;--text:#e7eaf0;--soft:#a3abb9;--accent:#a3b6ff;--danger:#ff9b93}}
*{box-sizing:border-box}
html{scroll-padding-top:16px;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--text);font:14px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
a{color:var(--accent);text-underline-offset:2px}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
code,pre{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:12.5px}
h1{font-size:26px;line-height:1.2;margin:0 0 4px}h2{font-size:21px;margin:56px 0 0;padding-top:16px;border-top:2px solid var(--text)}
h3{font-size:17px;margin:0}h3 a{color:inherit;text-decoration:none}h3 a:hover{text-decoration:underline}
h4{font-size:12px;margin:20px 0 6px;color:var(--soft);font-weight:600}
p{margin:8px 0;max-width:72ch}
.skip{position:absolute;left:-999px}.skip:focus{left:8px;top:8px;background:var(--ground);padding:8px}
nav{padding:20px 16px;border-bottom:1px solid var(--line);background:var(--raised)}
nav ul{list-style:none;margin:0;padding:0}nav .brand{display:block;font-weight:700;margin-bottom:12px;color:var(--text);text-decoration:none}
nav .tags{display:flex;flex-wrap:wrap;gap:4px 16px}nav .tags ul{display:none}nav a{text-decoration:none}nav a:hover{text-decoration:underline}
nav .tags a{display:inline-block;padding:4px 0}
main{padding:24px 16px 80px;min-width:0}
.facts{color:var(--soft)}
.index{list-style:none;margin:12px 0 0;padding:0}.index li{display:flex;gap:8px;align-items:baseline;padding:3px 0}
article{padding:28px 0;border-bottom:1px solid var(--line)}
.call{overflow-wrap:anywhere;margin:6px 0}
.method{display:inline-block;min-width:60px;padding:0 6px;border:1px solid var(--line);border-radius:4px;font-size:11px;line-height:18px;text-align:center;color:var(--soft)}
.index .method{flex:none}
.post,.put,.patch{color:var(--accent);border-color:currentColor}.delete{color:var(--danger);border-color:currentColor}
.who,.limits{color:var(--soft)}td .limits{display:block}
.status{font-variant-numeric:tabular-nums}
table{width:100%;border-collapse:collapse;border-top:1px solid var(--line)}
th,td{text-align:left;vertical-align:top;padding:6px 12px 6px 0;border-bottom:1px solid var(--line);font-weight:400;overflow-wrap:anywhere}
thead th{font-size:12px;color:var(--soft)}
.fields th[scope=row]{width:38%}.kind{width:18%;color:var(--soft)}
.above{color:var(--soft)}.required{font-size:11px;font-weight:600;white-space:nowrap;color:var(--accent)}
.d1{--in:14px}.d2{--in:28px}.d3{--in:42px}.d4{--in:56px}.d5{--in:70px}.d6{--in:84px}
.fields th[scope=row]{padding-left:var(--in,0)}
.answer{margin:8px 0}summary{cursor:pointer;padding:4px 0}details[open]>summary{margin-bottom:4px}
.errors{list-style:none;margin:0;padding:0}.errors li{padding:5px 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
pre{margin:0;padding:12px 14px;white-space:pre-wrap;overflow-wrap:anywhere;background:var(--raised);border:1px solid var(--line);border-radius:6px;line-height:1.5}
dt{margin-top:16px}dd{margin:2px 0 0}
:target{scroll-margin-top:16px}article:target h3,dt:target code{background:color-mix(in srgb,var(--accent) 18%,transparent);box-shadow:0 0 0 4px color-mix(in srgb,var(--accent) 18%,transparent)}
@media (min-width:960px){
body{display:grid;grid-template-columns:264px minmax(0,1fr)}
nav{position:sticky;top:0;height:100vh;overflow-y:auto;border-bottom:0;border-right:1px solid var(--line)}
nav .tags{display:block}nav .tags>li{margin-bottom:14px}nav .tags>li>a{font-weight:600;color:var(--text)}
nav .tags ul{display:block}nav .tags ul a{padding:2px 0;color:var(--soft);line-height:1.35}nav .tags ul a:hover{color:var(--accent)}
main{padding:40px 40px 120px;max-width:1240px}
}
@media (min-width:1180px){
.columns{display:grid;grid-template-columns:minmax(0,1fr) 340px;gap:32px}
.example{position:sticky;top:16px;align-self:start}.example h4{margin-top:8px}
.example pre{max-height:80vh;overflow:auto}
}
@media (max-width:700px){
.fields thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
.fields,.fields tbody,.fields tr,.fields th[scope=row],.fields td{display:block;width:auto;border:0}
.fields tr{padding:8px 0;border-bottom:1px solid var(--line)}.fields th,.fields td{padding-top:0;padding-bottom:2px;padding-right:0}
.fields td{padding-left:var(--in,0)}
}
`.replaceAll("\n", "");
