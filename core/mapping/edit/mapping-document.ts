/** A mapping's text as a model to edit: sections and rows with ids; what is not edited stays in the text byte for byte. */
import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { type MappingFault } from "../contract.ts";
import { formatPlace } from "../path.ts";
import { asRows } from "../section.ts";
import { readSourceText } from "../source-text.ts";
import {
  addItem,
  addKey,
  dropItem,
  dropKey,
  moveInList,
  renameKey,
  setValue,
  valueAt,
  type Editing,
  type Fault,
} from "./edit-value.ts";
import { parseTree, type Place } from "./yaml-tree.ts";

export type RowList = "mappings" | "enrichments" | "transforms";

/** A row with its id, which is its path in faults and previews: `events.purchase.mappings[2]`. Ids follow the order. */
export interface RowView {
  id: string;
  row: JsonValue;
}

export interface SectionView {
  /** `global`, `defaults`, `events.purchase`, `events["Order Completed"]`. */
  id: string;
  kind: "global" | "event" | "defaults";
  /** The event's name, as the section has it. */
  name: string | null;
  /** `vendor_event_name`, `enabled`, `filter`, `action`, as far as they are given. */
  options: JsonObject;
  mappings: RowView[];
  enrichments: RowView[];
  transforms: RowView[];
}

/** Whether the text was changed; if not, why, in words for the one who edits. */
export type Edited = { ok: true } | { ok: false; message: string };

export interface MappingDocument {
  /** The text as it is now. */
  toString(): string;
  /** What the text says, as plain data. */
  toJSON(): JsonObject;
  /** `global` and `defaults` only where they are written. */
  sections(): SectionView[];
  /** Writes another row in the place of one; keys and values that stay the same are not touched. */
  setRow(section: string, list: RowList, index: number, row: JsonObject): Edited;
  /** Adds a row at an index, or at the end; the list, `global` and `defaults` are made where they are missing. */
  addRow(section: string, list: RowList, row: JsonObject, index?: number): Edited;
  /** Takes a row out, with the comment directly above it. */
  removeRow(section: string, list: RowList, index: number): Edited;
  /** Moves a row within its list, with the comment directly above it. */
  moveRow(section: string, list: RowList, from: number, to: number): Edited;
  /** Sets all rows of a list at once. */
  setRows(section: string, list: RowList, rows: readonly JsonObject[]): Edited;
  /** Sets an option of a section; undefined takes it away. */
  setOption(section: string, option: SectionOption, value: JsonValue | undefined): Edited;
  addSection(event: string, content?: JsonObject): Edited;
  removeSection(section: string): Edited;
  /** Gives an event's section another name, in its place. */
  renameSection(section: string, event: string): Edited;
  setDefaults(defaults: JsonObject | undefined): Edited;
}

export type SectionOption = "vendor_event_name" | "enabled" | "filter" | "action";

const OPTIONS: readonly SectionOption[] = ["action", "vendor_event_name", "enabled", "filter"];
const LISTS: readonly RowList[] = ["mappings", "enrichments", "transforms"];
const SECTION_ORDER: readonly string[] = [...OPTIONS, ...LISTS];
const TOP_ORDER = ["version", "delivery_mode", "parameters", "global", "events", "defaults"];

/** Opens a V2 mapping's text, YAML or JSON. Texts that cannot be read, and V1, are refused with what is wrong. */
export function openMappingDocument(text: string): MappingDocument | { faults: MappingFault[] } {
  const read = readSourceText(text);
  if (read.faults.length > 0) {
    const faults = read.faults.map(({ place, message, position }) => ({
      path: formatPlace(place),
      message,
      ...position,
    }));
    return { faults };
  }
  const tree = parseTree(text);
  if (!tree) return refused("A mapping is an object with version: 2.");
  if (tree.value["version"] !== 2) {
    const steps = Object.hasOwn(tree.value, "steps");
    return refused(
      steps ? "A mapping in steps is edited as text; it can be converted to version 2." : "version: 2 is missing.",
    );
  }
  return edited({ tree });
}

const refused = (message: string): { faults: MappingFault[] } => ({
  faults: [{ path: "", message, line: 1, column: 1 }],
});

const outcome = (fault: Fault | undefined): Edited => (fault ? { ok: false, message: fault.fault } : { ok: true });
const missing = (what: string): Edited => ({ ok: false, message: `There is no ${what}.` });

/** The sections of a document with their places, in the order of the text. */
function placesOf(document: JsonObject): Map<string, { place: Place; kind: SectionView["kind"]; name: string | null }> {
  const places = new Map<string, { place: Place; kind: SectionView["kind"]; name: string | null }>();
  for (const key of Object.keys(document)) {
    if (key === "global" || key === "defaults") places.set(key, { place: [key], kind: key, name: null });
    if (key !== "events") continue;
    const { events } = document;
    for (const name of isJsonObject(events) ? Object.keys(events) : []) {
      const place = ["events", name];
      places.set(formatPlace(place), { place, kind: "event", name });
    }
  }
  return places;
}

function rowsAt(document: JsonObject, place: Place, list: RowList): RowView[] {
  const rows = valueAt(document, [...place, list]);
  if (!Array.isArray(rows)) return [];
  return rows.map((row, index) => ({ id: formatPlace([...place, list, index]), row }));
}

function viewOf(
  document: JsonObject,
  id: string,
  { place, kind, name }: { place: Place; kind: SectionView["kind"]; name: string | null },
): SectionView {
  const section = asRows(valueAt(document, place)) as JsonObject;
  const options = Object.fromEntries(
    OPTIONS.flatMap((key) => (Object.hasOwn(section, key) ? [[key, section[key] ?? null]] : [])),
  );
  const [mappings = [], enrichments = [], transforms = []] = LISTS.map((list) => rowsAt(document, place, list));
  return { id, kind, name, options, mappings, enrichments, transforms };
}

/** Runs several changes as one: all of them or none. */
function all(editing: Editing, changes: readonly (() => Fault | undefined)[]): Edited {
  const before = editing.tree;
  for (const change of changes) {
    const fault = change();
    if (!fault) continue;
    editing.tree = before;
    return outcome(fault);
  }
  return { ok: true };
}

/** Makes the section where it is missing; undefined when it is an event's that does not exist. */
function sectionPlace(editing: Editing, section: string): Place | undefined {
  return (
    placesOf(editing.tree.value).get(section)?.place ??
    (section === "global" || section === "defaults" ? [section] : undefined)
  );
}

function addRow(
  editing: Editing,
  at: { place: Place; list: RowList; index: number | undefined },
  row: JsonObject,
): Edited {
  const { place, list, index } = at;
  const { value } = editing.tree;
  const section = valueAt(value, place);
  const rows = valueAt(value, [...place, list]);
  if (Array.isArray(rows)) {
    const target = Math.min(Math.max(0, index ?? rows.length), rows.length);
    return outcome(addItem(editing, [...place, list], { index: target, value: row }));
  }
  if (isJsonObject(section)) {
    return outcome(addKey(editing, place, { key: list, value: [row], order: SECTION_ORDER }));
  }
  const content: JsonObject = place[0] === "defaults" ? { action: "map", [list]: [row] } : { [list]: [row] };
  return outcome(addKey(editing, [], { key: String(place[0]), value: content, order: TOP_ORDER }));
}

function setOption(editing: Editing, place: Place, option: SectionOption, value: JsonValue | undefined): Edited {
  const section = valueAt(editing.tree.value, place);
  if (!isJsonObject(section)) {
    if (value === undefined) return { ok: true };
    return outcome(addKey(editing, [], { key: String(place[0]), value: { [option]: value }, order: TOP_ORDER }));
  }
  const there = Object.hasOwn(section, option);
  if (value === undefined) return there ? outcome(dropKey(editing, [...place, option])) : { ok: true };
  return outcome(
    there
      ? setValue(editing, [...place, option], value)
      : addKey(editing, place, { key: option, value, order: SECTION_ORDER }),
  );
}

function addSection(editing: Editing, event: string, content: JsonObject): Edited {
  const { events } = editing.tree.value;
  if (event.trim() === "") return { ok: false, message: "An event's name must not be empty." };
  if (isJsonObject(events) && Object.hasOwn(events, event)) {
    return { ok: false, message: `There is a section ${event} already.` };
  }
  if (!isJsonObject(events)) {
    return outcome(addKey(editing, [], { key: "events", value: { [event]: content }, order: TOP_ORDER }));
  }
  return outcome(addKey(editing, ["events"], { key: event, value: content }));
}

function setRows(editing: Editing, place: Place, list: RowList, rows: readonly JsonObject[]): Edited {
  const [first, ...rest] = rows;
  const there = valueAt(editing.tree.value, [...place, list]);
  if (there !== undefined) return outcome(setValue(editing, [...place, list], [...rows]));
  if (!first) return { ok: true };
  return all(editing, [
    () => faultOf(addRow(editing, { place, list, index: 0 }, first)),
    ...rest.map((row) => () => faultOf(addRow(editing, { place, list, index: undefined }, row))),
  ]);
}

const faultOf = (result: Edited): Fault | undefined => (result.ok ? undefined : { fault: result.message });

function setDefaults(editing: Editing, defaults: JsonObject | undefined): Edited {
  const there = Object.hasOwn(editing.tree.value, "defaults");
  if (defaults === undefined) return there ? outcome(dropKey(editing, ["defaults"])) : { ok: true };
  return outcome(
    there
      ? setValue(editing, ["defaults"], defaults)
      : addKey(editing, [], { key: "defaults", value: defaults, order: TOP_ORDER }),
  );
}

function edited(editing: Editing): MappingDocument {
  const inSection = (section: string, edit: (place: Place) => Edited): Edited => {
    const place = sectionPlace(editing, section);
    return place ? edit(place) : missing(`section ${section}`);
  };
  const atRow = (section: string, list: RowList, index: number, edit: (place: Place) => Edited): Edited =>
    inSection(section, (place) =>
      valueAt(editing.tree.value, [...place, list, index]) === undefined
        ? missing(`row ${formatPlace([...place, list, index])}`)
        : edit([...place, list]),
    );
  return {
    toString: () => editing.tree.text,
    toJSON: () => structuredClone(editing.tree.value),
    sections: () => [...placesOf(editing.tree.value)].map(([id, at]) => viewOf(editing.tree.value, id, at)),
    setRow: (section, list, index, row) =>
      atRow(section, list, index, (place) => outcome(setValue(editing, [...place, index], row))),
    addRow: (section, list, row, index) => inSection(section, (place) => addRow(editing, { place, list, index }, row)),
    removeRow: (section, list, index) =>
      atRow(section, list, index, (place) => outcome(dropItem(editing, [...place, index]))),
    moveRow: (section, list, from, to) =>
      atRow(section, list, from, (place) =>
        atRow(section, list, to, () => outcome(moveInList(editing, place, from, to))),
      ),
    setRows: (section, list, rows) => inSection(section, (place) => setRows(editing, place, list, rows)),
    setOption: (section, option, value) => inSection(section, (place) => setOption(editing, place, option, value)),
    addSection: (event, content = {}) => addSection(editing, event, content),
    removeSection: (section) =>
      placesOf(editing.tree.value).has(section)
        ? inSection(section, (place) => outcome(dropKey(editing, place)))
        : missing(`section ${section}`),
    renameSection: (section, event) => renameSection(editing, section, event),
    setDefaults: (defaults) => setDefaults(editing, defaults),
  };
}

function renameSection(editing: Editing, section: string, event: string): Edited {
  const at = placesOf(editing.tree.value).get(section);
  if (at?.kind !== "event") return missing(`event's section ${section}`);
  if (event.trim() === "") return { ok: false, message: "An event's name must not be empty." };
  return outcome(renameKey(editing, at.place, event));
}
