import { testOptions, testSeal } from "./config-fixture.ts";
import { readSignalFile } from "./read-signal-file.ts";
import { resolveConfiguration } from "./resolve-configuration.ts";
let t = "version: 1\npipelines:\n";
for (let i = 0; i < 200; i++) { t += `  - name: P${i}\n    pipeline_key: dk_live_0123456789_${i}\n    integrations:\n`; for (let j = 0; j < 5; j++) t += `      - integration: H${(i + j) % 300}\n`; }
t += "integrations:\n";
for (let i = 0; i < 300; i++) t += `  - name: H${i}\n    vendor: webhook\n    config: { url: https://c.example.com/${i}, auth_token: "\${T}" }\n    mapping:\n      version: 2\n      events:\n        purchase:\n          mappings:\n${"            - { source: a, target: b, transform: sha256 }\n".repeat(20)}`;
let a = performance.now();
const r = readSignalFile(t, testOptions({ env: { T: "planted-x" } }));
console.log(t.length, r.ok, r.ok ? r.warnings.length : r.faults[0], performance.now() - a);
if (r.ok) { a = performance.now(); const x = resolveConfiguration({ file: r.file, stored: null, seal: testSeal(), environment: "development", waiting: () => 0 }); console.log(x.ok, performance.now() - a); if (x.ok) { a = performance.now(); const y = resolveConfiguration({ file: r.file, stored: x.stored, seal: testSeal(), environment: "development", waiting: () => 0 }); console.log(y.ok && y.changes, performance.now() - a);} }
const bad = readSignalFile(t.replaceAll("webhook", "webhok"), testOptions());
console.log(bad.ok ? 0 : bad.faults.length);
