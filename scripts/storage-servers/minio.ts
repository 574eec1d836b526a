/** MinIO, a server of the S3 protocol that checks signatures; built from its source by Go. */
import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { provideOnce } from "./provide-once.ts";
import { printed, succeeds } from "./run-tool.ts";

/** Of February 2026, the last one: its repository is archived. It is a tool of the tests and no part of what ships. */
const VERSION = "v0.0.0-20260212201848-7aac2a2c5b7c";
const MODULE = `github.com/minio/minio@${VERSION}`;

/**
 * The executable: `MINIO_PATH`, else the one in the cache, else built now: about 7 minutes of processor time.
 * @throws {Error} that says what to install
 */
export function findMinio(): string {
  const given = process.env["MINIO_PATH"];
  if (given !== undefined && given !== "") {
    if (printed(given, ["--version"]) !== null) return given;
    throw new Error(`MINIO_PATH is ${given}, which does not run. Set it to the executable of MinIO.`);
  }
  return join(provideOnce(`minio-${VERSION}-${process.platform}-${process.arch}`, build), "minio");
}

function build(folder: string): void {
  if (printed("go", ["version"]) === null) {
    throw new Error("MinIO is built by Go, which was not found. Install Go 1.24 or newer, or set MINIO_PATH.");
  }
  const tools = join(folder, "bin");
  const built = join(tools, "minio");
  // Another GOOS or GOARCH would be a build for another machine, and `go install` refuses it together with GOBIN.
  const env = { ...process.env, GOBIN: tools, GOOS: "", GOARCH: "", CGO_ENABLED: "0" };
  if (!succeeds("go", ["install", "-ldflags=-s -w", MODULE], env) || !existsSync(built)) {
    throw new Error(`MinIO could not be built (go install ${MODULE}). Look above for what Go said, or set MINIO_PATH.`);
  }
  renameSync(built, join(folder, "minio"));
  rmSync(tools, { recursive: true });
}
