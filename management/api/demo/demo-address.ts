/** Where the demo's receiver is reached from the server itself. */
import { bracketed } from "./visitor-check.ts";

const EVERYWHERE = new Map([
  ["0.0.0.0", "127.0.0.1"],
  ["::", "[::1]"],
]);
const OWN_NAME = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

export interface DemoAddress {
  receiveUrl: string;
  /** Hosts whose pages may send beside those that development allows anyway. */
  domainAllowlist: string[];
}

/** @param address where management listens */
export function demoAddress(address: { host: string; port: number }): DemoAddress {
  const host = EVERYWHERE.get(address.host) ?? bracketed(address.host);
  return {
    receiveUrl: new URL(`http://${host}:${address.port}/demo/receive`).href,
    domainAllowlist: OWN_NAME.test(host) ? [] : [host],
  };
}
