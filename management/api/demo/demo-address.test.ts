import assert from "node:assert/strict";
import { test } from "node:test";
import { demoAddress } from "./demo-address.ts";

const cases: [host: string, url: string, allowed: string[]][] = [
  ["127.0.0.1", "http://127.0.0.1:8084/demo/receive", []],
  ["localhost", "http://localhost:8084/demo/receive", []],
  ["0.0.0.0", "http://127.0.0.1:8084/demo/receive", []],
  ["::", "http://[::1]:8084/demo/receive", []],
  ["::1", "http://[::1]:8084/demo/receive", []],
  ["192.0.2.7", "http://192.0.2.7:8084/demo/receive", ["192.0.2.7"]],
  ["2001:DB8::7", "http://[2001:db8::7]:8084/demo/receive", ["[2001:db8::7]"]],
];
for (const [host, receiveUrl, domainAllowlist] of cases) {
  test(`the receiver of a server on ${host}`, () => {
    assert.deepEqual(demoAddress({ host, port: 8084 }), { receiveUrl, domainAllowlist });
  });
}
