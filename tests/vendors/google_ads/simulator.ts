/** Google Ads conversions: the token endpoint, the Data Manager API, and the upload services of the Google Ads API. */
import type { SimulatedRequest } from "../simulated-request.ts";
import { type SimulatedAnswer, defineSimulator, retryAfter } from "../simulator.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../strict.ts";
import { type VendorObject, type World, createWorld } from "../world.ts";
import { answerAdsApi } from "./ads-api.ts";
import { answerDataManager } from "./events-ingest.ts";
import { adsAnswer, dataManagerFault } from "./google-fault.ts";
import { answerToken } from "./oauth.ts";

const DATA_MANAGER_SCOPE = "https://www.googleapis.com/auth/datamanager";
const ADS_SCOPE = "https://www.googleapis.com/auth/adwords";

/** What exists in a new world. */
export const GOOGLE_ADS = {
  customer: "1234567890",
  /** Exists, and the user has no access to it. */
  otherCustomer: "9876543210",
  /** Manages the customer. */
  manager: "1112223333",
  /** Of type UPLOAD_CLICKS. */
  uploadAction: "555000111",
  /** Of type WEBPAGE: takes enhancements and additional sources. */
  webAction: "555000222",
  /** UPLOAD_CLICKS, made a minute ago. */
  freshAction: "555000333",
  clientId: "simulator.apps.googleusercontent.com",
  clientSecret: "GOCSPX-simulatorClientSecret",
  refreshToken: "1//simulatorRefresh",
  revokedRefreshToken: "1//simulatorRevoked",
  /** Was granted without the scopes of conversions. */
  weakRefreshToken: "1//simulatorWeak",
  accessToken: "ya29.simulator",
  expiredAccessToken: "ya29.simulatorExpired",
  weakAccessToken: "ya29.simulatorWeak",
  developerToken: "simulatorDeveloperTok",
  /** Was not uploading conversions when the Google Ads API closed to new ones. */
  newDeveloperToken: "simulatorNewDeveloper",
  /** Clicks of the account a day ago, 5 minutes ago, 100 days ago, and of another account; any other readable gclid is taken as the first. */
  gclid: "EAIaIQobChMI_simulated_click_0001",
  recentGclid: "EAIaIQobChMI_simulated_click_0002",
  oldGclid: "EAIaIQobChMI_simulated_click_0003",
  foreignGclid: "EAIaIQobChMI_simulated_click_0004",
  /** Of no Google Ads campaign. */
  unknownGclid: "EAIaIQobChMI_simulated_click_0005",
} as const;

function newWorld(now: () => number): World {
  const scopes = [DATA_MANAGER_SCOPE, ADS_SCOPE];
  const reaches = [GOOGLE_ADS.customer, GOOGLE_ADS.manager];
  const facts = { client_id: GOOGLE_ADS.clientId };
  const weak = { scopes: ["openid"], reaches };
  const [access, refresh] = ["access_token", "refresh_token"] as const;
  return createWorld(now, {
    objects: [...accounts(), ...clicks(now())],
    credentials: [
      {
        kind: "oauth_client",
        value: GOOGLE_ADS.clientId,
        scopes: [],
        reaches,
        facts: { client_secret: GOOGLE_ADS.clientSecret },
      },
      { kind: refresh, value: GOOGLE_ADS.refreshToken, scopes, reaches, facts },
      { kind: refresh, value: GOOGLE_ADS.revokedRefreshToken, scopes, reaches, facts, isRevoked: true },
      { kind: refresh, value: GOOGLE_ADS.weakRefreshToken, ...weak, facts },
      { kind: access, value: GOOGLE_ADS.accessToken, scopes, reaches, expiresAt: now() + HOUR_MS },
      { kind: access, value: GOOGLE_ADS.expiredAccessToken, scopes, reaches, expiresAt: now() - MINUTE_MS },
      { kind: access, value: GOOGLE_ADS.weakAccessToken, ...weak, expiresAt: now() + HOUR_MS },
      { kind: "developer_token", value: GOOGLE_ADS.developerToken, scopes: ["conversion_upload"], reaches: ["*"] },
      { kind: "developer_token", value: GOOGLE_ADS.newDeveloperToken, scopes: [], reaches: ["*"] },
    ],
  });
}

function accounts(): VendorObject[] {
  const { customer, otherCustomer, manager, uploadAction, webAction, freshAction } = GOOGLE_ADS;
  const action = (id: string, type: string, rest: object = {}): VendorObject => ({
    kind: "conversion_action",
    id,
    facts: { customer, type, ...rest },
  });
  return [
    { kind: "customer", id: customer, facts: { manager, terms_signed: true, leads_enabled: true } },
    { kind: "customer", id: otherCustomer, facts: { terms_signed: true, leads_enabled: true } },
    { kind: "customer", id: manager, facts: { is_manager: true } },
    action(uploadAction, "UPLOAD_CLICKS"),
    action(webAction, "WEBPAGE"),
    action(freshAction, "UPLOAD_CLICKS", { is_fresh: true }),
  ];
}

function clicks(now: number): VendorObject[] {
  const { customer, otherCustomer, gclid, recentGclid, oldGclid, foreignGclid, unknownGclid } = GOOGLE_ADS;
  const click = (id: string, facts: Record<string, unknown>): VendorObject => ({ kind: "click", id, facts });
  return [
    click(gclid, { customer, at: now - DAY_MS }),
    click(recentGclid, { customer, at: now - 5 * MINUTE_MS }),
    click(oldGclid, { customer, at: now - 100 * DAY_MS }),
    click(foreignGclid, { customer: otherCustomer, at: now - DAY_MS }),
    click(unknownGclid, {}),
  ];
}

function answer(request: SimulatedRequest, world: World): SimulatedAnswer {
  switch (request.url.hostname) {
    case "oauth2.googleapis.com":
      return answerToken(request, world);
    case "googleads.googleapis.com":
      return answerAdsApi(request, world);
    default:
      return answerDataManager(request, world);
  }
}

const OUTAGES = {
  500: {
    message: "Internal error encountered.",
    reason: "INTERNAL_ERROR",
    adsError: { internalError: "INTERNAL_ERROR" },
  },
  503: {
    message: "The service is currently unavailable.",
    reason: "SERVICE_UNAVAILABLE",
    adsError: { internalError: "TRANSIENT_ERROR" },
  },
  429: {
    message: "Too many requests.",
    reason: "RESOURCE_EXHAUSTED",
    adsError: { quotaError: "RESOURCE_TEMPORARILY_EXHAUSTED" },
  },
} as const;

function outage(
  status: keyof typeof OUTAGES,
  facts: { request: SimulatedRequest; world: World; retryAfterSeconds?: number },
) {
  const { message, reason, adsError } = OUTAGES[status];
  const { request, world } = facts;
  const version = Number(/^\/v(\d+)\//.exec(request.url.pathname)?.[1] ?? 1);
  const isAds = request.url.hostname === "googleads.googleapis.com";
  const made = isAds
    ? adsAnswer(status, { errorCode: adsError, message }, { world, version })
    : dataManagerFault(world, { status, message, reason });
  if (request.url.hostname === "oauth2.googleapis.com") {
    made.body = { error: status === 429 ? "rate_limit_exceeded" : "internal_failure", error_description: message };
  }
  return { ...made, headers: { ...made.headers, ...retryAfter(facts.retryAfterSeconds) } };
}

export const simulator = defineSimulator({
  key: "google_ads",
  hosts: ["datamanager.googleapis.com", "googleads.googleapis.com", "oauth2.googleapis.com"],
  newWorld,
  answer,
  faults: {
    error: (facts) => outage(500, facts),
    unavailable: (facts) => outage(503, facts),
    throttled: (facts) => outage(429, facts),
  },
});
