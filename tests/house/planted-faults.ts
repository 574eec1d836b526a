/** One fault for each rule of the house: where it is planted, what it says, which rule must name it and with which cure. */

export interface PlantedFault {
  readonly rule: string;
  readonly file: string;
  readonly text: string;
  /** Part of the message: what tells this ban from the rule's others. */
  readonly says: string;
}

const use = (specifier: string): string => `import { face } from "${specifier}";\nexport const used = face;\n`;

const imports: PlantedFault[] = [
  {
    rule: "house(imports)",
    file: "core/upward.ts",
    text: use("@datafly-signal/ports/log"),
    says: "ports is above core",
  },
  {
    rule: "house(imports)",
    file: "ports/log/upward-type.ts",
    text: `import { type Face } from "@datafly-signal/gateway";\nexport type Used = Face;\n`,
    says: "pipeline/gateway is above ports",
  },
  {
    rule: "house(imports)",
    file: "core/upward-export.ts",
    text: `export * from "@datafly-signal/connectors";\n`,
    says: "connectors is above core",
  },
  {
    rule: "house(imports)",
    file: "core/upward-named-export.ts",
    text: `export { face } from "@datafly-signal/connectors";\n`,
    says: "connectors is above core",
  },
  {
    rule: "house(imports)",
    file: "pipeline/gateway/upward-import-call.ts",
    text: `export const late = import("@datafly-signal/server");\n`,
    says: "server is above",
  },
  {
    rule: "house(imports)",
    file: "ports/state/upward-type-call.ts",
    text: `export type Late = typeof import("@datafly-signal/server");\n`,
    says: "server is above",
  },
  {
    rule: "house(imports)",
    file: "pipeline/gateway/unnamed.ts",
    text: use("@datafly-signal/connectors"),
    says: 'package.json does not name "@datafly-signal/connectors"',
  },
  {
    rule: "house(imports)",
    file: "pipeline/worker/deep.ts",
    text: use("@datafly-signal/core/errors.ts"),
    says: "not a public face",
  },
  {
    rule: "house(imports)",
    file: "pipeline/worker/whole-ports.ts",
    text: use("@datafly-signal/ports"),
    says: "import @datafly-signal/ports/log or",
  },
  {
    rule: "house(imports)",
    file: "pipeline/worker/send/leaving.ts",
    text: use("../../../core/index.ts"),
    says: 'leaves the workspace pipeline/worker: import "@datafly-signal/core"',
  },
  {
    rule: "house(imports)",
    file: "server/leaving-root.ts",
    text: use("../scripts/lint/plugin.ts"),
    says: "leaves the workspace server",
  },
  {
    rule: "house(imports)",
    file: "server/thread-url.ts",
    text: `export const url = new URL("../pipeline/gateway/gateway.ts", import.meta.url);\n`,
    says: "leaves the workspace server",
  },
  { rule: "house(imports)", file: "server/absolute.ts", text: use("/srv/other.ts"), says: "absolute path" },
  {
    rule: "house(imports)",
    file: "pipeline/gateway/stranger.ts",
    text: use("@datafly-signal/worker"),
    says: "meet only in the log",
  },
  {
    rule: "house(imports)",
    file: "pipeline/processor/stranger.ts",
    text: use("@datafly-signal/gateway"),
    says: "meet only in the log",
  },
  {
    rule: "house(imports)",
    file: "pipeline/worker/stranger.ts",
    text: use("@datafly-signal/processor"),
    says: "meet only in the log",
  },
  {
    rule: "house(imports)",
    file: "management/api/data-plane.ts",
    text: use("@datafly-signal/processor"),
    says: "never imports the data plane",
  },
  {
    rule: "house(imports)",
    file: "core/library.ts",
    text: use("fastify"),
    says: 'core/package.json does not name "fastify"',
  },
  { rule: "house(imports)", file: "ports/log/adapter-library.ts", text: use("lmdb"), says: "belongs to its adapter" },
  {
    rule: "house(imports)",
    file: "connectors/webhook/outside.ts",
    text: use("../index.ts"),
    says: "outside the vendor folder connectors/webhook/",
  },
  {
    rule: "house(imports)",
    file: "connectors/webhook/neighbour.ts",
    text: use("../other_vendor/index.ts"),
    says: "outside the vendor folder connectors/webhook/",
  },
  {
    rule: "house(imports)",
    file: "connectors/webhook/shelf-by-name.ts",
    text: use("@datafly-signal/connectors"),
    says: "a vendor imports its own files",
  },
  { rule: "house(imports)", file: "connectors/list.ts", text: use("./webhook/index.ts"), says: "nothing names one" },
];

const purity: PlantedFault[] = [
  {
    rule: "house(pure)",
    file: "core/disk.ts",
    text: `import { readFileSync } from "node:fs";\nexport const read = readFileSync;\n`,
    says: "does I/O",
  },
  {
    rule: "house(pure)",
    file: "core/old-disk.ts",
    text: `import { readFileSync } from "fs";\nexport const read = readFileSync;\n`,
    says: "does I/O",
  },
  {
    rule: "house(pure)",
    file: "connectors/webhook/disk.ts",
    text: `import { readFileSync } from "node:fs";\nexport const read = readFileSync;\n`,
    says: "does I/O",
  },
  {
    rule: "house(pure)",
    file: "connectors/second-shelf.ts",
    text: `import { readdirSync } from "node:fs";\nexport const read = readdirSync;\n`,
    says: "does I/O",
  },
  {
    rule: "house(pure)",
    file: "core/late-disk.ts",
    text: `export const disk = import("node:fs");\n`,
    says: "does I/O",
  },
  {
    rule: "house(pure)",
    file: "core/random-id.ts",
    text: `import { randomUUID } from "node:crypto";\nexport const id = randomUUID;\n`,
    says: "randomness is an argument",
  },
  {
    rule: "house(pure)",
    file: "core/all-crypto.ts",
    text: `import * as crypto from "node:crypto";\nexport const id = crypto.randomUUID;\n`,
    says: "only hashing",
  },
  {
    rule: "house(pure)",
    file: "core/today.ts",
    text: `export const today = (): Date => new Date();\n`,
    says: "new Date() reads the clock",
  },
  {
    rule: "house(pure)",
    file: "connectors/webhook/today.ts",
    text: `export const today = (): string => Date();\n`,
    says: "Date() reads the clock",
  },
  {
    rule: "eslint(no-restricted-properties)",
    file: "core/now.ts",
    text: `export const now = (): number => Date.now();\n`,
    says: "time is an argument",
  },
  {
    rule: "eslint(no-restricted-properties)",
    file: "core/taken-now.ts",
    text: `const { now } = Date;\nexport const clock = now;\n`,
    says: "time is an argument",
  },
  {
    rule: "eslint(no-restricted-properties)",
    file: "connectors/webhook/dice.ts",
    text: `export const dice = (): number => Math.random();\n`,
    says: "randomness is an argument",
  },
  {
    rule: "eslint(no-restricted-globals)",
    file: "core/request.ts",
    text: `export const ask = (): unknown => fetch("https://shop.example.com");\n`,
    says: "do no I/O",
  },
  {
    rule: "eslint(no-restricted-globals)",
    file: "core/wait.ts",
    text: `export const wait = (): unknown => setTimeout(String, 1);\n`,
    says: "waiting is the worker's",
  },
  {
    rule: "eslint(no-restricted-globals)",
    file: "core/process.ts",
    text: `export const platform = process.platform;\n`,
    says: "know no process",
  },
  {
    rule: "eslint(no-restricted-globals)",
    file: "connectors/webhook/global-crypto.ts",
    text: `export const id = (): string => crypto.randomUUID();\n`,
    says: "randomness is an argument",
  },
  {
    rule: "eslint(no-restricted-globals)",
    file: "connectors/index.ts",
    text: `export const ask = (): unknown => fetch("https://shop.example.com");\n`,
    says: "do no I/O",
  },
];

const environment: PlantedFault[] = [
  `export const port = process.env["PORT"];\n`,
  `export const all = process["env"];\n`,
  `const { env } = process;\nexport const all = env;\n`,
  `import { env } from "node:process";\nexport const all = env;\n`,
  `export const all = globalThis.process.env;\n`,
].map((text, index) => ({
  rule: "house(environment)",
  file: `pipeline/gateway/environment-${index}.ts`,
  text,
  says: "only server/ reads the environment",
}));

const language: PlantedFault[] = [
  {
    rule: "typescript(no-explicit-any)",
    file: "server/anything.ts",
    text: "export const anything = (value: any): string => String(value);\n",
    says: "any",
  },
  {
    rule: "typescript(no-non-null-assertion)",
    file: "server/surely.ts",
    text: "export const surely = (value?: string): string => value!;\n",
    says: "non-null",
  },
  {
    rule: "house(plain-typescript)",
    file: "core/colours.ts",
    text: "export enum Colour {\n  Red,\n}\n",
    says: "no enum",
  },
  {
    rule: "house(plain-typescript)",
    file: "server/decorated.ts",
    text: "const seal = (target: unknown): unknown => target;\n@seal\nexport class Decorated {}\n",
    says: "no decorator",
  },
  {
    rule: "house(plain-typescript)",
    file: "server/parameter-property.ts",
    text: "export class Held {\n  constructor(readonly value: string) {}\n}\n",
    says: "no parameter property",
  },
  {
    rule: "house(plain-typescript)",
    file: "server/spaces.ts",
    text: "export namespace Space {\n  export const one = 1;\n}\n",
    says: "no namespace",
  },
  {
    rule: "house(named-errors)",
    file: "server/nameless.ts",
    text: `export const fail = (): never => {\n  throw new Error("no");\n};\n`,
    says: "no bare Error",
  },
  { rule: "house(file-name)", file: "core/event/utils.ts", text: "export const one = 1;\n", says: "says nothing" },
  { rule: "house(file-name)", file: "core/camelCase.ts", text: "export const one = 1;\n", says: "not kebab-case" },
  { rule: "import(no-default-export)", file: "core/default.ts", text: "export default 1;\n", says: "named exports" },
  {
    rule: "import(no-default-export)",
    file: "connectors/webhook/signing.ts",
    text: "export default 1;\n",
    says: "named exports",
  },
  {
    rule: "eslint(no-console)",
    file: "pipeline/worker/loud.ts",
    text: `console.log("sent");\nexport const loud = 1;\n`,
    says: "console",
  },
  { rule: "eslint(max-lines)", file: "core/long.ts", text: `${"export {};\n".repeat(401)}`, says: "too many lines" },
];

const cycles: PlantedFault[] = [
  {
    rule: "import(no-cycle)",
    file: "core/egg.ts",
    text: `import { hen } from "./hen.ts";\nexport const egg = (): unknown => hen;\n`,
    says: "cycle",
  },
  {
    rule: "import(no-cycle)",
    file: "core/hen.ts",
    text: `import { egg } from "./egg.ts";\nexport const hen = (): unknown => egg;\n`,
    says: "cycle",
  },
  {
    rule: "import(no-cycle)",
    file: "server/type-egg.ts",
    text: `import { type Hen } from "./type-hen.ts";\nexport type Egg = { hen: Hen };\n`,
    says: "cycle",
  },
  {
    rule: "import(no-cycle)",
    file: "server/type-hen.ts",
    text: `import { type Egg } from "./type-egg.ts";\nexport type Hen = { egg: Egg };\n`,
    says: "cycle",
  },
];

export const plantedFaults: readonly PlantedFault[] = [...imports, ...purity, ...environment, ...language, ...cycles];

/** What the rules allow, beside what they ban: each of these files must pass. */
export const allowedFiles: Readonly<Record<string, string>> = {
  "core/hash.ts": `import { createHash } from "node:crypto";\nexport const hash = (text: string): string => createHash("sha256").update(text).digest("hex");\n`,
  "core/moment.ts": "export const moment = (now: number): Date => new Date(now);\n",
  "core/moment.test.ts": `import { readFileSync } from "node:fs";\nimport { test } from "node:test";\ntest("reads", () => void readFileSync(import.meta.filename));\ntest("now", () => void Date.now());\n`,
  "connectors/contract-case.ts": `import { readFileSync } from "node:fs";\nexport const read = readFileSync;\n`,
  "ports/log/contract-suite.ts": `export const fail = (): never => {\n  throw new Error(process.env["CI"]);\n};\n`,
  "connectors/webhook/index.ts": `import { face } from "@datafly-signal/core";\nimport { signing } from "./signing-key.ts";\nexport default { face, signing };\n`,
  "connectors/webhook/signing-key.ts": "export const signing = 1;\n",
  "connectors/index.ts": `import { readdirSync } from "node:fs";\nexport const shelf = (): unknown => readdirSync(import.meta.dirname);\n`,
  "ports/log/lmdb/records.ts": `import { open } from "lmdb";\nexport const openRecords = open;\n`,
  "pipeline/worker/sending.ts": `import { face } from "@datafly-signal/core";\nimport { face as log } from "@datafly-signal/ports/log";\nexport const sending = [face, log];\n`,
  "server/threads.ts": `export const thread = new URL("./gateway-thread.ts", import.meta.url);\nexport const port = process.env["PORT"];\nconsole.log(port);\n`,
  "server/gateway-thread.ts": `import { face } from "@datafly-signal/gateway";\nexport const gateway = face;\n`,
  "tests/across/start.test.ts": `import { test } from "node:test";\ntest("starts", () => {\n  if (process.env["CI"] === "x") throw new Error("no");\n});\n`,
  "bench/started.ts": `export const server = new URL("../server/main.ts", import.meta.url);\n`,
  "scripts/print.ts": `console.log(process.env["CI"]);\n`,
};
