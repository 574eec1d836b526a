/** What an event of the catalogue carries in a sample: every property that is required or recommended. */
import type { JsonObject, JsonValue } from "../json.ts";
import type { CatalogueEntry, CatalogueProperty } from "./catalogue.ts";
import type { PropertyForm, Vertical } from "./catalogue-table.ts";
import { parseTime } from "./event-time.ts";
import { PLACES, type SamplePage, type Scene, type Scenes } from "./sample-scene.ts";
import { MEDIA_SCENES, PUBLISHING_SCENES, SAAS_SCENES } from "./sample-scenes-content.ts";
import { APP_SCENES, SHOP_SCENES } from "./sample-scenes-shop.ts";
import { TRAVEL_SCENES } from "./sample-scenes-travel.ts";
import { type SampleSeed, sampleNumber } from "./sample-seed.ts";

const SCENES: Readonly<Record<Vertical, Scenes>> = {
  general: SHOP_SCENES,
  ecommerce: SHOP_SCENES,
  travel: TRAVEL_SCENES,
  media: MEDIA_SCENES,
  publishing: PUBLISHING_SCENES,
  saas: SAAS_SCENES,
  mobile: APP_SCENES,
};

/** One of the vertical's scenes, always the same for a seed. */
export function sceneOf(vertical: Vertical, seed: SampleSeed): Scene {
  const scenes = SCENES[vertical];
  return scenes[sampleNumber(seed, "scene", scenes.length)] ?? scenes[0];
}

/** The page of the scene it happens on. */
export function pageOf(entry: CatalogueEntry, { pages }: Scene): SamplePage {
  return pages[entry.event.page] ?? Object.values(pages)[0] ?? { name: "Home", path: "/" };
}

export interface SampleMaking {
  scene: Scene;
  seed?: SampleSeed;
  /** When the event happens, ISO 8601. */
  timestamp: string;
  /** Values that are known from elsewhere. */
  given: JsonObject;
}

/** Properties or traits of one event, in the order of the catalogue. */
export function sampleProperties(entry: CatalogueEntry, making: SampleMaking): JsonObject {
  const wanted = entry.properties.filter(({ need }) => need !== "optional");
  return Object.fromEntries(
    wanted.flatMap((property): [string, JsonValue][] => {
      const value = valueOf(property, entry, making);
      return value === undefined ? [] : [[property.name, structuredClone(value)]];
    }),
  );
}

function valueOf(
  { name, definition }: CatalogueProperty,
  entry: CatalogueEntry,
  { scene, seed, timestamp, given }: SampleMaking,
): JsonValue | undefined {
  const own = [entry.event.sample ?? {}, given, pageOf(entry, scene).values ?? {}, soldIn(entry, scene), scene.values];
  const from = own.find((values) => Object.hasOwn(values, name));
  if (from !== undefined) return from[name];
  if (name === "currency") return PLACES[scene.place].currency;
  if (definition.serial !== undefined) return `${definition.serial}${10_001 + sampleNumber(seed, "serial", 89_999)}`;
  const days = entry.event.days?.[name] ?? definition.days;
  if (days !== undefined) return dayFrom(timestamp, days, definition.form);
  return definition.sample;
}

/** What is sold, and what it costs together. */
function soldIn({ event }: CatalogueEntry, { items }: Scene): JsonObject {
  if (items.length === 0) return {};
  const sold = event.aboutOneItem === true ? items.slice(0, 1) : [...items];
  return { items: sold, value: totalOf(sold) };
}

/** The sum of price times quantity, counted in hundredths, since sums of fractions are not exact. */
function totalOf(items: readonly JsonObject[]): number {
  const hundredths = items.reduce(
    (sum, { price, quantity }) => sum + Math.round(Number(price) * 100) * Number(quantity),
    0,
  );
  return hundredths / 100;
}

const DAY_MS = 86_400_000;

function dayFrom(timestamp: string, days: number, form: PropertyForm | undefined): string | number {
  const time = (parseTime(timestamp) ?? 0) + Math.round(days * DAY_MS);
  if (form === "epoch") return time;
  const text = new Date(time).toISOString();
  return form === "date" ? text.slice(0, 10) : text;
}
