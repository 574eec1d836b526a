/** The settings of a start, from environment variables: all faults at once, an empty variable counts as unset. */
import { existsSync } from "node:fs";
import { type MemoryShares, memoryShares } from "./budgets/memory-shares.ts";
import {
  addressRanges,
  byteSize,
  cookieDomain,
  databaseUrl,
  encryptionKey,
  fraction,
  hostName,
  oneOf,
  origin,
  path,
  plainText,
  signingSecret,
  wholeNumber,
  yesOrNo,
  type Reader,
} from "./setting-values.ts";

/** Plain data: it crosses threads by structured clone. Holds keys, so it is never logged. */
export interface Settings {
  /** `SIGNAL_DATA_DIR` */
  dataDir: string;
  /** `SIGNAL_CONFIG`; null is the start without a file. */
  configFile: string | null;
  /** `SIGNAL_ENV` */
  environment: "development" | "production";
  /** `HOST` */
  host: string;
  /** `GATEWAY_PORT`; 0 takes any free port. */
  gatewayPort: number;
  /** `MANAGEMENT_PORT`; 0 takes any free port. */
  managementPort: number;
  /** `LOG_LEVEL` */
  logLevel: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
  /** `LOG_FORMAT`; `auto` is `pretty` on a terminal. */
  logFormat: "auto" | "pretty" | "json";
  /** False where `NO_COLOR` is set, or the terminal has none (`TERM=dumb`). */
  logColour: boolean;
  /** `TRUSTED_PROXIES`: addresses and ranges whose forwarding headers count. */
  trustedProxies: readonly string[];
  /** `COOKIE_DOMAIN`; null leaves the cookie to the host that was asked. */
  cookieDomain: string | null;
  /** `MAX_PAYLOAD_SIZE`, in bytes after inflating. */
  maxPayloadBytes: number;
  /** `MEMORY_BUDGET`: bytes of events under way, in all parts together. */
  memoryBudgetBytes: number;
  /** How the budget is divided; `MAX_IN_FLIGHT_BYTES` sets the part of requests. */
  memory: MemoryShares;
  /** `MAX_BATCH_SIZE`, events. */
  maxBatchSize: number;
  /** `RATE_LIMIT_RPS`: requests a second and key, of pipelines that say nothing else. */
  rateLimitRps: number;
  /** `RETRY_MAX_ATTEMPTS`: tries after the first. */
  retryMaxAttempts: number;
  /** `DEDUPE_MAX_KEYS` */
  dedupeMaxKeys: number;
  /** `DISK_BUDGET`: the most that the data folder may take, the reserve included; null is the whole disk. */
  diskBudgetBytes: number | null;
  /** `DISK_RESERVE`; null is the larger of 5 % and 512 MiB, at most a quarter of a budget. */
  diskReserveBytes: number | null;
  /** `ENCRYPTION_KEY`; null is the one kept in the data folder. */
  encryptionKey: Uint8Array | null;
  /** `ENCRYPTION_KEY_PREVIOUS`: opens what it sealed, and seals nothing. */
  encryptionKeyPrevious: Uint8Array | null;
  /** `DATABASE_URL`: PostgreSQL; null is the file in the data folder. Holds a password. */
  databaseUrl: string | null;
  /** `JWT_SECRET`: signs access tokens; null is the one kept in the data folder. */
  jwtSecret: Uint8Array | null;
  /** `JWT_SECRET_PREVIOUS`: what it signed counts until it expires. */
  jwtSecretPrevious: Uint8Array | null;
  /** `SIGNAL_ADMIN_EMAIL`, of the first administrator. */
  adminEmail: string | null;
  /** `SIGNAL_ADMIN_PASSWORD`; null makes one that is printed once. */
  adminPassword: string | null;
  /** `ACCESS_TOKEN_TTL`, seconds. */
  accessTokenTtl: number;
  /** `REFRESH_TOKEN_TTL`, seconds. */
  refreshTokenTtl: number;
  /** `MANAGEMENT_RATE_LIMIT_RPM`: requests a minute of an API token. */
  managementRateLimitRpm: number;
  /** `GATEWAY_PUBLIC_URL`: where pages reach the gateway; null is where it listens. */
  gatewayPublicUrl: string | null;
  /** `MANAGEMENT_PUBLIC_URL`: where people reach the management port; null is where it listens. */
  managementPublicUrl: string | null;
  /** `TRACE_SHARE`: from 0 to 1, the share of events whose way is recorded though nothing failed. */
  traceShare: number;
  /** `SIGNAL_ALLOW_PRIVATE_ADDRESSES`: vendors' URLs may lead into the own network. */
  allowPrivateAddresses: boolean;
}

/** What is wrong with a variable, what it got and the cure, in one or two sentences; never the value of a secret. */
interface SettingFault {
  variable: string;
  message: string;
}

export type SettingsResult =
  | { ok: true; settings: Settings; warnings: SettingFault[] }
  | { ok: false; faults: SettingFault[] };

type Env = Readonly<Record<string, string | undefined>>;

const DEFAULT_DATA_DIR = "./.signal";
const DEFAULT_CONFIG = "./signal.yaml";
/** An envelope and its key must fit a record of raw-events (4 MiB). */
const LARGEST_PAYLOAD = 4_000_000;
const MOST_MEMORY = 68_719_476_736;

/** Their values are not repeated. */
const SECRETS = new Set(["ENCRYPTION_KEY", "JWT_SECRET", "DATABASE_URL", "SIGNAL_ADMIN_PASSWORD"]);

const ADAPTERS: Readonly<Record<string, string>> = {
  KAFKA_BROKERS: "the event log",
  REDIS_URL: "the shared state",
};

const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  CORS_ORIGINS: "is not supported: origins come from each pipeline's domain_allowlist.",
  PORT: "names the port of a process with a single role; here GATEWAY_PORT and MANAGEMENT_PORT count.",
  PROCESSOR_PORT: "has no effect: all roles run in this process, and MANAGEMENT_PORT answers for them.",
  DELIVERY_PORT: "has no effect: all roles run in this process, and MANAGEMENT_PORT answers for them.",
  IDENTITY_HUB_PORT: "has no effect: all roles run in this process, and MANAGEMENT_PORT answers for them.",
  KAFKA_TLS_ENABLED: "has no effect: the event log is kept in the data folder.",
  KAFKA_CONSUMER_GROUP: "has no effect: the event log is kept in the data folder.",
  PIPELINE_KEY_CACHE_TTL: "has no effect: changed keys count within a second.",
  RATE_LIMIT_PER_SECOND:
    "has no effect: every vendor's limit comes with its connector; rate_limits in signal.yaml changes it.",
  RETRY_BACKOFF_BASE: "has no effect: retries follow after 1, 4, 16, 64 and 256 seconds.",
  PROCESSING_WORKERS: "has no effect: one thread processes.",
};

/**
 * Reads the settings.
 * @param files tells whether a file exists; the file system when left out
 */
export function readSettings(
  env: Env,
  files: { exists(path: string): boolean } = { exists: existsSync },
): SettingsResult {
  const faults: SettingFault[] = [];
  const read = readerOf(env, faults);
  const environments: Settings["environment"][] = ["development", "production"];
  const environment = read("SIGNAL_ENV", oneOf(environments), "development");
  const memoryBudgetBytes = read("MEMORY_BUDGET", byteSize(33_554_432, MOST_MEMORY), 268_435_456);
  const settings: Settings = {
    dataDir: read("SIGNAL_DATA_DIR", path, DEFAULT_DATA_DIR),
    configFile: readConfigFile(env, files.exists, faults),
    environment,
    host: read("HOST", hostName, "127.0.0.1"),
    gatewayPort: read("GATEWAY_PORT", wholeNumber(0, 65_535), 8080),
    managementPort: read("MANAGEMENT_PORT", wholeNumber(0, 65_535), 8084),
    logLevel: read("LOG_LEVEL", oneOf(["trace", "debug", "info", "warn", "error", "fatal", "silent"]), "info"),
    logFormat: read("LOG_FORMAT", oneOf(["auto", "pretty", "json"]), "auto"),
    logColour: given(env, "NO_COLOR") === undefined && env["TERM"] !== "dumb",
    trustedProxies: read("TRUSTED_PROXIES", addressRanges, []),
    cookieDomain: read("COOKIE_DOMAIN", cookieDomain, null),
    maxPayloadBytes: read("MAX_PAYLOAD_SIZE", byteSize(1024, LARGEST_PAYLOAD), 1_048_576),
    memoryBudgetBytes,
    memory: memoryShares(memoryBudgetBytes, read("MAX_IN_FLIGHT_BYTES", byteSize(1_048_576, MOST_MEMORY), null)),
    maxBatchSize: read("MAX_BATCH_SIZE", wholeNumber(1, 10_000), 500),
    rateLimitRps: read("RATE_LIMIT_RPS", wholeNumber(1, 1_000_000), 1000),
    retryMaxAttempts: read("RETRY_MAX_ATTEMPTS", wholeNumber(0, 5), 5),
    dedupeMaxKeys: read("DEDUPE_MAX_KEYS", wholeNumber(1000, 1_000_000_000), 50_000_000),
    diskBudgetBytes: read("DISK_BUDGET", byteSize(67_108_864, 1e15), null),
    diskReserveBytes: read("DISK_RESERVE", byteSize(1_048_576, 1e15), null),
    encryptionKey: read("ENCRYPTION_KEY", encryptionKey, null),
    encryptionKeyPrevious: read("ENCRYPTION_KEY_PREVIOUS", encryptionKey, null),
    databaseUrl: read("DATABASE_URL", databaseUrl, null),
    jwtSecret: read("JWT_SECRET", signingSecret, null),
    jwtSecretPrevious: read("JWT_SECRET_PREVIOUS", signingSecret, null),
    adminEmail: read("SIGNAL_ADMIN_EMAIL", plainText, null),
    adminPassword: read("SIGNAL_ADMIN_PASSWORD", plainText, null),
    accessTokenTtl: read("ACCESS_TOKEN_TTL", wholeNumber(60, 86_400), 900),
    refreshTokenTtl: read("REFRESH_TOKEN_TTL", wholeNumber(300, 31_536_000), 604_800),
    managementRateLimitRpm: read("MANAGEMENT_RATE_LIMIT_RPM", wholeNumber(1, 1_000_000), 100),
    gatewayPublicUrl: read("GATEWAY_PUBLIC_URL", origin, null),
    managementPublicUrl: read("MANAGEMENT_PUBLIC_URL", origin, null),
    traceShare: read("TRACE_SHARE", fraction, environment === "development" ? 1 : 0.01),
    allowPrivateAddresses: read("SIGNAL_ALLOW_PRIVATE_ADDRESSES", yesOrNo, false),
  };
  faults.push(...adapterFaults(env), ...contradictions(settings, new Set(faults.map((fault) => fault.variable))));
  return faults.length > 0 ? { ok: false, faults } : { ok: true, settings, warnings: warningsOf(env, settings) };
}

/** For threads that need none of them. */
export function withoutSecrets(settings: Settings): Settings {
  return {
    ...settings,
    encryptionKey: null,
    encryptionKeyPrevious: null,
    jwtSecret: null,
    jwtSecretPrevious: null,
    databaseUrl: null,
    adminPassword: null,
  };
}

/** `SIGNAL_DATA_DIR` alone, for commands that need no other setting. */
export function dataFolderOf(env: Env): string {
  return given(env, "SIGNAL_DATA_DIR") ?? DEFAULT_DATA_DIR;
}

type ReadVariable = <T, const D>(variable: string, reader: Reader<T>, fallback: D) => T | D;

function readerOf(env: Env, faults: SettingFault[]): ReadVariable {
  return (variable, reader, fallback) => {
    const text = given(env, variable);
    if (text === undefined) return fallback;
    const reading = reader(text);
    if ("value" in reading) return reading.value;
    const got = SECRETS.has(variable.replace(/_PREVIOUS$/, ""))
      ? `${text.length} characters`
      : JSON.stringify(text.slice(0, 80));
    faults.push({ variable, message: `got ${got}. Set it to ${reading.wanted}, or leave it unset.` });
    return fallback;
  };
}

/** Spaces around a value are a slip, and a value of spaces is none. */
function given(env: Env, variable: string): string | undefined {
  const text = env[variable]?.trim();
  return text === "" ? undefined : text;
}

function readConfigFile(env: Env, exists: (path: string) => boolean, faults: SettingFault[]): string | null {
  const file = given(env, "SIGNAL_CONFIG");
  if (file === undefined) return exists(DEFAULT_CONFIG) ? DEFAULT_CONFIG : null;
  if (exists(file)) return file;
  faults.push({
    variable: "SIGNAL_CONFIG",
    message: `got ${JSON.stringify(file)}, and there is no such file. Correct the path, or leave it unset.`,
  });
  return file;
}

/** Their values hold passwords: they are not repeated. */
function adapterFaults(env: Env): SettingFault[] {
  return Object.entries(ADAPTERS)
    .filter(([variable]) => given(env, variable) !== undefined)
    .map(([variable, what]) => ({
      variable,
      message: `is set, but ${what} can only be kept in the data folder so far. Leave ${variable} unset.`,
    }));
}

function contradictions(settings: Settings, faulty: ReadonlySet<string>): SettingFault[] {
  const { gatewayPort, managementPort, memory, memoryBudgetBytes, maxPayloadBytes } = settings;
  const { diskBudgetBytes, diskReserveBytes } = settings;
  const faults: SettingFault[] = [];
  const compare = (variables: readonly string[], contradict: boolean, message: string): void => {
    const [variable = ""] = variables;
    if (contradict && variables.every((one) => !faulty.has(one))) faults.push({ variable, message });
  };
  compare(
    ["MANAGEMENT_PORT", "GATEWAY_PORT"],
    gatewayPort !== 0 && gatewayPort === managementPort,
    `got ${managementPort}, which is the gateway's port. Give GATEWAY_PORT and MANAGEMENT_PORT two ports.`,
  );
  compare(
    ["MAX_IN_FLIGHT_BYTES", "MAX_PAYLOAD_SIZE", "MEMORY_BUDGET"],
    memory.requestBytes < 4 * maxPayloadBytes,
    `is ${memory.requestBytes}, a quarter of MEMORY_BUDGET where it is not given. Set it to at least four times MAX_PAYLOAD_SIZE (${4 * maxPayloadBytes}), or raise MEMORY_BUDGET.`,
  );
  compare(
    ["MEMORY_BUDGET", "MAX_IN_FLIGHT_BYTES"],
    memory.requestBytes > memoryBudgetBytes / 2,
    `is ${memoryBudgetBytes}, and MAX_IN_FLIGHT_BYTES takes ${memory.requestBytes} of it. Set MEMORY_BUDGET to at least twice that, or lower MAX_IN_FLIGHT_BYTES.`,
  );
  compare(
    ["DISK_RESERVE", "DISK_BUDGET"],
    diskReserveBytes !== null && diskBudgetBytes !== null && diskReserveBytes > diskBudgetBytes / 2,
    `got ${diskReserveBytes}, more than half of DISK_BUDGET (${diskBudgetBytes}). Lower the reserve, or raise the budget.`,
  );
  return faults;
}

function warningsOf(env: Env, settings: Settings): SettingFault[] {
  const warnings = Object.entries(WITHOUT_EFFECT)
    .filter(([variable]) => given(env, variable) !== undefined)
    .map(([variable, message]) => ({ variable, message }));
  if (settings.allowPrivateAddresses && settings.environment === "production") {
    const message = "is on: an integration's URL may lead to any address in this network, metadata services included.";
    warnings.push({ variable: "SIGNAL_ALLOW_PRIVATE_ADDRESSES", message });
  }
  return warnings;
}
