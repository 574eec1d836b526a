/** Writes the generated parts of the connectors' READMEs: settings from the fields, events from the blueprints. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadConnectors } from "@datafly-signal/connectors";
import { type Blueprint, type Connector, mappingCoverage } from "@datafly-signal/core";

export const readmeOf = (key: string): string =>
  fileURLToPath(new URL(`../connectors/${key}/README.md`, import.meta.url));

const begin = (part: string): string => `<!-- ${part}: written by \`npm run docs:connectors\` -->`;
const end = (part: string): string => `<!-- end of ${part} -->`;

/** The page with its generated parts as the connector says; everything around them stays. */
export function withConnector(page: string, connector: Connector): string {
  const settings = fieldTable(connector);
  const events = eventTable(connector);
  const whole = withPart(page, "configuration", settings);
  return events === null ? whole : withPart(whole, "events", events);
}

function withPart(page: string, part: string, text: string): string {
  const from = page.indexOf(begin(part));
  const to = page.indexOf(end(part));
  if (from === -1 || to < from)
    throw new Error(`The page has lost the marks around its part ${part}: ${begin(part)} … ${end(part)}`);
  return `${page.slice(0, from + begin(part).length)}\n\n${text}\n${page.slice(to)}`;
}

function fieldTable({ config_fields }: Connector): string {
  const rows = config_fields.map((field) => {
    const { key, label, type, required, help_text, options, default: usual } = field;
    const choice = options === undefined ? "" : ` One of ${options.map((option) => `\`${option}\``).join(", ")}.`;
    const standard = usual === undefined || usual === "" ? "" : ` Default \`${String(usual)}\`.`;
    return [`\`${key}\``, label, type, required ? "Yes" : "No", `${help_text}${choice}${standard}`];
  });
  return table([["Field", "Label", "Type", "Required", "Description"], ...rows]);
}

/** Every event of the blueprints, with what the vendor calls it in each; null where there are none. */
function eventTable({ blueprints = [], events_without = {} }: Connector): string | null {
  if (blueprints.length === 0) return null;
  const sections = blueprints.map((blueprint) => ({ blueprint, names: vendorNames(blueprint) }));
  const events = [...new Set(sections.flatMap(({ names }) => [...names.keys()]))];
  const rows = events.map((event) => [
    `\`${event}\``,
    [...new Set(sections.flatMap(({ names }) => names.get(event) ?? []))].map((name) => `\`${name}\``).join(", "),
    sections
      .filter(({ names }) => names.has(event))
      .map(({ blueprint }) => blueprint.name)
      .join(", "),
  ]);
  const without = Object.entries(events_without).map(([event, reason]) => `- \`${event}\`: ${reason}`);
  const notes = without.length === 0 ? "" : `\nNot sent by the blueprints:\n\n${without.join("\n")}\n`;
  return `${table([["Event", "Sent as", "Blueprints"], ...rows])}${notes}`;
}

function vendorNames({ mapping }: Blueprint): Map<string, string> {
  const names = new Map<string, string>();
  for (const { section, vendor_event_name } of mappingCoverage(mapping, { fields: [] })) {
    const event = /^events(?:\.([\w-]+)|\["(.+)"\])$/.exec(section);
    const name = event?.[1] ?? event?.[2];
    if (name !== undefined) names.set(name, vendor_event_name ?? name);
  }
  return names;
}

/** Columns as wide as the formatter lays them out. */
function table(rows: readonly (readonly string[])[]): string {
  const safe = rows.map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = (safe[0] ?? []).map((_, column) => Math.max(...safe.map((row) => (row[column] ?? "").length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |\n`;
  const [head = [], ...body] = safe;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("");
}

if (import.meta.main) {
  const keys = process.argv.slice(2);
  const connectors = await loadConnectors(undefined, keys.length === 0 ? undefined : keys);
  for (const [key, connector] of connectors) {
    const file = readmeOf(key);
    if (!existsSync(file)) throw new Error(`connectors/${key} has no README.md`);
    const page = readFileSync(file, "utf8");
    const next = withConnector(page, connector);
    if (next !== page) writeFileSync(file, next);
  }
}
