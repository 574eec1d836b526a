/** Names, slugs and keys that may stand only once in the whole configuration: what the file names against what is there. */
import type { ApplyDraft } from "./apply-draft.ts";
import type { SignalFile } from "./signal-file.ts";

export function checkNames(draft: ApplyDraft, file: SignalFile): void {
  for (const pipeline of file.pipelines) {
    const others = draft.pipelines().filter(({ id }) => id !== pipeline.id);
    const place = (field: string) => ({ ...pipeline.place, path: `${pipeline.place.path}.${field}` });
    for (const field of ["name", "slug"] as const) {
      const other = others.find((one) => one[field] === pipeline[field]);
      if (other === undefined) continue;
      const message = `another pipeline has the ${field} "${pipeline[field]}"`;
      draft.fault(place(field), "taken", message, `Choose another ${field}, or give id: ${other.id} to mean that one.`);
    }
    const taken = new Set(others.flatMap(({ keys }) => keys.map(({ key }) => key)));
    for (const [index, { key }] of pipeline.keys.entries()) {
      if (!taken.has(key)) continue;
      const cure = "Give each pipeline keys of its own: the key says whose an event is.";
      draft.fault(place(`pipeline_keys[${index}]`), "taken", "another pipeline has or had this key", cure);
    }
  }
  for (const integration of file.integrations) {
    const others = draft.integrations().filter(({ id }) => id !== integration.id);
    const other = others.find(({ name }) => name === integration.name);
    if (other === undefined) continue;
    const place = { ...integration.place, path: `${integration.place.path}.name` };
    const message = `another integration has the name "${integration.name}"`;
    draft.fault(place, "taken", message, `Choose another name, or give id: ${other.id} to mean that one.`);
  }
}
