import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, describe, test } from "node:test";

const script = join(import.meta.dirname, "../../scripts/ensure.mjs");

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Checkout {
  readonly folder: string;
  write(file: string, text: string, mode?: number): void;
  /** What `npm` was called with, a line a call. */
  calls(): string[];
  run(options?: { args?: string[]; node?: string[]; path?: string }): Promise<Run>;
  /** The lock files that are left. */
  locks(): string[];
  readonly started: ChildProcess[];
}

const NPM_CI = `#!/bin/sh
echo "$@" >> "$CHECKOUT/calls"
echo "npm was here"
echo "npm warned" >&2
rm -rf node_modules
mkdir -p node_modules/.bin
printf '#!/bin/sh\\necho v24.21.0\\n' > node_modules/.bin/node
chmod +x node_modules/.bin/node
`;

/** A folder with the real script, a lockfile and a npm that only notes what it is asked. */
function makeCheckout(context: TestContext): Checkout {
  const folder = mkdtempSync(join(tmpdir(), "ensure-"));
  const write = (file: string, text: string, mode = 0o644): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
    chmodSync(join(folder, file), mode);
  };
  mkdirSync(join(folder, "tmp"));
  mkdirSync(join(folder, "scripts"));
  cpSync(script, join(folder, "scripts/ensure.mjs"));
  write("package-lock.json", JSON.stringify({ packages: {} }));
  write("bin/npm", NPM_CI, 0o755);
  const started: ChildProcess[] = [];
  context.after(() => {
    for (const child of started) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  const run: Checkout["run"] = ({ args = [], node = [], path = "/usr/bin:/bin" } = {}) => {
    const env = {
      CHECKOUT: folder,
      HOME: join(folder, "home"),
      PATH: `${join(folder, "bin")}:${path}`,
      TMPDIR: join(folder, "tmp"),
    };
    const child = spawn(process.execPath, [...node, join(folder, "scripts/ensure.mjs"), ...args], { cwd: folder, env });
    started.push(child);
    return collect(child);
  };
  const calls = (): string[] =>
    existsSync(join(folder, "calls")) ? readFileSync(join(folder, "calls"), "utf8").trim().split("\n") : [];
  return { folder, write, calls, run, locks: () => readdirSync(join(folder, "tmp")), started };
}

function collect(child: ChildProcess): Promise<Run> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => {
    child.once("close", (status) => resolve({ status, stdout, stderr }));
  });
}

describe("installing", () => {
  test("runs npm ci once, prints to stderr only, and is silent when nothing is to do", async (context) => {
    const checkout = makeCheckout(context);
    const first = await checkout.run();
    assert.equal(first.status, 0, first.stderr);
    assert.equal(first.stdout, "");
    assert.match(first.stderr, /Installing the dependencies[\s\S]*npm was here[\s\S]*Installed in \d+ s/);
    assert.match(checkout.calls()[0] ?? "", /^ci /);
    assert.deepEqual(await checkout.run(), { status: 0, stdout: "", stderr: "" });
    assert.equal(checkout.calls().length, 1);
    assert.deepEqual(checkout.locks(), []);
  });

  test("runs again when the lockfile changed, and when node_modules is gone", async (context) => {
    const checkout = makeCheckout(context);
    await checkout.run();
    checkout.write("package-lock.json", JSON.stringify({ packages: { "node_modules/new": { version: "1.0.0" } } }));
    assert.equal((await checkout.run()).status, 0);
    assert.equal(checkout.calls().length, 2);
    rmSync(join(checkout.folder, "node_modules"), { recursive: true });
    assert.equal((await checkout.run()).status, 0);
    assert.equal(checkout.calls().length, 3);
  });

  test("--quiet says nothing on success and everything on failure", async (context) => {
    const checkout = makeCheckout(context);
    assert.deepEqual(await checkout.run({ args: ["--quiet"] }), { status: 0, stdout: "", stderr: "" });
    checkout.write("package-lock.json", "{}");
    checkout.write("bin/npm", "#!/bin/sh\necho 'npm error network'\nexit 7\n", 0o755);
    const failed = await checkout.run({ args: ["--quiet"] });
    assert.equal(failed.status, 1);
    assert.equal(failed.stdout, "");
    assert.match(failed.stderr, /npm error network[\s\S]*could not be installed: npm ci ended with code 7/);
  });

  test("a failed install is tried again by the next run", async (context) => {
    const checkout = makeCheckout(context);
    checkout.write("bin/npm", "#!/bin/sh\nmkdir -p node_modules\nexit 1\n", 0o755);
    assert.equal((await checkout.run()).status, 1);
    assert.deepEqual(checkout.locks(), []);
    checkout.write("bin/npm", NPM_CI, 0o755);
    assert.equal((await checkout.run()).status, 0);
  });

  test("a missing npm is said", async (context) => {
    const checkout = makeCheckout(context);
    rmSync(join(checkout.folder, "bin/npm"));
    const run = await checkout.run({ path: "/nowhere" });
    assert.equal(run.status, 1);
    assert.match(run.stderr, /npm could not be started: .*ENOENT/);
  });

  const installed = (version: string): string => JSON.stringify({ packages: { "node_modules/one": { version } } });

  test("an npm install by hand counts when it installed what the lockfile says", async (context) => {
    const checkout = makeCheckout(context);
    const other = { "node_modules/for-another-system": { version: "1.0.0", optional: true } };
    checkout.write(
      "package-lock.json",
      JSON.stringify({
        packages: {
          "": {},
          core: {},
          "node_modules/core": { link: true },
          "node_modules/one": { version: "1.0.0" },
          ...other,
        },
      }),
    );
    checkout.write("node_modules/.package-lock.json", installed("1.0.0"));
    checkout.write("node_modules/.bin/node", "#!/bin/sh\necho v24.21.0\n", 0o755);
    assert.equal((await checkout.run()).status, 0);
    assert.deepEqual(checkout.calls(), []);
  });

  const differences = {
    "another version": installed("0.9.0"),
    "a package too many": JSON.stringify({
      packages: { "node_modules/one": { version: "1.0.0" }, "node_modules/two": { version: "1.0.0" } },
    }),
    "a package missing": JSON.stringify({ packages: {} }),
    "an unreadable record": "{",
  };
  for (const [what, record] of Object.entries(differences)) {
    test(`${what} in node_modules is installed anew`, async (context) => {
      const checkout = makeCheckout(context);
      checkout.write("package-lock.json", installed("1.0.0"));
      checkout.write("node_modules/.package-lock.json", record);
      assert.equal((await checkout.run()).status, 0);
      assert.equal(checkout.calls().length, 1);
    });
  }

  test("node_modules of another platform are replaced", async (context) => {
    const checkout = makeCheckout(context);
    await checkout.run();
    const mark = join(checkout.folder, "node_modules/.signal-installed");
    writeFileSync(mark, readFileSync(mark, "utf8").replace(/ .*/, " plan9-mips"));
    assert.equal((await checkout.run()).status, 0);
    assert.equal(checkout.calls().length, 2);
  });
});

describe("two runs at once", () => {
  const SLOW_NPM = `${NPM_CI}while [ ! -e "$CHECKOUT/go" ]; do sleep 0.05; done\n`;

  const until = async (isTrue: () => boolean): Promise<void> => {
    while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 20));
  };

  test("install once: the second waits for the first", async (context) => {
    const checkout = makeCheckout(context);
    checkout.write("bin/npm", SLOW_NPM, 0o755);
    const first = checkout.run();
    await until(() => checkout.calls().length === 1);
    const second = checkout.run();
    const waiting = new Promise((resolve) => checkout.started[1]?.stderr?.once("data", resolve));
    assert.match(String(await waiting), /Another run is installing/);
    checkout.write("go", "");
    assert.deepEqual([(await first).status, (await second).status], [0, 0]);
    assert.equal(checkout.calls().length, 1);
    assert.deepEqual(checkout.locks(), []);
  });

  test("a killed run leaves a lock that the next one takes over", async (context) => {
    const checkout = makeCheckout(context);
    checkout.write("bin/npm", SLOW_NPM, 0o755);
    void checkout.run();
    await until(() => checkout.calls().length === 1);
    const ended = new Promise((resolve) => checkout.started[0]?.once("exit", resolve));
    checkout.started[0]?.kill("SIGKILL");
    await ended;
    assert.equal(checkout.locks().length, 1);
    checkout.write("go", "");
    checkout.write("bin/npm", NPM_CI, 0o755);
    assert.equal((await checkout.run()).status, 0);
    assert.equal(checkout.calls().length, 2);
    assert.deepEqual(checkout.locks(), []);
  });

  test("SIGTERM ends the install and gives the lock back", async (context) => {
    const checkout = makeCheckout(context);
    checkout.write("bin/npm", `#!/bin/sh\necho "$@" >> "$CHECKOUT/calls"\nexec sleep 60\n`, 0o755);
    const run = checkout.run();
    await until(() => checkout.calls().length === 1);
    checkout.started[0]?.kill("SIGTERM");
    assert.equal((await run).status, 1);
    assert.deepEqual(checkout.locks(), []);
  });

  test("a lock of a live process is stale when it is older than any install, and unreadable content soon after", async (context) => {
    for (const [content, ageSeconds] of [
      [JSON.stringify({ pid: process.pid }), 3600],
      ["", 5],
    ] as const) {
      const checkout = makeCheckout(context);
      await checkout.run();
      const name = lockNameOf(checkout);
      checkout.write(`tmp/${name}`, content);
      const then = Date.now() / 1000 - ageSeconds;
      utimesSync(join(checkout.folder, "tmp", name), then, then);
      rmSync(join(checkout.folder, "node_modules"), { recursive: true });
      assert.equal((await checkout.run()).status, 0);
      assert.deepEqual(checkout.locks(), []);
    }
  });

  /** The name is the script's own secret: a npm that lists the folder while the lock is held tells it. */
  function lockNameOf(checkout: Checkout): string {
    checkout.write(
      "bin/npm",
      `#!/bin/sh\nls "$CHECKOUT/tmp" > "$CHECKOUT/lock-name"\n${NPM_CI.slice(NPM_CI.indexOf("\n"))}`,
      0o755,
    );
    rmSync(join(checkout.folder, "node_modules"), { recursive: true });
    const env = {
      CHECKOUT: checkout.folder,
      PATH: `${join(checkout.folder, "bin")}:/usr/bin:/bin`,
      TMPDIR: join(checkout.folder, "tmp"),
    };
    spawnSync(process.execPath, [join(checkout.folder, "scripts/ensure.mjs")], { env });
    return readFileSync(join(checkout.folder, "lock-name"), "utf8").trim();
  }
});

describe("the node that scripts will see", () => {
  const runWith = async (context: TestContext, brought: string, node: string[] = []): Promise<Run> => {
    const checkout = makeCheckout(context);
    checkout.write("bin/npm", `#!/bin/sh\nmkdir -p node_modules/.bin\n${brought}`, 0o755);
    checkout.write("bin/node", "#!/bin/sh\necho v20.20.2\n", 0o755);
    return checkout.run({ node });
  };
  const bring = (version: string): string =>
    `printf '#!/bin/sh\\necho ${version}\\n' > node_modules/.bin/node\nchmod +x node_modules/.bin/node\n`;
  /** Makes the script believe it runs elsewhere. */
  const pretend = (object: string, field: string, value: string): string[] => [
    "--import",
    `data:text/javascript,Object.defineProperty(${object},"${field}",{value:${value}})`,
  ];

  test("24 and newer pass", async (context) => {
    assert.equal((await runWith(context, bring("v24.0.0"))).status, 0);
    assert.equal((await runWith(context, bring("v26.1.0"))).status, 0);
  });

  test("older ones fail with what to do", async (context) => {
    const run = await runWith(context, "");
    assert.equal(run.status, 1);
    assert.equal(run.stdout, "");
    assert.match(run.stderr, /needs Node 24 or newer; the `node` found is 20\.20\.2/);
    assert.match((await runWith(context, bring("v23.9.0"))).stderr, /found is 23\.9\.0/);
  });

  test("one that does not start is said", async (context) => {
    assert.match(
      (
        await runWith(
          context,
          "printf '#!/bin/sh\\nexit 127\\n' > node_modules/.bin/node; chmod +x node_modules/.bin/node\n",
        )
      ).stderr,
      /no `node` that starts was found/,
    );
  });

  test("on macOS it says how to install one", async (context) => {
    const run = await runWith(context, "", pretend("process", "platform", `"darwin"`));
    assert.equal(run.status, 1);
    assert.match(
      run.stderr,
      /no Node package for darwin-[\s\S]*brew install node@24[\s\S]*nvm install 24[\s\S]*nodejs\.org/,
    );
  });

  test("a system Node below 20 is told so before anything is installed", async (context) => {
    const checkout = makeCheckout(context);
    const run = await checkout.run({ node: pretend("process", "versions", `{...process.versions,node:"18.20.4"}`) });
    assert.equal(run.status, 1);
    assert.match(run.stderr, /needs Node 20 or newer to install itself[\s\S]*this is 18\.20\.4/);
    assert.deepEqual(checkout.calls(), []);
  });
});
