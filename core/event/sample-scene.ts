/** The scene of a sample event: what a site or app shows, to whom and where, so that its values fit together. */
import type { JsonObject } from "../json.ts";

export interface SamplePage {
  name: string;
  path: string;
  /** Values of properties on this page that differ from the scene's. */
  values?: JsonObject;
}

export interface Scene {
  place: keyof typeof PLACES;
  /** Where pages are; without a scheme. */
  host: string;
  /** What stands after a page's name in its title. */
  site: string;
  campaign: JsonObject;
  pages: Readonly<Record<string, SamplePage>>;
  /** Values of properties, by name. */
  values: JsonObject;
  /** What is sold; an event about one product is about the first. */
  items: readonly JsonObject[];
  /** The device of an app; none for a site. */
  device?: keyof typeof DEVICES;
  /** The group the visitor belongs to. */
  groupId?: string;
}

/** The first is the one that samples without a seed have. */
export type Scenes = readonly [Scene, ...Scene[]];

/** Where the visitor is: a language, a currency, and an address that go together. */
export const PLACES = {
  london: {
    locale: "en-GB",
    timezone: "Europe/London",
    currency: "GBP",
    ip: "203.0.113.7",
    phone: "+442079460018",
    address: { street: "12 High Street", city: "London", postalCode: "SW1A 1AA", country: "GB" },
  },
  new_york: {
    locale: "en-US",
    timezone: "America/New_York",
    currency: "USD",
    ip: "198.51.100.23",
    phone: "+12125550142",
    address: { street: "350 Broadway", city: "New York", state: "NY", postalCode: "10013", country: "US" },
  },
} as const;

export const DEVICES = {
  ios: {
    library: { name: "@datafly/ios", version: "1.0.0" },
    userAgent: "ExampleShop/4.2.0 (com.example.shop; build:4200; iOS 26.1.0)",
    device: { type: "ios", manufacturer: "Apple", model: "iPhone17,1", name: "iPhone", adTrackingEnabled: true },
    os: { name: "iOS", version: "26.1" },
    screen: { width: 1206, height: 2622, density: 3 },
    network: { wifi: false, cellular: true, bluetooth: false, carrier: "Example Mobile" },
  },
  android: {
    library: { name: "@datafly/android", version: "1.0.0" },
    userAgent: "ExampleShop/4.2.0 (com.example.shop; build:4200; Android 16)",
    device: { type: "android", manufacturer: "Google", model: "Pixel 9", name: "tokay", adTrackingEnabled: true },
    os: { name: "Android", version: "16" },
    screen: { width: 1080, height: 2424, density: 2.6 },
    network: { wifi: true, cellular: false, bluetooth: true, carrier: "Example Mobile" },
  },
} as const;
