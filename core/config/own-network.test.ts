import assert from "node:assert/strict";
import { test } from "node:test";
import { testOptions } from "./config-fixture.ts";
import { readSignalFile } from "./read-signal-file.ts";

function warningsOf(url: string, options: { allowPrivateAddresses?: boolean } = {}): string[] {
  const text = `version: 1
pipelines:
  - name: Shop
    pipeline_key: dk_live_0123456789abcdef
    parameters: { host: 10.0.0.7 }
    integrations: [{ integration: Orders }]
integrations:
  - name: Orders
    vendor: webhook
    config:
      url: ${JSON.stringify(url)}
`;
  const result = readSignalFile(text, testOptions(options));
  assert.ok(result.ok, JSON.stringify(result));
  return result.warnings.map(({ line, path, message, cure }) => `${line} ${path} ${message} | ${cure}`);
}

const OWN =
  "11 integrations[0].config.url url leads into your own network and will be refused | Set SIGNAL_ALLOW_PRIVATE_ADDRESSES=true if that is meant.";
const URLS: [url: string, warnings: string[]][] = [
  ["https://localhost:9000/in", [OWN]],
  ["https://orders.localhost/in", [OWN]],
  ["https://127.0.0.1:9000/in", [OWN]],
  ["https://[fe80::1]/in", [OWN]],
  ["https://192.168.1.4/in", [OWN]],
  ["https://203.0.113.7/in", [OWN.replace("into your own network", "to a reserved address")]],
  ["https://{{pipeline_param.host}}/in", [OWN.replace("refused |", 'refused (with the parameters of "Shop") |')]],
  ["https://hooks.example.com/in", []],
];
for (const [url, warnings] of URLS) {
  test(`a URL into the own network is warned of: ${url}`, () => {
    assert.deepEqual(warningsOf(url), warnings);
    assert.deepEqual(warningsOf(url, { allowPrivateAddresses: true }), []);
  });
}
