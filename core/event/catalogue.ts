/** The event catalogue: the one canonical name of events and properties that senders name differently. */
import { ECOMMERCE } from "./catalogue-ecommerce.ts";
import { GENERAL } from "./catalogue-general.ts";
import { type CatalogueVertical } from "./catalogue-table.ts";

/** Every vertical; where two name the same property, the earlier one's aliases come first. */
const VERTICALS: readonly CatalogueVertical[] = [GENERAL, ECOMMERCE];

/** Lower case, with spaces and `-` as `_`: the form in which names are compared. */
const comparable = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, "_");

const canonicalByName = new Map<string, string>(
  VERTICALS.flatMap(({ events }) =>
    events.flatMap(({ name, aliases }) =>
      [name, ...aliases].map((alias): [string, string] => [comparable(alias), name]),
    ),
  ),
);

/**
 * The canonical name of an event, null when the catalogue does not know it:
 * `Order Completed`, `order-completed`, `purchase` → `purchase`.
 */
export function canonicalEventName(name: string): string | null {
  return canonicalByName.get(comparable(name)) ?? null;
}

/** Every name that the catalogue knows, as a table shows and an editor offers it. */
export function catalogueEvents(): readonly { vertical: string; name: string; aliases: readonly string[] }[] {
  return VERTICALS.flatMap(({ vertical, events }) => events.map(({ name, aliases }) => ({ vertical, name, aliases })));
}

const camelCase = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** The keys under which one canonical field may stand, the canonical one first. */
function keysOf(field: string, table: "properties" | "items"): readonly string[] {
  const aliases = VERTICALS.flatMap((vertical) =>
    Object.hasOwn(vertical[table], field) ? (vertical[table][field] ?? []) : [],
  );
  return [...new Set([field, ...aliases].flatMap((name) => [name, camelCase(name)]))];
}

/** Keys of `properties` that hold the canonical property. */
export const propertyKeys = (property: string): readonly string[] => keysOf(property, "properties");

/** Keys of one item that hold the canonical item field. */
export const itemKeys = (field: string): readonly string[] => keysOf(field, "items");

/** Canonical names of item fields, for views of a whole item. */
export const itemFields = (): readonly string[] => [...new Set(VERTICALS.flatMap(({ items }) => Object.keys(items)))];

/** Canonical names of properties, for views of all of them. */
export const propertyFields = (): readonly string[] => [
  ...new Set(VERTICALS.flatMap(({ properties }) => Object.keys(properties))),
];
