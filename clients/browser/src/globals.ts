/** The names under which pages find the collector, and the calls they made before it had loaded. */
import { METHODS, type Collector, type Method } from "./collector.ts";

type Call = Collector["call"];

/** What the snippet leaves: method, arguments, epoch milliseconds. */
type Waiting = [method: Method, args: ArrayLike<unknown>, at: number];

interface Snippet extends Record<string, unknown> {
  q: { push(waiting: Waiting): unknown };
}

/** Puts the methods under `name`; false when the page uses the name for something else. */
export function install(scope: Record<string, unknown>, name: string, call: Call): boolean {
  const found = scope[name];
  const waiting = (found as Partial<Snippet> | undefined | null)?.q;
  if (found !== undefined && !Array.isArray(waiting)) return false;
  const api = (found ?? {}) as Record<string, unknown>;
  for (const method of METHODS) api[method] = (...args: unknown[]) => call(method, args);
  scope[name] = api;
  if (Array.isArray(waiting)) takeOver(api as Snippet, waiting, call);
  return true;
}

/** Whoever has kept the snippet's own functions reaches the collector, too. */
function takeOver(snippet: Snippet, waiting: Waiting[], call: Call): void {
  const push = ([method, args, at]: Waiting): void => {
    if (METHODS.includes(method)) call(method, Array.from(args), at);
  };
  snippet.q = { push };
  for (const one of waiting) push(one);
}
