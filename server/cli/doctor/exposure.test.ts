import assert from "node:assert/strict";
import { test } from "node:test";
import { conditionFindings } from "./database.ts";
import { type ExposureSettings, exposureFindings } from "./exposure.ts";
import type { Finding } from "./finding.ts";

const KEY = Uint8Array.from({ length: 32 }, (_, index) => index * 7);
const OTHER = Uint8Array.from({ length: 32 }, (_, index) => index * 5);

const SOUND: ExposureSettings = {
  environment: "production",
  host: "127.0.0.1",
  trustedProxies: ["127.0.0.1"],
  encryptionKey: KEY,
  encryptionKeyPrevious: null,
  jwtSecret: OTHER,
  jwtSecretPrevious: null,
  gatewayPublicUrl: "https://data.example.com",
  managementPublicUrl: "https://signal.example.com",
};

const UNSOUND: [title: string, change: Partial<ExposureSettings>, found: Partial<Finding>, words: RegExp][] = [
  [
    "one letter many times",
    { jwtSecret: Buffer.alloc(40, "a") },
    { check: "keys", level: "warning" },
    /JWT_SECRET looks/,
  ],
  ["the same key twice", { encryptionKeyPrevious: KEY }, { check: "keys", level: "warning" }, /are the same/],
  [
    "one secret for both",
    { jwtSecret: Buffer.from(Buffer.from(KEY).toString("base64")) },
    { check: "keys", level: "fault" },
    /JWT_SECRET is the encryption key/,
  ],
  ["a rotation under way", { encryptionKeyPrevious: OTHER }, { check: "keys", level: "warning" }, /under way/],
  [
    "no address in production",
    { gatewayPublicUrl: null },
    { check: "public addresses" },
    /GATEWAY_PUBLIC_URL is not set/,
  ],
  [
    "a plain address",
    { gatewayPublicUrl: "http://data.example.com" },
    { check: "public addresses" },
    /read on the way/,
  ],
  [
    "one address for both",
    { managementPublicUrl: "https://data.example.com" },
    { check: "public addresses" },
    /are both https:\/\/data\.example\.com/,
  ],
  ["a proxy that is not named", { trustedProxies: [] }, { check: "management" }, /TRUSTED_PROXIES is empty/],
  [
    "an open port",
    { trustedProxies: [], managementPublicUrl: "http://localhost:8084", host: "0.0.0.0" },
    { check: "management", level: "warning" },
    /HOST is 0\.0\.0\.0: the management port is open/,
  ],
];
for (const [title, change, found, words] of UNSOUND) {
  test(`settings: ${title}`, () => {
    const unwell = exposureFindings({ ...SOUND, ...change }).filter(({ level }) => level !== "ok");
    assert.ok(unwell.length > 0);
    const finding = unwell.find(({ message }) => words.test(message));
    assert.ok(finding, JSON.stringify(unwell));
    for (const [key, value] of Object.entries(found)) assert.equal(finding[key as keyof Finding], value);
    assert.match(finding.cure ?? "", /\w/);
  });
}

const SOUNDS: [title: string, settings: ExposureSettings][] = [
  ["production behind a proxy", SOUND],
  [
    "development with nothing set",
    {
      ...SOUND,
      environment: "development",
      trustedProxies: [],
      encryptionKey: null,
      jwtSecret: null,
      gatewayPublicUrl: null,
      managementPublicUrl: null,
    },
  ],
  ["plain addresses of this machine", { ...SOUND, gatewayPublicUrl: "http://localhost:8080" }],
];
for (const [title, settings] of SOUNDS) {
  test(`settings: ${title} is well, and no secret is told`, () => {
    const findings = exposureFindings(settings);
    assert.deepEqual(
      findings.map(({ level }) => level),
      ["ok", "ok", "ok"],
    );
    const told = JSON.stringify(findings);
    for (const key of [KEY, OTHER]) assert.equal(told.includes(Buffer.from(key).toString("base64")), false);
  });
}

const WELL = { version: "3.50.4", pending: [], unknown: [], damage: [] };
const CONDITIONS: [title: string, finding: Finding[], level: Finding["level"], words: RegExp][] = [
  ["well", conditionFindings("/d/signal.db", WELL), "ok", /version 3\.50\.4; tables: as this program has them/],
  ["older", conditionFindings("/d/signal.db", { ...WELL, pending: ["002-x"] }), "ok", /the next start takes 002-x/],
  ["newer", conditionFindings("/d/signal.db", { ...WELL, unknown: ["999-x"] }), "fault", /newer version.*999-x/],
  ["damaged", conditionFindings("/d/signal.db", { ...WELL, damage: ["page 7"] }), "fault", /is damaged: page 7/],
  ["PostgreSQL 14", conditionFindings("PostgreSQL at db/x", { ...WELL, version: "14.2" }), "fault", /15 or newer/],
  ["PostgreSQL 17", conditionFindings("PostgreSQL at db/x", { ...WELL, version: "17.1" }), "ok", /17\.1/],
];
for (const [title, [finding, ...more], level, words] of CONDITIONS) {
  test(`database: ${title}`, () => {
    assert.deepEqual([finding?.level, more], [level, []]);
    assert.match(finding?.message ?? "", words);
    assert.equal(finding?.cure === undefined, level === "ok");
  });
}
