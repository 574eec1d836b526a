/** How the paths of the gateway present themselves: who may ask them, and in which shape they answer. */

export interface Surface {
  /** `Access-Control-Allow-Headers` */
  allowHeaders: string;
  /** `Access-Control-Allow-Methods`, and `Allow` on a 405. */
  allowMethods: string;
  /** What is asked by GET and HEAD: nothing but a 200 may be cached, and a refusal is no refused event. */
  reads: boolean;
  /** Every answer to GET is a picture with status 200, refusals too: mail programs show a broken image otherwise. */
  picture: boolean;
}

/** The seed's value, byte for byte. */
const SEED_HEADERS = "Content-Type, Authorization";
const SEED_NAMES: ReadonlySet<string> = new Set(["", ...SEED_HEADERS.toLowerCase().split(", ")]);
/** What SDKs send besides: Segment's, and RudderStack's with every request or when it tries again. */
const SDK_HEADERS = [
  SEED_HEADERS,
  "X-Write-Key, AnonymousId, X-Retry-Count, Content-Encoding, SentAt",
  "Rsa-Recovered, Rsa-Retry-Attempt, Rsa-Retry-Reason, Rsa-Since-First-Attempt, Rsa-Since-Last-Attempt",
].join(", ");
const POST = { allowMethods: "POST, OPTIONS", reads: false, picture: false };
const GET = { allowMethods: "GET, HEAD, OPTIONS", reads: true, picture: false };

export const SEED_SURFACE: Surface = { ...POST, allowHeaders: SEED_HEADERS };
export const SDK_SURFACE: Surface = { ...POST, allowHeaders: SDK_HEADERS };
/** Jitsu's SDK sends two more headers, when it debugs and when it hides the visitor's address. */
export const JITSU_SURFACE: Surface = { ...POST, allowHeaders: `${SDK_HEADERS}, X-Enable-Debug, X-IP-Policy` };
export const READ_SURFACE: Surface = { ...GET, allowHeaders: SDK_HEADERS };
export const PICTURE_SURFACE: Surface = { ...GET, allowHeaders: SDK_HEADERS, picture: true };

/**
 * How a path presents itself to a preflight. Where it asks for more than the seed's headers, it is told what SDKs send:
 * Segment's calls the seed's paths, and adds `X-Retry-Count` when it tries again.
 */
export function preflightSurface(surface: Surface, requestedHeaders: string | undefined): Surface {
  if (surface !== SEED_SURFACE || requestedHeaders === undefined) return surface;
  const beyond = requestedHeaders.split(",").some((name) => !SEED_NAMES.has(name.trim().toLowerCase()));
  return beyond ? SDK_SURFACE : surface;
}

export function isRead(method: string | undefined): boolean {
  return method === "GET" || method === "HEAD";
}
