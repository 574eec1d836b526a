/** Puts an assignment among those of its pipeline: a new one, or another form of one that is there. */
import { findRevision, type IntegrationTemplateRow } from "@datafly-signal/ports/store";
import type { AssignmentDocument, ChangeCall, ConfigurationChanges } from "../configuration/configuration-changes.ts";
import { type Fault, fault, isFault } from "../http/route.ts";

interface Assigning {
  changes: ConfigurationChanges;
  pipelineId: string;
  /** The integration that is assigned. */
  template: IntegrationTemplateRow;
  /** By the integration's id. */
  assignment: AssignmentDocument;
}

/** What is wrong with it; undefined where it was done. */
export async function assign(call: ChangeCall, assigning: Assigning): Promise<Fault | undefined> {
  const { changes, pipelineId, template, assignment } = assigning;
  const unknown = await refuseRevision(call, assigning);
  if (unknown !== undefined) return unknown;
  const state = await changes.load(call.queries);
  const [pipeline] = changes.document(state, { pipelines: [pipelineId] }).pipelines ?? [];
  if (pipeline === undefined) return fault("NOT_FOUND", "There is no pipeline with this id.");
  const before = pipeline.integrations ?? [];
  const others = before.filter(({ id }) => id !== assignment.id);
  if (others.some(({ integration }) => integration === template.id || integration === template.name)) {
    return fault("CONFLICT", `"${pipeline.name}" has the integration "${template.name}" already.`);
  }
  const index = others.length < before.length ? before.findIndex(({ id }) => id === assignment.id) : before.length;
  const integrations = before.toSpliced(index, 1, assignment);
  const applied = await changes.apply(call, { document: { pipelines: [{ ...pipeline, integrations }] } });
  return isFault(applied) ? inRequest(applied, `pipelines[0].integrations[${index}]`) : undefined;
}

/** With the paths of the body: what is about the integration itself stands at its id, what is about the rest at none. */
function inRequest({ details, ...refused }: Fault, place: string): Fault {
  if (details === undefined) return refused;
  const pathIn = (path: string): string => {
    const field = path.startsWith(`${place}.`) ? path.slice(place.length + 1) : "";
    return path === place || field === "integration" ? "integration_id" : field;
  };
  return { ...refused, details: details.map((detail) => ({ ...detail, path: pathIn(detail.path) })) };
}

async function refuseRevision(
  { queries }: ChangeCall,
  { template, assignment: { revision } }: Assigning,
): Promise<Fault | undefined> {
  if (typeof revision !== "number") return undefined;
  const refuse = (message: string): Fault => fault("VALIDATION_FAILED", undefined, [{ path: "revision", message }]);
  const found = await findRevision(queries, template.id, revision);
  if (found === undefined)
    return refuse(`There is no revision ${revision}: the latest is ${template.latest_revision}.`);
  return found.vendor === template.vendor
    ? undefined
    : refuse(`Revision ${revision} was made for the vendor ${found.vendor}.`);
}
