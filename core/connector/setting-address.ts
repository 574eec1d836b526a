/** A setting that holds the address of an endpoint of the user's. */
import type { ConnectionSettings } from "./contract.ts";

/** Ports that may be reached in production: what serves https, and nothing that happens to listen inside a network. */
const PRODUCTION_PORTS: ReadonlySet<string> = new Set(["", "8443"]);

/** The address without its fragment, or what is wrong with it; the value itself is not repeated. */
export function checkAddress(
  key: string,
  text: string,
  environment: ConnectionSettings["environment"],
): { value: string } | { fault: string } {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    return { fault: `${key} is not a URL. Enter it in full, such as https://api.example.com/events.` };
  }
  if (url.username !== "" || url.password !== "") {
    return { fault: `${key} may not carry credentials. Enter them in the settings for credentials.` };
  }
  if (environment === "production" && url.protocol !== "https:") {
    return { fault: `In production ${key} must begin with https://.` };
  }
  if (environment === "production" && !PRODUCTION_PORTS.has(url.port)) {
    return { fault: `In production the port of ${key} must be 443 or 8443.` };
  }
  url.hash = "";
  return { value: url.href };
}
