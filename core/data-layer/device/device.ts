/** The device step: what the user agent says of device, system and browser, where the client has not said it itself. */
import { UAParser } from "my-ua-parser";
import Type from "typebox";
import { isJsonObject, type JsonObject } from "../../json.ts";
import { remembered } from "../remembered.ts";
import type { DataLayerStep } from "../step.ts";

export const DeviceSection = Type.Object(
  { enabled: Type.Optional(Type.Boolean({ default: true, description: "false leaves the context as it came." })) },
  {
    additionalProperties: false,
    description: "Adds context.device {type, manufacturer, model}, context.os and context.browser {name, version}.",
  },
);

export type DeviceConfig = Type.Static<typeof DeviceSection>;

/** The part of the context that a user agent makes, by its keys. */
type Parsed = readonly (readonly [key: string, facts: JsonObject])[];

/** User agents are shorter; what is longer is made up, and costs the parser's patterns time. */
const LONGEST_USER_AGENT = 512;

export function compileDevice(config: DeviceConfig | undefined): DataLayerStep | null {
  if (config === undefined || config.enabled === false) return null;
  const parse = remembered(parseUserAgent);
  return ({ event: { context } }) => {
    const { userAgent } = context;
    if (typeof userAgent !== "string" || userAgent === "" || userAgent.length > LONGEST_USER_AGENT) return null;
    for (const [key, facts] of parse(userAgent)) {
      const given = context[key];
      if (given === undefined || given === null) context[key] = { ...facts };
      else if (isJsonObject(given)) context[key] = { ...facts, ...given };
    }
    return null;
  };
}

function parseUserAgent(userAgent: string): Parsed {
  const { device, os, browser } = UAParser(userAgent);
  const made: [string, JsonObject][] = [
    // Parsers name no type where it is an ordinary computer.
    [
      "device",
      facts({
        type: device.type ?? (os.name === undefined ? undefined : "desktop"),
        manufacturer: device.vendor,
        model: device.model,
      }),
    ],
    ["os", facts({ name: os.name, version: os.version })],
    ["browser", facts({ name: browser.name, version: browser.version })],
  ];
  return made.filter(([, found]) => Object.keys(found).length > 0);
}

function facts(found: Record<string, string | undefined>): JsonObject {
  const known = Object.entries(found).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
  return Object.fromEntries(known);
}
