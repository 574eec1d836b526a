/** Tells the events of a request apart: Braze leaves out single objects and names each by its array and its place there. */
import {
  isJsonObject,
  type JsonValue,
  type VendorOutcome,
  type VendorRequest,
  type VendorResponse,
} from "@datafly-signal/core";
import { ARRAYS, type TrackedObjects } from "./tracked-objects.ts";

const LONGEST_WORDS = 300;

/** What Braze calls the objects of each delivery, as in `events[3] purchases[0] purchases[1]`. */
export function objectNames(deliveries: readonly TrackedObjects[]): string[] {
  const next = { attributes: 0, events: 0, purchases: 0 };
  return deliveries.map((objects) =>
    ARRAYS.flatMap((array) => objects[array].map(() => `${array}[${next[array]++}]`)).join(" "),
  );
}

/**
 * @param outcomes by the status alone, in the order of `request.covers`
 * @param secret never stands in a reason
 */
export function trackOutcomes(
  outcomes: VendorOutcome[],
  { response, request, secret }: { response: VendorResponse; request: VendorRequest; secret: string },
): VendorOutcome[] {
  const { status } = response;
  if (!(status >= 200 && status <= 299) && status !== 400) return outcomes;
  const faults = faultsOf(response.body);
  if (faults.length === 0) return outcomes;
  const isTaken = status !== 400;
  const all = outcomes.map((_, at) => namesAt(request, at));
  const known = new Set(all.flat());
  return outcomes.map((outcome, at) => {
    const names = all[at] ?? [];
    const own = faults.filter(({ name, index }) => {
      if (name === "") return outcomes.length === 1;
      // A place in an array that the request has not can only be the event's.
      return known.has(name) ? names.includes(name) : index === at;
    });
    const [first] = own;
    if (first === undefined) return outcome;
    const words = first.words.replaceAll(secret, "…").slice(0, LONGEST_WORDS);
    const what = first.name === "" ? "this event" : first.name;
    const rest = isTaken && own.length < names.length ? " The rest of the event was taken." : "";
    return { kind: "reject", reason: `Braze left out ${what}: ${words}.${rest}` };
  });
}

/** A request that is known by its count alone held one event of each. */
function namesAt({ ids, covers }: VendorRequest, at: number): string[] {
  const names = ids?.[at];
  if (names !== undefined) return names.split(" ");
  return at < covers.length ? ARRAYS.map((array) => `${array}[${at}]`) : [];
}

interface ObjectFault {
  /** As in `events[3]`; empty where Braze names no object. */
  name: string;
  index: number;
  words: string;
}

function faultsOf(body: string): ObjectFault[] {
  const { errors } = readBody(body);
  if (!Array.isArray(errors)) return [];
  return errors.flatMap((error): ObjectFault[] => {
    if (typeof error === "string") return [{ name: "", index: -1, words: error }];
    if (!isJsonObject(error)) return [];
    const { input_array, index, type } = error;
    const words = typeof type === "string" && type !== "" ? type : "it gave no reason";
    const said = words.replace(/\.$/, "");
    return typeof input_array === "string" && typeof index === "number"
      ? [{ name: `${input_array}[${index}]`, index, words: said }]
      : [{ name: "", index: -1, words: said }];
  });
}

function readBody(body: string): Readonly<Record<string, JsonValue>> {
  try {
    const value: unknown = JSON.parse(body);
    return isJsonObject(value as JsonValue) ? (value as Record<string, JsonValue>) : {};
  } catch {
    return {};
  }
}
