/** Compiles a delivery spec with the settings of a lane, and joins plans that share its deliveries. */
import {
  type BuiltRequests,
  compileDeliverySpec,
  type DeliveryPlan,
  type DeliveryRecord,
  type DeliverySpec,
  type SettingsFault,
  type SpecHooks,
} from "@datafly-signal/core";
import { CONFIG_FIELDS } from "./config-fields.ts";
import type { GoogleAdsSettings } from "./settings.ts";

/** Both APIs take the access token that the customer's refresh token gives. */
const AUTH = {
  kind: "oauth2_refresh_token",
  token_url: "https://oauth2.googleapis.com/token",
  client_id: "{{config.oauth_client_id}}",
  client_secret: "{{secret.oauth_client_secret}}",
  refresh_token: "{{secret.refresh_token}}",
} as const;

export function compile(
  spec: Omit<DeliverySpec, "auth">,
  { given, context }: GoogleAdsSettings,
  hooks: SpecHooks,
): DeliveryPlan | SettingsFault[] {
  const { oauth_client_secret, refresh_token, developer_token } = given;
  const secrets = { oauth_client_secret, refresh_token, ...(developer_token !== undefined && { developer_token }) };
  const settings = { parameters: {}, secrets, batch: context.batch, environment: context.environment };
  const options = { fields: CONFIG_FIELDS, values: given, limits: context.limits, hooks };
  return compileDeliverySpec({ ...spec, auth: AUTH }, settings, options);
}

/** Where deliveries go: the name of a plan, or why to none. */
type Route = (delivery: DeliveryRecord) => { to: string } | { refuse: string };

/** One plan of several: each delivery is built by the one it is routed to; everything else is the first one's. */
export function joined(plans: ReadonlyMap<string, DeliveryPlan>, route: Route): DeliveryPlan {
  const [first] = plans.values();
  if (first === undefined) throw new TypeError("there is no plan to join");
  return {
    ...first,
    build(deliveries, facts) {
      const built: BuiltRequests = { requests: [], refused: [] };
      const routed = new Map<string, number[]>();
      deliveries.forEach((delivery, index) => {
        const way = route(delivery);
        if ("refuse" in way) return void built.refused.push({ index, reason: way.refuse });
        const others = routed.get(way.to);
        if (others === undefined) routed.set(way.to, [index]);
        else others.push(index);
      });
      for (const [to, indexes] of routed) {
        const own = indexes.flatMap((index) => deliveries[index] ?? []);
        const part = plans.get(to)?.build(own, facts);
        const original = (at: number): number => indexes[at] ?? at;
        for (const request of part?.requests ?? [])
          built.requests.push({ ...request, covers: request.covers.map(original) });
        for (const { index, reason } of part?.refused ?? []) built.refused.push({ index: original(index), reason });
      }
      return built;
    },
  };
}
