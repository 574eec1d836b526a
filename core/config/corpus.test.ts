import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import Schema from "typebox/schema";
import { parse } from "yaml";
import type { ConfigFault } from "./fault.ts";
import { testOptions } from "./config-fixture.ts";
import { signalSchema } from "./published-schema.ts";
import { readSignalFile, type ReadResult } from "./read-signal-file.ts";

const CORPUS = new URL("./corpus/", import.meta.url);
const validates = Schema.Compile(signalSchema());

interface Case {
  text: string;
  expected: { place: string; message: string; cure: string }[];
  result: ReadResult;
}

function filesOf(folder: string): string[] {
  return readdirSync(new URL(folder, CORPUS)).filter((name) => name.endsWith(".yaml"));
}

/** A case says what it is read with, and what is expected, in its first comments. */
function readCase(path: string): Case {
  const text = readFileSync(new URL(path, CORPUS), "utf8");
  const env: Record<string, string> = {};
  const expected: Case["expected"] = [];
  for (const line of text.split("\n")) {
    const variable = /^# env (\w+)=(.*)$/.exec(line);
    if (variable !== null) env[variable[1] ?? ""] = variable[2] ?? "";
    const fault = /^# expect (\S+) (.*?) ?\| ?(.*)$/.exec(line);
    if (fault !== null) expected.push({ place: fault[1] ?? "", message: fault[2] ?? "", cure: fault[3] ?? "" });
  }
  const environment = text.includes("# environment production") ? "production" : "development";
  const readFile = (name: string): string | undefined => {
    const url = new URL(name, CORPUS);
    return existsSync(url) ? readFileSync(url, "utf8") : undefined;
  };
  return { text, expected, result: readSignalFile(text, testOptions({ env, environment, readFile })) };
}

function placeOf(fault: ConfigFault): string {
  return `${fault.file === "signal.yaml" ? "" : `${fault.file}:`}${fault.line}:${fault.column}`;
}

for (const name of filesOf("valid/")) {
  test(`valid: ${name}`, () => {
    const { text, result } = readCase(`valid/${name}`);
    assert.deepEqual(result.ok ? [] : result.faults, []);
    assert.deepEqual(validates.Errors(parse(text))[1], []);
  });
}

for (const name of filesOf("invalid/")) {
  test(`invalid: ${name}`, () => {
    const { expected, result } = readCase(`invalid/${name}`);
    assert.ok(!result.ok, "the file was accepted");
    assert.ok(expected.length > 0, "the case expects nothing");
    const found = result.faults.map((fault) => `${placeOf(fault)} ${fault.message} | ${fault.cure}`);
    assert.equal(result.faults.length, expected.length, found.join("\n"));
    for (const [index, want] of expected.entries()) {
      const fault: ConfigFault | undefined = result.faults[index];
      assert.ok(fault !== undefined);
      assert.equal(placeOf(fault), want.place, found.join("\n"));
      assert.ok(fault.message.includes(want.message), found.join("\n"));
      assert.ok(fault.cure.includes(want.cure), found.join("\n"));
      assert.ok(fault.message !== "" && fault.cure !== "");
    }
  });
}

test("no planted secret and no variable's value is in any fault or warning of the corpus", () => {
  for (const path of [
    ...filesOf("valid/").map((name) => `valid/${name}`),
    ...filesOf("invalid/").map((name) => `invalid/${name}`),
  ]) {
    const { result } = readCase(path);
    const said = JSON.stringify(result.ok ? result.warnings : result.faults);
    assert.doesNotMatch(said, /planted|refused-by-vendor/, path);
  }
});
