/** What no value from outside may hold, wherever it stands: databases refuse it, programs stumble over it. */
import type { FaultDetail } from "./route.ts";

/** More than that help nobody. */
const MAX_FAULTS = 100;

/**
 * NUL and lone surrogates in texts and names, numbers that are too large to be one, and `__proto__` as a name.
 * @param value JSON of bounded depth
 */
export function textFaults(value: unknown, path = ""): FaultDetail[] {
  const faults: FaultDetail[] = [];
  visit(value, path, faults);
  return faults;
}

function visit(value: unknown, path: string, faults: FaultDetail[]): void {
  if (faults.length >= MAX_FAULTS) return;
  if (typeof value === "string") {
    const message = faultOfText(value);
    if (message !== null) faults.push({ path, message });
  } else if (typeof value === "number" && !Number.isFinite(value)) {
    faults.push({ path, message: "must be a number that fits into 64 bits" });
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => visit(item, `${path}[${index}]`, faults));
  } else if (typeof value === "object" && value !== null) {
    for (const [name, member] of Object.entries(value)) visitMember(path, [name, member], faults);
  }
}

function visitMember(path: string, [name, member]: [string, unknown], faults: FaultDetail[]): void {
  const message = name === "__proto__" ? "is a name that is not allowed" : faultOfText(name);
  if (message === null) return visit(member, joined(path, name), faults);
  faults.push({ path: joined(path, name.toWellFormed().replaceAll("\0", "\\u0000")), message });
}

function faultOfText(text: string): string | null {
  if (text.includes("\0")) return "must not contain the character NUL (\\u0000)";
  return text.isWellFormed() ? null : "must be valid Unicode: half of a surrogate pair stands alone";
}

/** A member's path: `config.url`, and `labels["a.b"]` where the name is not plain. */
export function joined(path: string, name: string): string {
  if (!/^[\w-]+$/.test(name)) return `${path}[${JSON.stringify(name.slice(0, 100))}]`;
  return path === "" ? name : `${path}.${name}`;
}
