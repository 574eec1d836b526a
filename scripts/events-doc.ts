/** Writes `docs/events.md` from the event catalogue; the test beside it fails when the file differs. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  catalogueEntries,
  type CatalogueEntry,
  ITEM_FIELDS,
  type PropertyDefinition,
  type PropertyForm,
  type PropertyNeed,
  sampleEvent,
  type Vertical,
} from "@datafly-signal/core";

export const EVENTS_DOC = fileURLToPath(new URL("../docs/events.md", import.meta.url));

const TITLES: Readonly<Record<Vertical, string>> = {
  general: "All sites and apps",
  ecommerce: "E-commerce",
  travel: "Travel",
  media: "Media",
  publishing: "Publishing",
  saas: "SaaS",
  mobile: "Mobile apps and games",
};

export function renderEventsDoc(): string {
  const entries = catalogueEntries();
  const calls = entries.filter(({ part }) => part === "traits");
  const verticals = Object.entries(TITLES).map(([vertical, title]) => ({
    title,
    entries: entries.filter((entry) => entry.vertical === vertical && entry.part === "properties"),
  }));
  return [
    INTRODUCTION,
    ...verticals.flatMap(({ title, entries: own }) => [`## ${title}\n`, eventTable(own), propertyTable(own)]),
    "## Items\n",
    "Each object in `items`. It needs `item_id` or `item_name`, under any of their names.\n",
    fieldTable(ITEM_FIELDS),
    "## Users and groups\n",
    "What `identify` and `group` carry as `traits`.\n",
    ...calls.flatMap((entry) => [`### ${entry.event.name}\n`, `${entry.event.description}\n`, propertyTable([entry])]),
    "## A sample\n",
    "What `npm run --silent signal -- send <integration> --event purchase` sends, with an id and a time of its own.\n",
    `\`\`\`json\n${JSON.stringify(SAMPLE, null, 2)}\n\`\`\`\n`,
  ].join("\n");
}

const SAMPLE = sampleEvent("purchase", {
  messageId: "018f2b6e-7c1a-7f53-8a51-3f4c3a0f9c11",
  anonymousId: "4f1c2f3e-0b53-4f7a-9b1c-2a7d5b9e6c10",
  timestamp: "2026-11-21T09:00:00.000Z",
  consent: [],
});

const INTRODUCTION = `# Events

<!-- Written by \`npm run docs:events\` from the catalogue in core/event/. -->

The catalogue knows what events are called and what they carry. Nothing forces you to keep to it: events under any name are
accepted, and may be mapped by that name. Events that it knows need less work, since mappings written for one of their names
work for all of them.

- **Names.** Case does not matter, and spaces, \`-\` and \`_\` are equal: \`Order Completed\`, \`order_completed\` and
  \`order-completed\` are one name, and another one for \`purchase\`. The first name in each row is the canonical one; where GA4
  has a name, it is GA4's. A mapping's section, a schema and \`canonical.event_name\` find an event under all of its names
  ([mapping](mapping.md)).
- **Properties** have other names too, each also in camelCase: \`canonical.transaction_id\` reads \`order_id\` and \`orderId\`
  where that is what was sent. The event itself is not changed.
- **Bold** properties are required: without them the event is of no use to most vendors. Those in brackets are optional, the
  others are recommended, and samples have them. Any other property may be sent beside them.
- Events about one product may carry its fields in the properties themselves instead of in \`items\`; they are marked with ¹.
`;

function eventTable(entries: readonly CatalogueEntry[]): string {
  const rows = entries.map(({ event, properties }) => [
    `\`${event.name}\`${event.aboutOneItem === true ? " ¹" : ""}`,
    event.description,
    (event.aliases ?? []).join(", "),
    properties.map(({ name, need }) => NEEDED[need](`\`${name}\``)).join(", "),
  ]);
  return table([["Event", "When", "Also sent as", "Properties"], ...rows]);
}

const NEEDED: Readonly<Record<PropertyNeed, (name: string) => string>> = {
  required: (name) => `**${name}**`,
  recommended: (name) => name,
  optional: (name) => `(${name})`,
};

/** Each property of the events once. */
function propertyTable(entries: readonly CatalogueEntry[]): string {
  const definitions = entries.flatMap(({ properties }) => properties.map(({ name, definition }) => [name, definition]));
  return fieldTable(Object.fromEntries(definitions));
}

function fieldTable(fields: Readonly<Record<string, PropertyDefinition>>): string {
  const rows = Object.entries(fields)
    .flatMap(([name, definition]) => withParts(name, definition))
    .map(([name, definition]) => [
      `\`${name}\``,
      kindOf(definition),
      definition.description,
      (definition.aliases ?? []).map((alias) => `\`${alias}\``).join(", "),
    ]);
  return table([["Property", "Kind", "What it is", "Also sent as"], ...rows]);
}

/** A property and, below it, the fields of what it holds; those of items have a table of their own. */
function withParts(name: string, definition: PropertyDefinition): [string, PropertyDefinition][] {
  const inner = definition.fields ?? definition.entries?.fields ?? {};
  const prefix = definition.type === "array" ? `${name}[].` : `${name}.`;
  const parts = inner === ITEM_FIELDS ? [] : Object.entries(inner);
  return [[name, definition], ...parts.map(([part, one]): [string, PropertyDefinition] => [`${prefix}${part}`, one])];
}

const KINDS: Readonly<Record<PropertyDefinition["type"], string>> = {
  string: "text",
  number: "number",
  integer: "whole number",
  boolean: "true or false",
  array: "list",
  object: "object",
};
const FORMS: Readonly<Record<PropertyForm, string>> = {
  currency: "ISO 4217, as in EUR",
  country: "ISO 3166-1, as in GB",
  airline: "IATA code",
  date: "date, ISO 8601",
  time: "time or date, ISO 8601",
  epoch: "milliseconds since 1970",
  url: "address",
  email: "e-mail address",
};

function kindOf({ type, form, values, minimum, maximum, entries }: PropertyDefinition): string {
  if (values !== undefined) return values.map((value) => `\`${value}\``).join(", ");
  if (form !== undefined) return FORMS[form];
  if (entries !== undefined) return entries.type === "object" ? "list of objects" : `list of ${KINDS[entries.type]}s`;
  const bounds = [minimum !== undefined && `from ${minimum}`, maximum !== undefined && `to ${maximum}`];
  return [KINDS[type], ...bounds].filter((part) => part !== false).join(" ");
}

/** Columns as wide as the formatter lays them out. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |\n`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("");
}

if (import.meta.main) writeFileSync(EVENTS_DOC, renderEventsDoc());
