/** The headers of answers, as flat lists of names and values, and the shape of error bodies. */
import { GATEWAY_ERRORS, type GatewayErrorCode, type JsonObject } from "@datafly-signal/core";
import type { Surface } from "./surface.ts";

/** The seed's headers on every answer, and what browsers need to read `Retry-After`. */
export function jsonHeaders(allowOrigin: string, { allowHeaders, allowMethods }: Surface): string[] {
  return [
    "Content-Type",
    "application/json",
    "Access-Control-Allow-Origin",
    allowOrigin,
    "Access-Control-Allow-Methods",
    allowMethods,
    "Access-Control-Allow-Headers",
    allowHeaders,
    "Access-Control-Allow-Credentials",
    "true",
    "Access-Control-Expose-Headers",
    "Retry-After",
    "Vary",
    "Origin",
  ];
}

/** One transparent dot. */
export const PICTURE = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");

/** Headers of the picture; `code` says to those who look why its event was not taken. */
export function pictureHeaders(code: GatewayErrorCode | undefined): string[] {
  const headers = [
    "Content-Type",
    "image/gif",
    "Content-Length",
    String(PICTURE.length),
    "Cache-Control",
    "no-store, no-cache, must-revalidate",
    "Pragma",
    "no-cache",
    "Expires",
    "0",
    "Access-Control-Allow-Origin",
    "*",
    "Cross-Origin-Resource-Policy",
    "cross-origin",
    "X-Content-Type-Options",
    "nosniff",
  ];
  if (code !== undefined) headers.push("X-Signal-Error", code);
  return headers;
}

export function errorBody(code: GatewayErrorCode, message?: string, fields?: JsonObject): string {
  return JSON.stringify({ error: code, message: message ?? GATEWAY_ERRORS[code].message, ...fields });
}
