import assert from "node:assert/strict";
import { test } from "node:test";
import { dataFolderOf, readSettings, type Settings } from "./settings.ts";

const none = { exists: (_path: string): boolean => false };
const all = { exists: (_path: string): boolean => true };

function settingsOf(env: Record<string, string>, files = none): Settings {
  const result = readSettings(env, files);
  assert.ok(result.ok, JSON.stringify(result));
  return result.settings;
}

const DEFAULTS: Settings = {
  dataDir: "./.signal",
  configFile: null,
  environment: "development",
  host: "127.0.0.1",
  gatewayPort: 8080,
  managementPort: 8084,
  logLevel: "info",
  logFormat: "auto",
  logColour: true,
  trustedProxies: [],
  cookieDomain: null,
  maxPayloadBytes: 1_048_576,
  memoryBudgetBytes: 268_435_456,
  memory: {
    requestBytes: 67_108_864,
    batchBytes: 1_048_576,
    outputBytes: 16_777_216,
    deliveryBytes: 134_217_728,
  },
  maxBatchSize: 500,
  rateLimitRps: 1000,
  retryMaxAttempts: 5,
  dedupeMaxKeys: 50_000_000,
  diskBudgetBytes: null,
  diskReserveBytes: null,
  encryptionKey: null,
  encryptionKeyPrevious: null,
  databaseUrl: null,
  jwtSecret: null,
  jwtSecretPrevious: null,
  adminEmail: null,
  adminPassword: null,
  accessTokenTtl: 900,
  refreshTokenTtl: 604_800,
  managementRateLimitRpm: 100,
  gatewayPublicUrl: null,
  managementPublicUrl: null,
  traceShare: 1,
  allowPrivateAddresses: false,
};

test("without variables everything has its default", () => {
  assert.deepEqual(readSettings({}, none), { ok: true, settings: DEFAULTS, warnings: [] });
  assert.equal(settingsOf({}, all).configFile, "./signal.yaml");
});

test("an empty variable, or one of spaces, counts as unset", () => {
  const names = [
    "SIGNAL_DATA_DIR",
    "SIGNAL_CONFIG",
    "SIGNAL_ENV",
    "HOST",
    "GATEWAY_PORT",
    "LOG_LEVEL",
    "KAFKA_BROKERS",
    "REDIS_URL",
    "DATABASE_URL",
    "ENCRYPTION_KEY",
    "CORS_ORIGINS",
    "PORT",
  ];
  for (const blank of ["", "  "]) {
    const env = Object.fromEntries(names.map((name) => [name, blank]));
    assert.deepEqual(readSettings(env, none), { ok: true, settings: DEFAULTS, warnings: [] });
  }
});

const HEX = "00ff".repeat(16);
const KEY = Uint8Array.from(Buffer.from(HEX, "hex"));

const taken: [variable: string, text: string, key: keyof Settings, value: unknown][] = [
  ["SIGNAL_DATA_DIR", "/var/lib/signal", "dataDir", "/var/lib/signal"],
  ["HOST", "0.0.0.0", "host", "0.0.0.0"],
  ["HOST", "[::1]", "host", "::1"],
  ["HOST", "signal.internal", "host", "signal.internal"],
  ["GATEWAY_PORT", "0", "gatewayPort", 0],
  ["MANAGEMENT_PORT", " 65535 ", "managementPort", 65_535],
  ["LOG_LEVEL", "debug", "logLevel", "debug"],
  ["DATABASE_URL", "postgres://u:p@db:5432/signal", "databaseUrl", "postgres://u:p@db:5432/signal"],
  ["JWT_SECRET", "a".repeat(32), "jwtSecret", new TextEncoder().encode("a".repeat(32))],
  ["JWT_SECRET_PREVIOUS", "b".repeat(40), "jwtSecretPrevious", new TextEncoder().encode("b".repeat(40))],
  ["SIGNAL_ADMIN_EMAIL", "admin@example.com", "adminEmail", "admin@example.com"],
  ["SIGNAL_ADMIN_PASSWORD", "a long password", "adminPassword", "a long password"],
  ["ACCESS_TOKEN_TTL", "60", "accessTokenTtl", 60],
  ["REFRESH_TOKEN_TTL", "3600", "refreshTokenTtl", 3600],
  ["MANAGEMENT_RATE_LIMIT_RPM", "600", "managementRateLimitRpm", 600],
  ["GATEWAY_PUBLIC_URL", "https://data.example.com/", "gatewayPublicUrl", "https://data.example.com"],
  ["MANAGEMENT_PUBLIC_URL", "http://10.0.0.7:8084", "managementPublicUrl", "http://10.0.0.7:8084"],
  ["LOG_FORMAT", "JSON", "logFormat", "json"],
  ["LOG_FORMAT", "pretty", "logFormat", "pretty"],
  ["NO_COLOR", "1", "logColour", false],
  ["NO_COLOR", "", "logColour", true],
  ["TERM", "dumb", "logColour", false],
  ["TERM", "xterm", "logColour", true],
  ["TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.7,,fd00::/8", "trustedProxies", ["10.0.0.0/8", "192.0.2.7", "fd00::/8"]],
  ["COOKIE_DOMAIN", ".Example.com", "cookieDomain", "example.com"],
  ["MAX_PAYLOAD_SIZE", "524288", "maxPayloadBytes", 524_288],
  ["MAX_PAYLOAD_SIZE", "2MiB", "maxPayloadBytes", 2_097_152],
  ["DISK_BUDGET", "20GiB", "diskBudgetBytes", 21_474_836_480],
  ["MAX_BATCH_SIZE", "1", "maxBatchSize", 1],
  ["RATE_LIMIT_RPS", "50", "rateLimitRps", 50],
  ["RETRY_MAX_ATTEMPTS", "0", "retryMaxAttempts", 0],
  ["DEDUPE_MAX_KEYS", "1000", "dedupeMaxKeys", 1000],
  ["DISK_RESERVE", "1GiB", "diskReserveBytes", 1_073_741_824],
  ["ENCRYPTION_KEY", HEX, "encryptionKey", KEY],
  ["ENCRYPTION_KEY_PREVIOUS", Buffer.from(KEY).toString("base64"), "encryptionKeyPrevious", KEY],
  ["TRACE_SHARE", "0", "traceShare", 0],
  ["TRACE_SHARE", "1.0", "traceShare", 1],
  ["TRACE_SHARE", ".25", "traceShare", 0.25],
  ["SIGNAL_ALLOW_PRIVATE_ADDRESSES", "1", "allowPrivateAddresses", true],
  ["SIGNAL_ALLOW_PRIVATE_ADDRESSES", "off", "allowPrivateAddresses", false],
];
for (const [variable, text, key, value] of taken) {
  test(`${variable}=${text}`, () => {
    assert.deepEqual(settingsOf({ [variable]: text }), { ...DEFAULTS, [key]: value });
  });
}

test("MEMORY_BUDGET is divided; MAX_IN_FLIGHT_BYTES sets the part of requests", () => {
  const { memory } = settingsOf({ MEMORY_BUDGET: "512MiB" });
  assert.deepEqual(memory, {
    requestBytes: 2 ** 27,
    batchBytes: 2 ** 21,
    outputBytes: 2 ** 25,
    deliveryBytes: 2 ** 28,
  });
  assert.equal(settingsOf({ MEMORY_BUDGET: "32MiB" }).memory.batchBytes, 262_144);
  for (const taken of ["8MiB", "32MiB", "128 MB"]) {
    const parts = settingsOf({ MEMORY_BUDGET: "256MiB", MAX_IN_FLIGHT_BYTES: taken }).memory;
    assert.ok(parts.requestBytes + parts.outputBytes + parts.batchBytes + parts.deliveryBytes <= 2 ** 28);
    assert.equal(parts.requestBytes > 67_108_864, parts.deliveryBytes < DEFAULTS.memory.deliveryBytes);
  }
});

test("production, in any case of letters, follows fewer events", () => {
  assert.deepEqual(settingsOf({ SIGNAL_ENV: "Production" }), {
    ...DEFAULTS,
    environment: "production",
    traceShare: 0.01,
  });
  assert.equal(settingsOf({ SIGNAL_ENV: "production", TRACE_SHARE: "0.5" }).traceShare, 0.5);
});

const refused: [variable: string, text: string, message: RegExp][] = [
  ["SIGNAL_ENV", "staging", /got "staging"\. Set it to one of development, production/],
  ["HOST", "http://0.0.0.0", /address to listen on/],
  ["GATEWAY_PORT", "65536", /from 0 to 65535/],
  ["GATEWAY_PORT", "80.5", /got "80\.5"/],
  ["MANAGEMENT_PORT", "-1", /from 0 to 65535/],
  ["MANAGEMENT_PORT", "8080", /Give GATEWAY_PORT and MANAGEMENT_PORT two ports/],
  ["LOG_LEVEL", "verbose", /one of trace, debug, info/],
  ["LOG_FORMAT", "text", /one of auto, pretty, json/],
  ["TRUSTED_PROXIES", "10.0.0.0/33", /IP addresses and ranges/],
  ["TRUSTED_PROXIES", "proxy.internal", /IP addresses and ranges/],
  ["TRUSTED_PROXIES", "10.0.0.1/8/8", /IP addresses and ranges/],
  ["COOKIE_DOMAIN", "https://example.com", /without scheme and port/],
  ["COOKIE_DOMAIN", "localhost", /a domain/],
  ["COOKIE_DOMAIN", "192.0.2.7", /a domain/],
  ["MAX_PAYLOAD_SIZE", "0", /from 1024 to 4000000 bytes/],
  ["MAX_PAYLOAD_SIZE", "1 parsec", /from 1024/],
  ["MAX_PAYLOAD_SIZE", "1e6", /from 1024/],
  ["MEMORY_BUDGET", "1MiB", /a size from 33554432/],
  ["DISK_BUDGET", "none", /a size from 67108864/],
  ["MAX_IN_FLIGHT_BYTES", "2MiB", /at least four times MAX_PAYLOAD_SIZE \(4194304\)/],
  ["MAX_BATCH_SIZE", "0", /from 1 to 10000/],
  ["RATE_LIMIT_RPS", "Infinity", /from 1 to 1000000/],
  ["RETRY_MAX_ATTEMPTS", "6", /from 0 to 5/],
  ["DEDUPE_MAX_KEYS", "999", /from 1000/],
  ["DISK_RESERVE", "5%", /a size/],
  ["DISK_RESERVE", "1 constructor", /a size/],
  ["TRACE_SHARE", "1.01", /a number from 0 to 1, as in 0\.01/],
  ["TRACE_SHARE", "-0", /from 0 to 1/],
  ["TRACE_SHARE", "1%", /from 0 to 1/],
  ["TRACE_SHARE", ".", /from 0 to 1/],
  ["TRACE_SHARE", "NaN", /from 0 to 1/],
  ["SIGNAL_ALLOW_PRIVATE_ADDRESSES", "maybe", /true or false/],
  ["SIGNAL_CONFIG", "missing.yaml", /got "missing\.yaml", and there is no such file/],
  ["KAFKA_BROKERS", "localhost:9092", /the event log can only be kept in the data folder so far/],
  ["REDIS_URL", "redis://:planted@localhost", /the shared state can only be kept/],
  ["DATABASE_URL", "mysql://u:planted@localhost/db", /got \d+ characters.*a PostgreSQL database/],
  ["JWT_SECRET", "planted-short", /at least 32 characters/],
  ["GATEWAY_PUBLIC_URL", "https://data.example.com/collect", /without a path/],
  ["ACCESS_TOKEN_TTL", "5", /from 60 to/],
  ["ENCRYPTION_KEY", "planted-passphrase", /got 18 characters\. Set it to 32 bytes as 64 hexadecimal digits/],
  ["ENCRYPTION_KEY_PREVIOUS", "planted", /got 7 characters/],
];
for (const [variable, text, message] of refused) {
  test(`refuses ${variable}=${text.replaceAll("planted", "…")}`, () => {
    const result = readSettings({ [variable]: text }, none);
    assert.ok(!result.ok);
    assert.deepEqual(
      result.faults.map((fault) => fault.variable),
      [variable],
    );
    assert.match(result.faults[0]?.message ?? "", message);
    assert.doesNotMatch(JSON.stringify(result), /planted/);
  });
}

const together: [env: Record<string, string>, variable: string, message: RegExp][] = [
  [{ MEMORY_BUDGET: "32MiB", MAX_PAYLOAD_SIZE: "4000000" }, "MAX_IN_FLIGHT_BYTES", /is 8388608.*raise MEMORY_BUDGET/],
  [{ MEMORY_BUDGET: "64MiB", MAX_IN_FLIGHT_BYTES: "48MiB" }, "MEMORY_BUDGET", /at least twice that/],
  [{ DISK_BUDGET: "1GiB", DISK_RESERVE: "600MiB" }, "DISK_RESERVE", /more than half of DISK_BUDGET/],
];
for (const [env, variable, message] of together) {
  test(`refuses ${Object.keys(env).join(" with ")}`, () => {
    const result = readSettings(env, none);
    assert.ok(!result.ok);
    assert.deepEqual(
      result.faults.map((fault) => fault.variable),
      [variable],
    );
    assert.match(result.faults[0]?.message ?? "", message);
  });
}

test("all faults come at once", () => {
  // Two variables that contradict each other are compared once each is sound by itself.
  const each = refused.filter(([, , message]) => !/two ports|four times/.test(message.source));
  const env = Object.fromEntries(each.map(([variable, text]) => [variable, text]));
  const result = readSettings(env, none);
  assert.ok(!result.ok);
  assert.deepEqual(new Set(result.faults.map((fault) => fault.variable)), new Set(Object.keys(env)));
  assert.equal(result.faults.length, Object.keys(env).length);
});

test("a file that is given and exists is taken; the default file is optional", () => {
  assert.equal(settingsOf({ SIGNAL_CONFIG: "/etc/signal/signal.yaml" }, all).configFile, "/etc/signal/signal.yaml");
  const only = { exists: (path: string): boolean => path === "./signal.yaml" };
  assert.equal(settingsOf({}, only).configFile, "./signal.yaml");
});

const silent: [variable: string, message: RegExp][] = [
  ["CORS_ORIGINS", /domain_allowlist/],
  ["PORT", /GATEWAY_PORT/],
  ["PROCESSOR_PORT", /MANAGEMENT_PORT/],
  ["DELIVERY_PORT", /MANAGEMENT_PORT/],
  ["IDENTITY_HUB_PORT", /MANAGEMENT_PORT/],
  ["KAFKA_TLS_ENABLED", /data folder/],
  ["KAFKA_CONSUMER_GROUP", /data folder/],
  ["PIPELINE_KEY_CACHE_TTL", /within a second/],
  ["RATE_LIMIT_PER_SECOND", /connector/],
  ["RETRY_BACKOFF_BASE", /1, 4, 16, 64 and 256/],
  ["PROCESSING_WORKERS", /one thread/],
];
for (const [variable, message] of silent) {
  test(`says that ${variable} has no effect`, () => {
    const result = readSettings({ [variable]: "4" }, none);
    assert.ok(result.ok);
    assert.deepEqual(result.settings, DEFAULTS);
    assert.deepEqual(
      result.warnings.map((warning) => warning.variable),
      [variable],
    );
    assert.match(result.warnings[0]?.message ?? "", message);
  });
}

test("the open network is pointed out in production", () => {
  const env = { SIGNAL_ALLOW_PRIVATE_ADDRESSES: "true" };
  const warned = (given: Record<string, string>): number => {
    const result = readSettings(given, none);
    assert.ok(result.ok);
    return result.warnings.length;
  };
  assert.equal(warned(env), 0);
  assert.equal(warned({ ...env, SIGNAL_ENV: "production" }), 1);
});

test("settings cross threads", () => {
  const settings = settingsOf({ ENCRYPTION_KEY: HEX, TRUSTED_PROXIES: "10.0.0.0/8" });
  assert.deepEqual(structuredClone(settings), settings);
});

test("commands look for the server in the folder that it takes", () => {
  for (const given of [undefined, "", "  ", " /var/lib/signal ", "./here"]) {
    const env = given === undefined ? {} : { SIGNAL_DATA_DIR: given };
    assert.equal(dataFolderOf(env), settingsOf(env).dataDir);
  }
});
