/** Writes the table of transforms into `docs/mapping.md` from core's list; the test beside it fails when the page differs. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { listTransforms, type TransformDescription } from "@datafly-signal/core";

export const MAPPING_DOC = fileURLToPath(new URL("../docs/mapping.md", import.meta.url));

const BEGIN = "<!-- transforms: written by `npm run docs:transforms` from the list in core/ -->\n";
const END = "<!-- end of transforms -->\n";

const FAMILIES: Readonly<Record<TransformDescription["family"], string>> = {
  text: "Text",
  hash: "Digests",
  normalise: "Normalising",
  number: "Numbers and booleans",
  date: "Times",
  list: "Lists",
  edit: "Editing text",
  encode: "Encoding",
  fallback: "Other values",
};

/** The page with its table as the list says; everything around it stays. */
export function withTransforms(page: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end < begin)
    throw new Error("docs/mapping.md has lost the marks around its table of transforms.");
  return `${page.slice(0, begin + BEGIN.length)}\n${renderTransforms()}\n${page.slice(end)}`;
}

function renderTransforms(): string {
  const transforms = listTransforms();
  return Object.entries(FAMILIES)
    .map(([family, title]) => {
      const rows = transforms.filter((one) => one.family === family).map(rowOf);
      return `### ${title}\n\n${table([["Transform", "Argument", "What it does", "Example"], ...rows])}`;
    })
    .join("\n");
}

function rowOf(one: TransformDescription): string[] {
  const { name, summary, examples } = one;
  const example = examples.find(({ input, output }) => input !== undefined && output !== undefined) ?? examples[0];
  const written = example === undefined ? "" : `${asCode(example.input)} → ${asCode(example.output)}`;
  const shown = example?.args === undefined ? written : `${asCode({ [name]: example.args })}: ${written}`;
  return [`\`${name}\``, argumentOf(one), summary, shown].map((cell) => cell.replaceAll("|", "\\|"));
}

function argumentOf({ args, argsRequired }: TransformDescription): string {
  if (args === null) return "";
  const form =
    "properties" in args
      ? `{${Object.keys(args["properties"] ?? {}).join(", ")}}`
      : "type" in args
        ? args.type
        : "value";
  const words: Readonly<Record<string, string>> = { string: "text", integer: "whole number", object: "table" };
  return `${words[String(form)] ?? String(form)}${argsRequired ? "" : ", optional"}`;
}

/** Long values such as digests are cut: the page shows the form. */
function asCode(value: unknown): string {
  if (value === undefined || value === null) return "missing";
  const text = JSON.stringify(value);
  return `\`${text.length > 60 ? `${text.slice(0, 24)}…"` : text}\``;
}

/** Columns as wide as the formatter lays them out. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |\n`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("");
}

if (import.meta.main) writeFileSync(MAPPING_DOC, withTransforms(readFileSync(MAPPING_DOC, "utf8")));
