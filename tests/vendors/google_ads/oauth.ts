/** Google's token endpoint, `POST https://oauth2.googleapis.com/token`, for refresh tokens. */
import type { SimulatedRequest } from "../simulated-request.ts";
import type { SimulatedAnswer } from "../simulator.ts";
import { SECOND_MS, bearerToken, isRecord, mediaType, readJson } from "../strict.ts";
import type { Credential, World } from "../world.ts";
import { frontEnd } from "./google-fault.ts";

const LIFETIME_SECONDS = 3599;

/** Gives an access token that works until its time is over, with the scopes of its refresh token. */
export function answerToken(request: SimulatedRequest, world: World): SimulatedAnswer {
  if (request.url.pathname !== "/token") return frontEnd.notFound();
  if (request.method !== "POST") return refusal(405, "invalid_request", "Only POST is allowed.");
  const form = readForm(request);
  const grant = form["grant_type"] ?? "";
  if (grant === "") return refusal(400, "invalid_request", "Required parameter is missing: grant_type");
  if (grant !== "refresh_token") return refusal(400, "unsupported_grant_type", `Invalid grant_type: ${grant}`);
  const client = world.credential("oauth_client", form["client_id"] ?? "");
  if ((form["client_id"] ?? "") === "")
    return refusal(400, "invalid_request", "Could not determine client ID from request.");
  if (client === null) return refusal(401, "invalid_client", "The OAuth client was not found.");
  if ((form["client_secret"] ?? "") === "") return refusal(400, "invalid_request", "client_secret is missing.");
  if (client.facts?.["client_secret"] !== form["client_secret"]) return refusal(401, "invalid_client", "Unauthorized");
  const refreshToken = form["refresh_token"] ?? "";
  if (refreshToken === "") return refusal(400, "invalid_request", "Missing required parameter: refresh_token");
  const refresh = world.credential("refresh_token", refreshToken);
  if (refresh === null) return refusal(400, "invalid_grant", "Bad Request");
  const isOver = refresh.isRevoked === true || (refresh.expiresAt !== undefined && refresh.expiresAt <= world.now());
  if (isOver) return refusal(400, "invalid_grant", "Token has been expired or revoked.");
  if (refresh.facts?.["client_id"] !== client.value) return refusal(401, "unauthorized_client", "Unauthorized");
  return giveToken(refresh, world);
}

function refusal(status: number, error: string, description: string): SimulatedAnswer {
  return { status, body: { error, error_description: description } };
}

function giveToken(refresh: Credential, world: World): SimulatedAnswer {
  const value = `ya29.simulated-${world.nextNumber()}`;
  const expiresAt = world.now() + LIFETIME_SECONDS * SECOND_MS;
  const { scopes, reaches } = refresh;
  world.credentials.push({ kind: "access_token", value, scopes, reaches, expiresAt });
  const headers = { "cache-control": "no-cache, no-store, max-age=0, must-revalidate" };
  const body = { access_token: value, expires_in: LIFETIME_SECONDS, scope: scopes.join(" "), token_type: "Bearer" };
  return { status: 200, headers, body };
}

/** The endpoint takes a form; JSON is taken as well. */
function readForm(request: SimulatedRequest): Record<string, string> {
  if (mediaType(request) === "application/json") {
    const read = readJson(request);
    if (!("value" in read) || !isRecord(read.value)) return {};
    return Object.fromEntries(Object.entries(read.value).map(([key, value]) => [key, String(value)]));
  }
  if (mediaType(request) !== "application/x-www-form-urlencoded") return {};
  return Object.fromEntries(new URLSearchParams(request.body.toString("utf8")));
}

/** The token of a request that may use this scope, or the answer of the front end. */
export function authorize(
  request: SimulatedRequest,
  world: World,
  needed: { scope: string; service: string },
): { token: Credential } | { answer: SimulatedAnswer } {
  const value = bearerToken(request);
  if (value === null) return { answer: frontEnd.noCredentials() };
  const token = world.credential("access_token", value);
  const isOver = token?.expiresAt !== undefined && token.expiresAt <= world.now();
  if (token === null || token.isRevoked === true || isOver) return { answer: frontEnd.badCredentials() };
  return token.scopes.includes(needed.scope) ? { token } : { answer: frontEnd.badScope(needed.service) };
}
