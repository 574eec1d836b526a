import assert from "node:assert/strict";
import { test } from "node:test";
import { compileOrigins } from "./origin.ts";

test("an allowlist admits the origins it names and no others", () => {
  const rows: [entry: string, origin: string, allowed: boolean][] = [
    ["shop.example.com", "https://shop.example.com", true],
    ["shop.example.com", "http://shop.example.com", true],
    ["shop.example.com", "https://SHOP.example.com", true],
    ["Shop.Example.com", "https://shop.example.com", true],
    ["shop.example.com", "https://shop.example.com:443", true],
    ["shop.example.com", "https://shop.example.com:8443", false],
    ["shop.example.com", "https://a.shop.example.com", false],
    ["shop.example.com", "https://evilshop.example.com", false],
    ["shop.example.com", "https://shop.example.com.evil.example", false],
    ["shop.example.com", "https://evil.example/shop.example.com", false],
    ["shop.example.com", "https://shop.example.com@evil.example", false],
    ["shop.example.com", "https://evil@shop.example.com", false],
    ["shop.example.com", "app://shop.example.com", false],
    ["shop.example.com", "null", false],
    ["shop.example.com", "", false],
    ["shop.example.com:8443", "https://shop.example.com:8443", true],
    ["shop.example.com:8443", "https://shop.example.com", false],
    ["shop.example.com:443", "https://shop.example.com", true],
    ["shop.example.com:443", "http://shop.example.com", false],
    ["*.example.com", "https://shop.example.com", true],
    ["*.example.com", "https://a.b.example.com", true],
    ["*.example.com", "https://example.com", false],
    ["*.example.com", "https://badexample.com", false],
    ["https://shop.example.com", "https://shop.example.com", true],
    ["https://shop.example.com/", "https://shop.example.com", true],
    ["https://shop.example.com", "http://shop.example.com", false],
    ["https://*.example.com", "https://shop.example.com", true],
    ["https://shop.example.com:443", "https://shop.example.com", true],
    ["capacitor://localhost", "capacitor://localhost", true],
    ["[::1]:3000", "http://[::1]:3000", true],
    ["münchen.example", "https://xn--mnchen-3ya.example", true],
    ["*", "https://anything.example", true],
    ["*", "null", true],
    ["not an entry", "https://shop.example.com", false],
    ["http://localhost", "http://localhost:3000", false],
  ];
  for (const [entry, origin, allowed] of rows) {
    assert.equal(compileOrigins([entry], { localhost: false }).allows(origin), allowed, `${entry} and ${origin}`);
  }
});

test("development adds the local machine on any port, and nothing else", () => {
  const rows: [origin: string, allowed: boolean][] = [
    ["http://localhost", true],
    ["http://localhost:3000", true],
    ["https://shop.localhost:5173", true],
    ["http://127.0.0.1:8080", true],
    ["http://127.9.9.9", true],
    ["http://[::1]:3000", true],
    ["http://localhost.evil.example", false],
    ["http://127.0.0.1.evil.example", false],
    ["capacitor://localhost", false],
  ];
  for (const [origin, allowed] of rows) {
    assert.equal(compileOrigins([], { localhost: true }).allows(origin), allowed, origin);
    assert.equal(compileOrigins([], { localhost: false }).allows(origin), false, origin);
  }
});

test("without an origin to echo, the first concrete entry is shown", () => {
  const rows: [entries: string[], shown: string][] = [
    [["shop.example.com", "b.example.com"], "https://shop.example.com"],
    [["*.example.com", "http://b.example.com:8080"], "http://b.example.com:8080"],
    [["*"], "*"],
    [[], "*"],
  ];
  for (const [entries, shown] of rows) assert.equal(compileOrigins(entries, { localhost: false }).shown, shown);
});
