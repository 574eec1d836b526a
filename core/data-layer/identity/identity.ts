/** The ids step of identity: click ids and vendors' ids are remembered for each visitor, and stand on the later events too. */
import Type from "typebox";
import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { isStripped } from "../consent/strip.ts";
import { visitorStateKey } from "../derived.ts";
import type { LayeredEvent, VisitorStep, VisitorVerdict } from "../step.ts";
import { clickIdsOf } from "./click-ids.ts";

export const IdentitySection = Type.Object(
  {
    enabled: Type.Optional(
      Type.Boolean({ default: true, description: "false remembers no ids; users are linked all the same." }),
    ),
    click_ids: Type.Optional(
      Type.Boolean({ default: true, description: "Take click ids (gclid, fbclid, …) from the page's address." }),
    ),
    keep_days: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 400, default: 90, description: "How long an id is put on later events." }),
    ),
  },
  {
    additionalProperties: false,
    description: "Adds vendor_ids: click ids and vendors' own ids of the visitor, also of earlier events.",
  },
);

export type IdentityConfig = Type.Static<typeof IdentitySection>;

/** By name: the id, and when it was seen, epoch milliseconds. */
type KnownIds = Record<string, [id: string, at: number]>;

const DAY_MS = 86_400_000;
const MOST_IDS = 40;
const LONGEST_ID = 512;
const ID_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/** Null where nothing is asked for. */
export function compileIdentity(config: IdentityConfig | undefined): VisitorStep | null {
  if (config === undefined || config.enabled === false) return null;
  const keepMs = (config.keep_days ?? 90) * DAY_MS;
  const takesClickIds = config.click_ids !== false;
  return {
    // Ids that are remembered would tell who it is whose data was just taken out.
    key: (subject) => (isStripped(subject.event) ? null : visitorStateKey("ids", subject)),
    run(subject, bytes) {
      const known = fresh(decode(bytes), subject.time - keepMs);
      const seen = { ...(takesClickIds ? fromClicks(subject) : {}), ...givenIds(subject) };
      return together(subject, known, seen);
    },
  };
}

function together(subject: LayeredEvent, known: KnownIds, seen: Record<string, string>): VisitorVerdict {
  const { event, time } = subject;
  // It stands for the first sight of a click, however many pages carry the click on.
  const isSameClick =
    seen["fbclid"] !== undefined && known["fbclid"]?.[0] === seen["fbclid"] && known["fbc"] !== undefined;
  const changed = Object.entries(seen).filter(
    ([name, id]) => known[name]?.[0] !== id && !(isSameClick && name === "fbc"),
  );
  const ids: KnownIds = { ...known };
  for (const [name, id] of changed) ids[name] = [id, time];
  const newest = Object.entries(ids)
    .toSorted(([, [, a]], [, [, b]]) => b - a)
    .slice(0, MOST_IDS);
  if (newest.length === 0) return {};
  event["vendor_ids"] = Object.fromEntries(newest.map(([name, [id]]) => [name, id]));
  if (changed.length === 0) return {};
  return { state: Buffer.from(JSON.stringify(Object.fromEntries(newest))) };
}

/** What the client says itself: at the event, or in the context as collectors put it. */
function givenIds({ event }: LayeredEvent): Record<string, string> {
  const { vendor_ids: given, vendorIds } = event;
  const { vendor_ids: inContext, clientIds } = event.context;
  return Object.assign({}, ...[clientIds, inContext, vendorIds, given].map(idsIn)) as Record<string, string>;
}

function idsIn(value: JsonValue | undefined): Record<string, string> {
  if (!isJsonObject(value)) return {};
  const ids = Object.entries(value).flatMap(([name, id]): [string, string][] => {
    const text = typeof id === "number" ? String(id) : id;
    const isSound = typeof text === "string" && text !== "" && text.length <= LONGEST_ID && ID_NAME.test(name);
    return isSound && name !== "__proto__" ? [[name, text]] : [];
  });
  return Object.fromEntries(ids.slice(0, MOST_IDS));
}

/** The click was seen when the event happened: Meta doubts an fbc that is younger than its event. */
function fromClicks({ event, time }: LayeredEvent): Record<string, string> {
  const { page } = event.context;
  const { properties } = event;
  const url = pageUrl(page) ?? pageUrl(properties);
  const happened = Date.parse(event.timestamp);
  return url === null ? {} : clickIdsOf(url, happened <= time ? happened : time, LONGEST_ID);
}

function pageUrl(holder: JsonValue | undefined): string | null {
  if (!isJsonObject(holder)) return null;
  const { url, search } = holder as JsonObject;
  if (typeof url === "string" && url.includes("?")) return url;
  return typeof search === "string" && search.startsWith("?") ? search : null;
}

function fresh(ids: KnownIds, from: number): KnownIds {
  return Object.fromEntries(Object.entries(ids).filter(([, [, at]]) => at >= from));
}

/** Bytes that are no ids are none. */
function decode(bytes: Uint8Array | undefined): KnownIds {
  if (bytes === undefined) return {};
  try {
    const value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()) as JsonValue;
    if (!isJsonObject(value)) return {};
    const ids = Object.entries(value).filter(
      ([, one]) => Array.isArray(one) && typeof one[0] === "string" && typeof one[1] === "number",
    );
    return Object.fromEntries(ids) as KnownIds;
  } catch {
    return {};
  }
}
