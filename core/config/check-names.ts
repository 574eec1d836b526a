/** Names, slugs and keys that may stand only once in the whole configuration: what the file names against what is there. */
import type { ApplyDraft } from "./apply-draft.ts";
import type { SignalFile } from "./signal-file.ts";

export function checkNames(draft: ApplyDraft, file: SignalFile): void {
  for (const pipeline of file.pipelines) {
    const others = draft.pipelines().filter(({ id }) => id !== pipeline.id);
    const place = (field: string) => ({ ...pipeline.place, path: `${pipeline.place.path}.${field}` });
    if (others.some(({ name }) => name === pipeline.name)) {
      draft.fault(place("name"), "taken", `another pipeline has the name "${pipeline.name}"`, "Choose another name.");
    }
    if (others.some(({ slug }) => slug === pipeline.slug)) {
      draft.fault(place("slug"), "taken", `another pipeline has the slug "${pipeline.slug}"`, "Choose another slug.");
    }
    const taken = new Set(others.flatMap(({ keys }) => keys.map(({ key }) => key)));
    for (const [index, { key }] of pipeline.keys.entries()) {
      if (!taken.has(key)) continue;
      const cure = "Give each pipeline keys of its own: the key says whose an event is.";
      draft.fault(place(`pipeline_keys[${index}]`), "taken", "another pipeline has or had this key", cure);
    }
    for (const assignment of pipeline.assignments) {
      const lane = draft.lane(assignment.id);
      if (lane === undefined || lane.pipelineId === pipeline.id) continue;
      draft.fault(
        assignment.place,
        "taken",
        `another pipeline has the assignment ${assignment.id}`,
        "Leave the id out.",
      );
    }
  }
  for (const integration of file.integrations) {
    const others = draft.integrations().filter(({ id }) => id !== integration.id);
    if (!others.some(({ name }) => name === integration.name)) continue;
    const place = { ...integration.place, path: `${integration.place.path}.name` };
    const message = `another integration has the name "${integration.name}"`;
    draft.fault(place, "taken", message, "Choose another name.");
  }
}
