import { join } from "node:path";
import { defineConfig } from "oxlint";
import { readHousePlan } from "./scripts/lint/house-plan.ts";

/**
 * The rules of the house. Which import is allowed is computed from the order of `workspaces` in package.json and from
 * the `dependencies` of each workspace's manifest: change those, not this file. Each ban says what to do instead.
 * A later override replaces the options of an earlier one, so no rule gets its options in two of them.
 */
const root = import.meta.dirname;
const plan = readHousePlan(root);

/** Tests and what only tests import; `isTest` in scripts/lint/judge-import.ts says the same of a path. */
const testFiles = ["**/*.test.ts", "**/*-{suite,fixture,case}.ts", "**/suite-*.ts", "**/testing/**"];
const tests = [...testFiles, "tests/**", "bench/**"];
const pureFloors = ["core/**/*.ts", "connectors/**/*.ts"];
/** May print and read the environment: what a person or a pipeline starts. */
const entrances = ["server/**", "scripts/**", "bench/**", "tests/**", "*.config.ts"];
/** Compresses bodies in memory; the rest of its module streams, which is I/O. */
const compression = "core/delivery-spec/gzip.ts";
/** The shelf: the one file of the pure floors that touches the disk, to find the vendor folders. */
const shelf = "connectors/index.ts";
const shelfModules = ["node:crypto", "node:fs", "node:fs/promises", "node:path", "node:url"];

const time = "time is an argument: take `now` or a Clock from the caller";
const waiting = "waiting is the worker's: return when it is due";
const io = "core and connectors do no I/O: say what to send and let the caller send it";
const pureGlobals = [
  ...[
    "fetch",
    "WebSocket",
    "EventSource",
    "XMLHttpRequest",
    "navigator",
    "localStorage",
    "globalThis",
    "global",
    "require",
  ].map((name) => ({ name, message: io })),
  ...[
    "setTimeout",
    "setInterval",
    "setImmediate",
    "clearTimeout",
    "clearInterval",
    "clearImmediate",
    "queueMicrotask",
  ].map((name) => ({
    name,
    message: waiting,
  })),
  { name: "performance", message: time },
  { name: "process", message: "core and connectors know no process: take the value as an argument" },
  {
    name: "crypto",
    message: "randomness is an argument; for hashing import createHash or createHmac from node:crypto",
  },
];
const pureProperties = [
  { object: "Date", property: "now", message: time },
  {
    object: "Math",
    property: "random",
    message: "randomness is an argument: take a `random` function from the caller",
  },
];

export default defineConfig({
  plugins: ["eslint", "typescript", "unicorn", "oxc", "import", "promise", "node"],
  jsPlugins: [{ name: "house", specifier: join(root, "scripts/lint/plugin.ts") }],
  ignorePatterns: ["**/node_modules/**", "**/dist/**", "**/coverage/**", "**/.signal/**"],
  categories: { correctness: "error", suspicious: "error", perf: "error" },
  rules: {
    "house/imports": ["error", plan],
    "house/environment": "error",
    "house/file-name": "error",
    "house/named-errors": "error",
    "house/plain-typescript": "error",
    "import/no-cycle": ["error", { ignoreTypes: false }],
    "import/no-default-export": "error",
    "no-console": "error",
    "typescript/no-explicit-any": "error",
    "typescript/no-non-null-assertion": "error",
    "typescript/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
    eqeqeq: "error",
    "no-var": "error",
    "prefer-const": "error",
    "max-lines": ["error", { max: 400 }],
    "max-depth": ["error", 4],
    "max-params": ["error", { max: 4 }],
    // Order matters here more often than not: offsets, pages, retries.
    "no-await-in-loop": "off",
    // Shadowing a word in an inner scope is how `now`, `event` and `key` stay one word per thing.
    "no-shadow": "off",
    // Made for windows: a thread's `postMessage` has no target origin.
    "unicorn/require-post-message-target-origin": "off",
    "promise/always-return": "off",
    "promise/no-callback-in-promise": "off",
    // fast-check and yaml are used through their default export, as their documentation does.
    "import/no-named-as-default": "off",
    "import/no-named-as-default-member": "off",
    // Conditions change in callbacks, gauges register themselves when they are made.
    "no-unmodified-loop-condition": "off",
    "no-new": "off",
    "unicorn/prefer-array-flat-map": "off",
    // What is sorted or copied in place here was made a moment before.
    "unicorn/no-array-sort": "off",
    "oxc/no-map-spread": "off",
    // Lists of words are grouped by spreading rows; a handful is searched as fast in an array.
    "unicorn/no-useless-spread": "off",
    "unicorn/prefer-set-has": "off",
    "unicorn/consistent-function-scoping": "off",
  },
  overrides: [
    {
      files: pureFloors,
      excludeFiles: [shelf, compression, ...testFiles],
      rules: { "house/pure": ["error", { modules: ["node:crypto"] }] },
    },
    { files: [compression], rules: { "house/pure": ["error", { modules: ["node:zlib"] }] } },
    { files: [shelf], rules: { "house/pure": ["error", { modules: shelfModules }] } },
    {
      files: pureFloors,
      excludeFiles: testFiles,
      rules: {
        "no-restricted-globals": ["error", ...pureGlobals],
        "no-restricted-properties": ["error", ...pureProperties],
      },
    },
    {
      files: ["connectors/*/index.ts", "*.config.ts", "scripts/lint/plugin.ts"],
      rules: { "import/no-default-export": "off" },
    },
    { files: entrances, rules: { "no-console": "off", "house/environment": "off" } },
    { files: [...tests, "scripts/**"], rules: { "house/named-errors": "off" } },
    { files: tests, rules: { "house/environment": "off", "typescript/no-non-null-assertion": "off" } },
  ],
});
