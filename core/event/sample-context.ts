/** The context of a sample event: the page or the app, the campaign, the consent and the visitor. */
import type { JsonObject } from "../json.ts";
import { parseTime } from "./event-time.ts";
import { DEVICES, PLACES, type SamplePage, type Scene } from "./sample-scene.ts";
import { type SampleSeed, sampleUuid } from "./sample-seed.ts";

const USUAL_CONSENT = ["analytics", "marketing", "advertising", "functional"];
const BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

export interface ContextFacts {
  scene: Scene;
  page: SamplePage;
  seed?: SampleSeed;
  timestamp: string;
  consent: readonly string[];
}

export function contextOf(facts: ContextFacts): JsonObject {
  const { scene, consent } = facts;
  const { ip, locale, timezone } = PLACES[scene.place];
  return {
    ip,
    ...(scene.device === undefined ? browserContext(facts) : deviceContext(facts, scene.device)),
    locale,
    timezone,
    campaign: { ...scene.campaign },
    consent: Object.fromEntries([...USUAL_CONSENT, ...consent].map((category) => [category, true])),
    traits: traitsOf(scene),
    ...(scene.groupId !== undefined && { groupId: scene.groupId }),
  };
}

function browserContext({ scene, page }: ContextFacts): JsonObject {
  return {
    userAgent: BROWSER,
    library: { name: "@datafly/collector", version: "1.0.0" },
    page: pageProperties(scene, page),
    screen: { width: 1920, height: 1080, density: 2 },
  };
}

/** An app's session began some minutes before. */
const SESSION_MS = 180_000;

function deviceContext({ page, seed, timestamp }: ContextFacts, name: keyof typeof DEVICES): JsonObject {
  const { device, ...rest } = structuredClone(DEVICES[name]);
  const began = Math.max(0, (parseTime(timestamp) ?? 0) - SESSION_MS);
  return {
    ...rest,
    app: { name: "Example Shop", version: "4.2.0", build: "4200", namespace: "com.example.shop" },
    device: { ...device, id: sampleUuid(seed, "device"), advertisingId: sampleUuid(seed, "advertising") },
    page: { path: page.path, title: page.name },
    session: { id: began, number: 3, is_new: false },
  };
}

/** The page as `context.page` and the properties of a page event say it. */
export function pageProperties({ host, site, pages }: Scene, page: SamplePage): JsonObject {
  const before = (pages["list"] ?? Object.values(pages)[0] ?? page).path;
  return {
    url: `https://${host}${page.path}`,
    path: page.path,
    search: "",
    title: `${page.name} | ${site}`,
    referrer: `https://${host}${before}`,
  };
}

/** Who the visitor is. */
export function traitsOf({ place }: Scene): JsonObject {
  const { phone, address } = PLACES[place];
  return { email: "jane@example.com", phone, firstName: "Jane", lastName: "Smith", address: { ...address } };
}
