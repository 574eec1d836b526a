/** The fields that a mapping can read from events, with what they mean and an example: what an editor offers as sources. */
import type { JsonValue } from "../json.ts";
import { parsePath } from "../mapping/path.ts";
import { compileReader } from "../mapping/read.ts";
import { USER_TRAITS } from "./catalogue-calls.ts";
import { type CatalogueEntry, catalogueEntries, catalogueEntry, comparable, type PropertyNeed } from "./catalogue.ts";
import type { PropertyDefinition, PropertyForm, Vertical } from "./catalogue-table.ts";
import type { EventType } from "./event.ts";
import { sampleEvent } from "./sample-event.ts";

export interface SourceField {
  /** As a mapping's `source` has it: `canonical.items[].item_id`. */
  path: string;
  type: PropertyDefinition["type"];
  description: string;
  /** How much the event is worth without it; null where no event was asked for, and for what every event has. */
  need: PropertyNeed | null;
  /** Names it is also sent under; a path below `canonical` reads all of them. */
  aliases: readonly string[];
  /** The only values it may have. */
  values?: readonly string[];
  form?: PropertyForm;
  example?: JsonValue;
}

export interface SourceFieldOptions {
  /** Only what this event has, by any of its names. */
  event?: string;
  /** Only what the events of this vertical have, and those that all verticals share. */
  vertical?: Vertical;
  /** Only what this text is found in: path, other names, description. */
  search?: string;
}

type Plain = readonly [path: string, type: PropertyDefinition["type"], description: string];

/** Which types of event have a field that not every one has. */
const ENVELOPE: readonly (readonly [...Plain, only?: EventType])[] = [
  ["type", "string", "What kind of call it was: track, page, identify or group."],
  ["event", "string", "The event's name, as it was sent.", "track"],
  ["canonical.event_name", "string", "The event's name in the catalogue, else as it was sent."],
  ["name", "string", "The page's name.", "page"],
  ["userId", "string", "Who it is, once the visitor is known."],
  ["anonymousId", "string", "The visitor, known or not."],
  ["groupId", "string", "The company, team or account.", "group"],
  ["messageId", "string", "The event's id; vendors take one id once."],
  ["timestamp", "string", "When it happened, ISO 8601 in UTC."],
  ["receivedAt", "string", "When it came in, ISO 8601 in UTC."],
  ["vendor_ids", "object", "Click ids and vendors' ids of the visitor, by name, as in vendor_ids.gclid."],
];

const CONTEXT: readonly Plain[] = [
  ["context.page.url", "string", "The page's address."],
  ["context.page.path", "string", "The path in it."],
  ["context.page.search", "string", "The query in it, with the question mark."],
  ["context.page.title", "string", "The page's title."],
  ["context.page.referrer", "string", "The page before."],
  ["context.ip", "string", "The visitor's address on the network."],
  ["context.userAgent", "string", "How the browser or app calls itself."],
  ["context.locale", "string", "Language and region, as in en-GB."],
  ["context.timezone", "string", "The visitor's time zone, as in Europe/London."],
  ["context.campaign.source", "string", "Where the visitor came from: utm_source."],
  ["context.campaign.medium", "string", "By which means: utm_medium."],
  ["context.campaign.name", "string", "By which campaign: utm_campaign."],
  ["context.campaign.term", "string", "By which search term: utm_term."],
  ["context.campaign.content", "string", "By which advertisement: utm_content."],
  ["context.consent.analytics", "boolean", "Whether the visitor agrees to analytics."],
  ["context.consent.marketing", "boolean", "Whether the visitor agrees to marketing."],
  ["context.consent.advertising", "boolean", "Whether the visitor agrees to advertising."],
  ["context.consent.functional", "boolean", "Whether the visitor agrees to functional cookies."],
  ["context.library.name", "string", "What sent it, as in @datafly/collector or @datafly/ios."],
  ["context.library.version", "string", "Its version."],
  [
    "context.device.type",
    "string",
    "The kind of device: ios, android; by the step device of the data layer also desktop.",
  ],
  ["context.device.manufacturer", "string", "Who made the device."],
  ["context.device.model", "string", "The device's model."],
  ["context.device.id", "string", "The device's id for this app."],
  ["context.device.advertisingId", "string", "The device's advertising id."],
  ["context.device.adTrackingEnabled", "boolean", "Whether the device allows tracking for advertising."],
  ["context.os.name", "string", "The operating system."],
  ["context.os.version", "string", "Its version."],
  ["context.browser.name", "string", "The browser, by the step device of the data layer."],
  ["context.browser.version", "string", "Its version."],
  ["context.app.name", "string", "The app's name."],
  ["context.app.version", "string", "Its version."],
  ["context.app.namespace", "string", "Its id in the store."],
  ["context.screen.width", "integer", "The screen's width in pixels."],
  ["context.screen.height", "integer", "The screen's height in pixels."],
  ["context.location.country", "string", "The country, ISO 3166-1 alpha-2, by the step geo of the data layer."],
  ["context.location.region", "string", "The region, by the step geo of the data layer."],
  ["context.location.city", "string", "The town, by the step geo of the data layer."],
  ["context.location.postal_code", "string", "The postal code, by the step geo of the data layer."],
  ["context.session.id", "integer", "The session: when it began, in milliseconds since 1970."],
  ["context.session.number", "integer", "Which of the visitor's sessions it is, from 1."],
  ["context.session.is_new", "boolean", "Whether the session begins with this event."],
];

const plainField = ([path, type, description]: Plain): SourceField => ({
  path,
  type,
  description,
  need: null,
  aliases: [],
});

/** The field itself, and those of the objects in it. */
function fieldsAt(path: string, definition: PropertyDefinition, need: PropertyNeed | null): SourceField[] {
  const { type, description, aliases = [], values, form, entries, fields, sample } = definition;
  const example = sample ?? values?.[0];
  const own: SourceField = {
    path,
    type,
    description,
    need,
    aliases,
    ...(values !== undefined && { values }),
    ...(form !== undefined && { form }),
    ...(example !== undefined && { example }),
  };
  const inner = Object.entries(fields ?? {}).flatMap(([name, one]) => fieldsAt(`${path}.${name}`, one, null));
  return [own, ...inner, ...(entries?.fields === undefined ? [] : entryFields(path, entries))];
}

const entryFields = (path: string, { fields = {} }: PropertyDefinition): SourceField[] =>
  Object.entries(fields).flatMap(([name, one]) => fieldsAt(`${path}[].${name}`, one, null));

/** What a known visitor's traits are called: where an identify has them, and where other events carry them along. */
function traitFields(at: "traits" | "context.traits"): SourceField[] {
  return Object.entries(USER_TRAITS).flatMap(([name, definition]) => fieldsAt(`${at}.${name}`, definition, null));
}

/** A sample is for reading examples from; which event of all it is does not matter. */
const FACTS = {
  messageId: "0193f0a2-5c3e-7d10-9b1a-6f2d8c4e7a90",
  anonymousId: "6f1d1c0e-8f0a-4c57-9d7e-2b3c4d5e6f70",
  timestamp: "2026-02-25T14:30:00.000Z",
  consent: [],
};

/** A field's value in the sample of its event; of a list the first item's. */
function withExample(field: SourceField, sample: JsonValue): SourceField {
  const path = parsePath(field.path.replaceAll("[]", "[0]"));
  const value = "fault" in path ? undefined : compileReader(path)(sample);
  if (value === undefined || value === null) return field;
  // Objects and lists have their fields below them.
  return typeof value === "object" ? field : { ...field, example: value };
}

function fieldsOfEntry(entry: CatalogueEntry): SourceField[] {
  const { event, part, properties } = entry;
  const type: EventType = event.call ?? "track";
  const prefix = part === "traits" ? "traits" : "canonical";
  const sample: JsonValue = { receivedAt: FACTS.timestamp, ...sampleEvent(event.name, FACTS) };
  return [
    ...ENVELOPE.filter(([, , , only]) => only === undefined || only === type).map(([...one]) =>
      plainField([one[0], one[1], one[2]]),
    ),
    ...properties.flatMap(({ name, need, definition }) => fieldsAt(`${prefix}.${name}`, definition, need)),
    ...CONTEXT.map(plainField),
    ...(event.call === "identify" ? [] : traitFields("context.traits")),
  ].map((field) => withExample(field, sample));
}

/** Made when first asked for: there are as many as there are events and verticals. */
const made = new Map<string, readonly SourceField[]>();

function remembered(key: string, make: () => readonly SourceField[]): readonly SourceField[] {
  const known = made.get(key);
  if (known !== undefined) return known;
  const fields = make();
  made.set(key, fields);
  return fields;
}

const ofEntry = (entry: CatalogueEntry): readonly SourceField[] =>
  remembered(`event ${entry.event.name}`, () => fieldsOfEntry(entry));

/** All fields once, by path, in the order of the catalogue. */
function ofVertical(vertical: Vertical | undefined): readonly SourceField[] {
  return remembered(`vertical ${vertical ?? ""}`, () => {
    const entries = catalogueEntries().filter(
      (entry) => vertical === undefined || entry.vertical === vertical || entry.vertical === "general",
    );
    const fields = new Map<string, SourceField>();
    for (const field of entries.flatMap(ofEntry)) {
      const known = fields.get(field.path);
      if (known === undefined || (known.example === undefined && field.example !== undefined))
        fields.set(field.path, { ...field, need: null });
    }
    return [...fields.values()];
  });
}

const LONGEST_SEARCH = 64;

/** Smaller is better; null when the text is not in it. */
function rankOf({ path, aliases, description }: SourceField, wanted: string): number | null {
  const plain = comparable(path);
  const last = plain.slice(plain.lastIndexOf(".") + 1);
  if (plain === wanted || last === wanted) return 0;
  if (last.startsWith(wanted) || plain.startsWith(wanted)) return 1;
  if (plain.includes(wanted)) return 2;
  if (aliases.some((alias) => comparable(alias).includes(wanted))) return 3;
  return comparable(description).includes(wanted) ? 4 : null;
}

/** The fields, best first where something is searched for; null when the catalogue does not know the event. */
export function sourceFields({ event, vertical, search = "" }: SourceFieldOptions = {}): readonly SourceField[] | null {
  const entry = event === undefined ? undefined : catalogueEntry(event.startsWith("page:") ? "page_view" : event);
  if (entry === null) return null;
  const all = entry === undefined ? ofVertical(vertical) : ofEntry(entry);
  const wanted = comparable(search.slice(0, LONGEST_SEARCH));
  if (wanted === "") return all;
  return all
    .flatMap((field) => {
      const rank = rankOf(field, wanted);
      return rank === null ? [] : [{ field, rank }];
    })
    .toSorted((left, right) => left.rank - right.rank)
    .map(({ field }) => field);
}
