/** A small house in a temporary folder, built from the real manifests, configuration and rules, in which faults are planted. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export const root = join(import.meta.dirname, "../..");

export interface Diagnostic {
  readonly code: string;
  readonly message: string;
  readonly filename: string;
}

export interface PlantedHouse {
  readonly folder: string;
  /** Writes a file, making its folders. */
  plant(file: string, text: string): void;
  lint(): { status: number | null; diagnostics: Diagnostic[] };
  remove(): void;
}

/** The public face each manifest promises, so that the house stands: `core/index.ts`, `ports/log/event-log.ts`, … */
const FACE = "export const face = 1;\n";

export function buildHouse(): PlantedHouse {
  const folder = mkdtempSync(join(tmpdir(), "house-"));
  const plant = (file: string, text: string): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { workspaces: string[] };
  for (const file of ["package.json", "tsconfig.json", "oxlint.config.ts"])
    cpSync(join(root, file), join(folder, file));
  cpSync(join(root, "scripts/lint"), join(folder, "scripts/lint"), { recursive: true });
  for (const workspace of manifest.workspaces) {
    const text = readFileSync(join(root, workspace, "package.json"), "utf8");
    plant(join(workspace, "package.json"), text);
    for (const face of facesOf(text)) plant(join(workspace, face), FACE);
  }
  linkModules(folder, manifest.workspaces);
  return { folder, plant, lint: () => lint(folder), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function facesOf(manifest: string): string[] {
  const { exports } = JSON.parse(manifest) as { exports?: string | Record<string, string> };
  if (exports === undefined) return [];
  return typeof exports === "string" ? [exports] : Object.values(exports);
}

/** Libraries from the real `node_modules`, workspaces from the planted house. */
function linkModules(folder: string, workspaces: readonly string[]): void {
  const modules = join(root, "node_modules");
  mkdirSync(join(folder, "node_modules/@datafly-signal"), { recursive: true });
  for (const name of readdirSync(modules)) {
    if (name !== "@datafly-signal") symlinkSync(join(modules, name), join(folder, "node_modules", name));
  }
  for (const workspace of workspaces) {
    const { name } = JSON.parse(readFileSync(join(folder, workspace, "package.json"), "utf8")) as { name: string };
    symlinkSync(join(folder, workspace), join(folder, "node_modules", name));
  }
}

function lint(folder: string): { status: number | null; diagnostics: Diagnostic[] } {
  const oxlint = join(root, "node_modules/oxlint/bin/oxlint");
  const run = spawnSync(process.execPath, [oxlint, "--max-warnings=0", "-f", "json"], {
    cwd: folder,
    encoding: "utf8",
  });
  if (!run.stdout.startsWith("{")) throw new Error(`oxlint did not lint: ${run.stdout}${run.stderr}`);
  const { diagnostics } = JSON.parse(run.stdout) as { diagnostics: (Diagnostic & { help?: string })[] };
  const found = diagnostics.map(({ code, message, help, filename }) => ({
    code,
    message: `${message} ${help ?? ""}`,
    filename,
  }));
  return { status: run.status, diagnostics: found };
}
