/** Braze: profiles, events and purchases by `/users/track`. */
import { compileDeliverySpec, defineConnector, type DeliveryPlan } from "@datafly-signal/core";
import { ENDPOINT_SPELLINGS, REST_ENDPOINTS } from "./instances.ts";
import { SCHEMA } from "./schema.ts";
import { objectNames, trackOutcomes } from "./track-outcomes.ts";
import { trackRequest } from "./track-request.ts";
import { trackedObjects, type TrackedObjects, type TrackSettings } from "./tracked-objects.ts";

const LIMITS = { size: 75, bytes: 4_000_000, intervalMs: 1_000 };

export default defineConnector({
  key: "braze",
  name: "Braze",
  description: "Sends profiles, events and purchases to Braze, for messaging, segments and revenue.",
  category: "cdp",
  tags: ["customer engagement", "email", "push"],
  status: "ga",
  website: "https://www.braze.com",
  api: {
    version: "unversioned (/users/track)",
    documentation: "https://www.braze.com/docs/api/endpoints/user_data/post_user_track",
  },
  config_fields: [
    {
      key: "rest_api_key",
      label: "REST API key",
      type: "secret",
      required: true,
      placeholder: "b7b7b7b7-0000-4000-8000-000000000001",
      help_text:
        "A key with the permission users.track, made in Braze under Settings > APIs and Identifiers > API Keys. It is of one workspace.",
    },
    {
      key: "rest_endpoint",
      label: "REST endpoint",
      type: "select",
      required: true,
      options: REST_ENDPOINTS,
      spellings: ENDPOINT_SPELLINGS,
      help_text:
        "Your instance's address, shown in Braze under Settings > APIs and Identifiers. dashboard-01.braze.com is US-01, https://rest.iad-01.braze.com; dashboard-01.braze.eu is EU-01, https://rest.fra-01.braze.eu.",
    },
    {
      key: "app_id",
      label: "App ID",
      type: "string",
      required: false,
      pattern: "^[A-Za-z0-9_-]{3,64}$",
      example: "11ae5b4b-2445-4440-a04f-bf537764c9ad",
      help_text:
        "The identifier of the site or app that events and purchases are counted for. It stands in Braze under Settings > APIs and Identifiers > App Identifiers.",
    },
    {
      key: "sdk_endpoint",
      label: "SDK endpoint",
      type: "string",
      required: false,
      pattern: "^(https://)?sdk\\.[a-z0-9.-]+(/[a-z0-9/]*)?$",
      example: "sdk.iad-01.braze.com",
      help_text:
        "For sites that load Braze's Web SDK beside Signal, for push and in-app messages. Kept here for its set-up; deliveries do not use it.",
    },
    {
      key: "use_ecommerce_events",
      label: "Orders as",
      type: "select",
      required: false,
      options: ["recommended", "legacy", "both"],
      default: "recommended",
      help_text:
        "recommended: e-commerce events, which fill Total Revenue, carts and order triggers. legacy: one purchase object for each line, which fills lifetime revenue, Money Spent and purchase history; Braze has these only for workspaces that used them before. both: the two reports each get theirs.",
    },
  ],
  variants: [
    {
      key: "default",
      name: "Default",
      description: "Orders as e-commerce events, Braze's current form.",
      default_config: {},
    },
    {
      key: "purchases",
      name: "Purchase objects",
      description: "Orders as purchase objects alone, as Braze's lifetime revenue and purchase segments count them.",
      default_config: { use_ecommerce_events: "legacy" },
    },
    {
      key: "both",
      name: "Both",
      description: "Orders as e-commerce events and as purchase objects, so that reports of both kinds are right.",
      default_config: { use_ecommerce_events: "both" },
    },
  ],
  events_without: {},
  no_dedupe:
    "Braze gives every event an id of its own when it arrives and knows none of the sender's, so that one which comes again counts again.",
  limits: { rps: 250, burst: 500, daily: 0, batch: LIMITS, concurrency: 8 },
  consent_categories: ["marketing"],
  schema: SCHEMA,
  plan(settings, context) {
    const { rest_api_key, rest_endpoint } = settings;
    const given = { parameters: {}, secrets: { rest_api_key }, batch: context.batch, environment: context.environment };
    const track = compileDeliverySpec(trackRequest(rest_endpoint), given, { limits: LIMITS, values: { rest_api_key } });
    return Array.isArray(track) ? track : trackPlan(track, { ...settings, secret: rest_api_key });
  },
});

/** The plan of requests whose deliveries are taken apart into objects first, and told apart again in the answers. */
function trackPlan(track: DeliveryPlan, settings: TrackSettings & { secret: string }): DeliveryPlan {
  const { secret } = settings;
  return {
    ...track,
    build(deliveries, facts) {
      const refused: { index: number; reason: string }[] = [];
      const places: number[] = [];
      const objects: TrackedObjects[] = [];
      deliveries.forEach((delivery, index) => {
        const made = trackedObjects(delivery, settings);
        if ("refuse" in made) return void refused.push({ index, reason: made.refuse });
        places.push(index);
        objects.push(made);
      });
      const shaped = places.flatMap((place, at) => {
        const delivery = deliveries[place];
        const payload = objects[at];
        return delivery === undefined || payload === undefined ? [] : [{ ...delivery, payload }];
      });
      const built = track.build(shaped, facts);
      const placeOf = (at: number): number => places[at] ?? at;
      return {
        requests: built.requests.map((request) => ({
          ...request,
          covers: request.covers.map(placeOf),
          ids: objectNames(request.covers.flatMap((at) => objects[at] ?? [])),
        })),
        refused: [...refused, ...built.refused.map(({ index, reason }) => ({ index: placeOf(index), reason }))],
      };
    },
    classify(response, request, facts) {
      return trackOutcomes(track.classify(response, request, facts), { response, request, secret });
    },
  };
}
