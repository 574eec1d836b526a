/** Edits a mapping's text as the builder asks: all edits or none; what is not edited stays byte for byte, comments included. */
import { type Edited, type MappingDocument, openMappingDocument } from "@datafly-signal/core";
import { MAX_FAULTS } from "./bounds.ts";
import type { EditInput, EditOutput, MappingEdit } from "./tasks.ts";

export function editMapping({ text, edits }: EditInput): EditOutput {
  const document = openMappingDocument(text);
  if ("faults" in document) {
    const faults = document.faults.slice(0, MAX_FAULTS).map((fault) => ({ ...fault, edit: null }));
    return { applied: false, text, faults, sections: [] };
  }
  for (const [index, edit] of edits.entries()) {
    const made = applied(document, edit);
    if (made.ok) continue;
    const before = openMappingDocument(text);
    const sections = "faults" in before ? [] : before.sections();
    return { applied: false, text, faults: [{ edit: index, path: placeOf(edit), message: made.message }], sections };
  }
  return { applied: true, text: document.toString(), faults: [], sections: document.sections() };
}

function applied(document: MappingDocument, edit: MappingEdit): Edited {
  switch (edit.op) {
    case "set_row":
      return document.setRow(edit.section, edit.list, edit.index, edit.row);
    case "add_row":
      return document.addRow(edit.section, edit.list, edit.row, edit.index);
    case "remove_row":
      return document.removeRow(edit.section, edit.list, edit.index);
    case "move_row":
      return document.moveRow(edit.section, edit.list, edit.from, edit.to);
    case "set_rows":
      return document.setRows(edit.section, edit.list, edit.rows);
    case "set_option":
      return document.setOption(edit.section, edit.option, edit.value ?? undefined);
    case "add_section":
      return document.addSection(edit.event, edit.content ?? {});
    case "remove_section":
      return document.removeSection(edit.section);
    case "rename_section":
      return document.renameSection(edit.section, edit.event);
    case "set_defaults":
      return document.setDefaults(edit.defaults ?? undefined);
  }
}

/** Where in the mapping the edit was to be made. */
function placeOf(edit: MappingEdit): string {
  if (edit.op === "set_defaults") return "defaults";
  if (edit.op === "add_section") return "events";
  if (edit.op === "set_option") return `${edit.section}.${edit.option}`;
  if (!("list" in edit)) return edit.section;
  const index = "index" in edit ? edit.index : "from" in edit ? edit.from : undefined;
  return `${edit.section}.${edit.list}${index === undefined ? "" : `[${index}]`}`;
}
