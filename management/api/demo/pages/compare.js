/** One JSON value line by line, each line compared with what stood at its place in the value before. */

/** Deeper than this nothing is taken apart: it stands on one line. */
const DEEPEST = 40;

/**
 * @returns {{ lines: { indent: number, text: string, mark: "none" | "same" | "moved" | "changed" | "new", from?: string }[], gone: number }}
 *   `from` names where the value of a moved line stood; `gone` counts values that are nowhere any more
 */
export function compare(value, before) {
  const old = leaves(before);
  const now = leaves(value);
  const lines = [];
  write(lines, { value, path: "", indent: 0, lead: "", tail: "" }, { old, places: placesOf(old) });
  const kept = new Set(now.values());
  const gone = [...old].filter(([path, text]) => !now.has(path) && !kept.has(text)).length;
  return { lines, gone };
}

function write(lines, at, before) {
  const { value, path, indent, lead, tail } = at;
  const entries = indent < DEEPEST ? entriesOf(value) : null;
  if (entries === null || entries.length === 0) {
    lines.push({ indent, text: `${lead}${JSON.stringify(value)}${tail}`, ...judge(path, value, before) });
    return;
  }
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  lines.push({ indent, text: lead + open, mark: "none" });
  entries.forEach(([key, inner, name], index) => {
    const comma = index < entries.length - 1 ? "," : "";
    write(lines, { value: inner, path: join(path, key), indent: indent + 1, lead: name, tail: comma }, before);
  });
  lines.push({ indent, text: close + tail, mark: "none" });
}

function judge(path, value, { old, places }) {
  const text = JSON.stringify(value);
  const was = old.get(path);
  if (was === text) return { mark: "same" };
  if (was !== undefined) return { mark: "changed" };
  const from = telling(value) ? origin(path, places.get(text) ?? []) : undefined;
  return from === undefined ? { mark: "new" } : { mark: "moved", from };
}

/** Where a value came from: its only other place, or the only one at the same place of a list. */
function origin(path, places) {
  const likely = places.filter((place) => indexesOf(place) === indexesOf(path));
  const candidates = likely.length > 0 ? likely : places;
  return candidates.length === 1 ? candidates[0] : undefined;
}

function indexesOf(path) {
  return (path.match(/\[\d+\]/g) ?? []).join("");
}

/** Short words and truths stand in many places by chance. */
function telling(value) {
  return typeof value === "number" || (typeof value === "string" && value.length > 2);
}

function leaves(value) {
  const found = new Map();
  const walk = (inner, path, depth) => {
    const entries = depth < DEEPEST ? entriesOf(inner) : null;
    if (entries === null || entries.length === 0) found.set(path, JSON.stringify(inner));
    else for (const [key, child] of entries) walk(child, join(path, key), depth + 1);
  };
  if (value !== undefined) walk(value, "", 0);
  return found;
}

/** Value → the places where it stands. */
function placesOf(old) {
  const places = new Map();
  for (const [path, text] of old) places.set(text, [...(places.get(text) ?? []), path]);
  return places;
}

/** Key, value, and what stands before the value on its line; null for what has no parts. */
function entriesOf(value) {
  if (Array.isArray(value)) return value.map((inner, index) => [`[${index}]`, inner, ""]);
  if (typeof value !== "object" || value === null) return null;
  return Object.entries(value).map(([key, inner]) => [key, inner, `${JSON.stringify(key)}: `]);
}

function join(path, key) {
  return path === "" || key.startsWith("[") ? path + key : `${path}.${key}`;
}
