/** The configuration's files: `signal.yaml` and the mapping files it names, read together and watched together. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import {
  compileMapping,
  type ConfigFault,
  type Connector,
  readSignalFile,
  type SignalFile,
} from "@datafly-signal/core";
import { codeChecker } from "@datafly-signal/processor";
import { fileMark } from "../file-mark.ts";
import { checkLocationFile } from "./location-file.ts";

/** The mark of a file that is not there. */
const ABSENT = "absent";

export interface ReadFiles {
  result: { ok: true; file: SignalFile; warnings: ConfigFault[] } | { ok: false; faults: ConfigFault[] };
  /** What was looked at, and how it looked: differs when a file was changed, made or removed. */
  mark: string;
}

export interface ReadFilesOptions {
  path: string;
  env: Readonly<Record<string, string | undefined>>;
  environment: "development" | "production";
  connectors: ReadonlyMap<string, Connector>;
  rateLimitRps: number;
  allowPrivateAddresses: boolean;
}

/** Reads the file and everything it names. The mark is taken before reading: a change in between is met the next time. */
export async function readConfigFiles(options: ReadFilesOptions): Promise<ReadFiles> {
  const { path } = options;
  const marks = new Map<string, string>([[path, lookOf(path)]]);
  const text = textOf(path);
  if (text === undefined) {
    const fault = {
      file: path,
      line: 1,
      column: 1,
      path: "",
      message: "The file cannot be read.",
      cure: "Make it readable, or set SIGNAL_CONFIG to another.",
    };
    return { result: { ok: false, faults: [fault] }, mark: joined(marks) };
  }
  // The interpreter is loaded only where there is code for it.
  const checkCode = text.includes("custom_js") ? await codeChecker() : undefined;
  const result = readSignalFile(text, {
    file: path,
    env: options.env,
    environment: options.environment,
    connectors: options.connectors,
    rateLimitRps: options.rateLimitRps,
    allowPrivateAddresses: options.allowPrivateAddresses,
    compileMapping: (document) => compileMapping(document, {}),
    ...(checkCode && { checkCode }),
    checkLocations: (name) => checkLocations(resolve(dirname(path), name), marks),
    readFile: (name) => {
      const named = resolve(dirname(path), name);
      marks.set(named, lookOf(named));
      return textOf(named);
    },
  });
  return { result, mark: joined(marks) };
}

/** A file of locations is looked at as a whole once, and watched like the others: a new month's file is taken up. */
function checkLocations(path: string, marks: Map<string, string>): ReturnType<typeof checkLocationFile> {
  marks.set(path, lookOf(path));
  return checkLocationFile(path);
}

/** The mark as the files look now. */
export function currentMark(mark: string): string {
  const marks = JSON.parse(mark) as [string, string][];
  return markOf(marks.map(([path]) => path));
}

/** The files of a mark that were there when it was taken. */
export function existingFiles(mark: string): string[] {
  if (mark === "") return [];
  return (JSON.parse(mark) as [string, string][]).filter(([, look]) => look !== ABSENT).map(([path]) => path);
}

/** The mark of files that are not read, only looked for. */
export function markOf(paths: readonly string[]): string {
  return JSON.stringify(paths.map((path) => [path, lookOf(path)]));
}

function joined(marks: ReadonlyMap<string, string>): string {
  return JSON.stringify([...marks]);
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function lookOf(path: string): string {
  return fileMark(path) ?? ABSENT;
}

/** A fault as a compiler would print it, with its cure. */
export function faultText(fault: ConfigFault): string {
  const where = fault.path === "" ? "" : ` ${fault.path}:`;
  return `${fault.file}:${fault.line}:${fault.column}:${where} ${fault.message.replace(/\.$/, "")}. ${fault.cure}`;
}
