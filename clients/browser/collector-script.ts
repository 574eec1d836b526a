/** datafly.js as the gateway serves it. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build, stop } from "esbuild";

/** The script, minified, and what its content is known by. */
export interface CollectorScript {
  code: string;
  /** The first 16 hexadecimal digits of the SHA-256 of the code. */
  hash: string;
}

/**
 * Properties that only the collector's own modules know, shortened in the script. None of them may be a name of the
 * browser's, of an event's, or of what is kept in the storage, where a later version must find it.
 */
const INTERNAL = (
  "visitorId newId kind own prefix refused isStored due mark restore pipelineKey endpoint alias hasPageViews waitMs hurry isLeaving " +
  "outlives retryAfter onFull onLook pauseKey onReset onCleared sending visitor queue store settle watch leave added forget current"
).split(" ");

/** How many are being built in this thread: the last one ends the process that esbuild works in. */
let building = 0;

/** Bundles and minifies the collector, in memory, in a few ten milliseconds. */
export async function buildCollector(): Promise<CollectorScript> {
  const folder = import.meta.dirname;
  const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as { version: string };
  building += 1;
  try {
    const code = await bundle(folder, version);
    return { code, hash: createHash("sha256").update(code).digest("hex").slice(0, 16) };
  } finally {
    building -= 1;
    if (building === 0) await stop();
  }
}

async function bundle(folder: string, version: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: folder,
    entryPoints: [join(folder, "src/main.ts")],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    platform: "browser",
    target: "es2020",
    charset: "utf8",
    legalComments: "none",
    logLevel: "silent",
    mangleProps: new RegExp(`^(${INTERNAL.join("|")})$`),
    define: { VERSION: JSON.stringify(version) },
    // The configuration of the house is for Node.
    tsconfigRaw: {},
  });
  return outputFiles[0]?.text ?? "";
}
