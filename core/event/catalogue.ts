/** The event catalogue: the one canonical name of events and properties that senders name differently. */
import { GROUP, GROUP_TRAITS, IDENTIFY, USER_TRAITS } from "./catalogue-calls.ts";
import { ECOMMERCE } from "./catalogue-ecommerce.ts";
import { GENERAL } from "./catalogue-general.ts";
import { MEDIA } from "./catalogue-media.ts";
import { MOBILE } from "./catalogue-mobile.ts";
import { PUBLISHING } from "./catalogue-publishing.ts";
import { SAAS } from "./catalogue-saas.ts";
import { ITEM_FIELDS, SHARED } from "./catalogue-shared.ts";
import type { CatalogueEvent, CatalogueVertical, PropertyDefinition, Vertical } from "./catalogue-table.ts";
import { TRAVEL } from "./catalogue-travel.ts";

/** Every vertical; where two name the same property, the earlier one's aliases come first. */
const TABLES: readonly CatalogueVertical[] = [GENERAL, ECOMMERCE, TRAVEL, MEDIA, PUBLISHING, SAAS, MOBILE];

export type PropertyNeed = "required" | "recommended" | "optional";

/** What the catalogue says of a property of one event. */
export interface CatalogueProperty {
  name: string;
  need: PropertyNeed;
  definition: PropertyDefinition;
}

/** What the catalogue says of one event. */
export interface CatalogueEntry {
  vertical: Vertical;
  event: CatalogueEvent;
  /** Where the properties stand: `traits` for identify and group, else `properties`. */
  part: "properties" | "traits";
  properties: readonly CatalogueProperty[];
}

type Definitions = Readonly<Record<string, PropertyDefinition>>;

const NEEDS: readonly PropertyNeed[] = ["required", "recommended", "optional"];

function entryOf(vertical: Vertical, event: CatalogueEvent, definitions: Definitions): CatalogueEntry {
  const properties = NEEDS.flatMap((need) =>
    (event[need] ?? []).flatMap((name) => {
      const definition = definitions[name];
      return definition === undefined ? [] : [{ name, need, definition }];
    }),
  );
  const part = event.call === "identify" || event.call === "group" ? "traits" : "properties";
  return { vertical, event, part, properties };
}

const ENTRIES: readonly CatalogueEntry[] = TABLES.flatMap(({ vertical, properties, events }) =>
  events.map((event) => entryOf(vertical, event, { ...SHARED, ...properties })),
);

/** identify and group are calls: a tracked event of that name is no other name for them. */
const CALLS: readonly CatalogueEntry[] = [
  entryOf("general", IDENTIFY, USER_TRAITS),
  entryOf("general", GROUP, GROUP_TRAITS),
];

/** Lower case, with spaces and `-` as `_`: the form in which names are compared. */
export const comparable = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, "_");

const entryByName = new Map<string, CatalogueEntry>(
  ENTRIES.flatMap((entry) =>
    [entry.event.name, ...(entry.event.aliases ?? [])].map((name): [string, CatalogueEntry] => [
      comparable(name),
      entry,
    ]),
  ),
);

/** Names come from senders without limit, in number and length; the memory of what they mean has both. */
const REMEMBERED = 4_096;
const LONGEST_REMEMBERED = 128;
const remembered = new Map<string, CatalogueEntry | null>();

function entryNamed(name: string): CatalogueEntry | null {
  const known = remembered.get(name);
  if (known !== undefined) return known;
  const entry = entryByName.get(comparable(name)) ?? null;
  if (name.length > LONGEST_REMEMBERED) return entry;
  if (remembered.size >= REMEMBERED) remembered.clear();
  remembered.set(name, entry);
  return entry;
}

/**
 * The canonical name of a tracked event, null when the catalogue does not know it:
 * `Order Completed`, `order-completed`, `purchase` → `purchase`. Costs a look-up in a map for names met before.
 */
export function canonicalEventName(name: string): string | null {
  return entryNamed(name)?.event.name ?? null;
}

/** What the catalogue says of an event by any of its names, or of `identify` and `group`; null when it does not know it. */
export function catalogueEntry(name: string): CatalogueEntry | null {
  return CALLS.find(({ event }) => event.name === name) ?? entryNamed(name);
}

/** All that the catalogue knows, in the order of its tables, the calls first. */
export function catalogueEntries(): readonly CatalogueEntry[] {
  return [...CALLS, ...ENTRIES];
}

/** Every event that may be tracked, with its names, as a table shows and an editor offers it. */
export function catalogueEvents(): readonly { vertical: Vertical; name: string; aliases: readonly string[] }[] {
  return ENTRIES.map(({ vertical, event: { name, aliases = [] } }) => ({ vertical, name, aliases }));
}

const camelCase = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** A name and its aliases, each also in camelCase: the keys that stand for one field, the canonical one first. */
export function keysOf(name: string, aliases: readonly string[] = []): readonly string[] {
  return [...new Set([name, ...aliases].flatMap((key) => [key, camelCase(key)]))];
}

const DEFINITIONS: readonly Definitions[] = [SHARED, ...TABLES.map(({ properties }) => properties)];

const aliasesIn = (definitions: Definitions, name: string): readonly string[] =>
  Object.hasOwn(definitions, name) ? (definitions[name]?.aliases ?? []) : [];

/** Keys of `properties` that hold the canonical property. */
export const propertyKeys = (property: string): readonly string[] =>
  keysOf(
    property,
    DEFINITIONS.flatMap((definitions) => aliasesIn(definitions, property)),
  );

/** Keys of one item that hold the canonical item field. */
export const itemKeys = (field: string): readonly string[] => keysOf(field, aliasesIn(ITEM_FIELDS, field));

/** Canonical names of item fields, for views of a whole item. */
export const itemFields = (): readonly string[] => Object.keys(ITEM_FIELDS);

/** Canonical names of properties, for views of all of them. */
export const propertyFields = (): readonly string[] => [
  ...new Set(DEFINITIONS.flatMap((definitions) => Object.keys(definitions))),
];
