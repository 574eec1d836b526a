/** What the routes of mappings have in common: what they need, and what their requests name. */
import type { Connector, JsonObject, NewIds, PipelineConfig } from "@datafly-signal/core";
import { findPipeline, type Queries } from "@datafly-signal/ports/store";
import type { Permission } from "../access/permissions.ts";
import { unknownWord } from "../catalogue/catalogue-routes.ts";
import type { ConfigurationChanges } from "../configuration/configuration-changes.ts";
import { type Caller, type Fault, fault } from "../http/route.ts";
import type { MappingTask, MappingTasks, PipelineParameters } from "./work/tasks.ts";
import type { MappingWorkbench, WorkFailure } from "./work/workbench.ts";

export interface MappingServices {
  /** The vendors, by key. */
  connectors: ReadonlyMap<string, Connector>;
  workbench: MappingWorkbench;
  changes: Pick<ConfigurationChanges, "load" | "document">;
  /** Of trial events. */
  ids: NewIds;
}

export const TAG = "Mapping";

/** Has the workbench do a task; what keeps it from that is a fault of the request. */
export async function worked<Task extends MappingTask>(
  { workbench }: MappingServices,
  task: Task,
  { input, caller }: { input: MappingTasks[Task]["takes"]; caller: Caller },
): Promise<{ output: MappingTasks[Task]["gives"] } | Fault> {
  const result = await workbench.work(task, input, caller.userId ?? caller.ipAddress);
  return "output" in result ? result : faultOf(result.failed);
}

const TOO_MUCH = "Make it smaller, or look for patterns, lists and transforms that are worked on again and again.";

function faultOf(failed: WorkFailure): Fault {
  switch (failed) {
    case "time":
      return refused("", `takes more time to work out than there is. ${TOO_MUCH}`);
    case "memory":
      return refused("", `takes more memory to work out than there is. ${TOO_MUCH}`);
    case "busy":
      return {
        ...fault("RATE_LIMITED", "Too many mappings are being worked on right now. Send it again in a moment."),
        headers: { "retry-after": "2" },
      };
    case "broken":
      return fault("INTERNAL");
  }
}

/** One fault of a request that was understood. */
export function refused(path: string, message: string): Fault {
  return fault("VALIDATION_FAILED", undefined, [{ path, message }]);
}

/** The vendor that a body names; undefined where it names none. */
export function namedVendor({ connectors }: MappingServices, key: string | undefined): Connector | undefined | Fault {
  if (key === undefined) return undefined;
  const connector = connectors.get(key);
  return connector ?? refused("vendor", unknownWord(`There is no vendor "${key}".`, key, connectors.keys()));
}

export interface NamedPipeline extends PipelineParameters {
  id: string;
  type: PipelineConfig["type"];
}

/** What a route of integrations shows of other things needs their permission too: an API token may have the one only. */
export function refuseReading({ permissions }: Caller, permission: Permission, field: string): Fault | null {
  if (permissions.has(permission)) return null;
  return fault("FORBIDDEN", `${field} needs the permission ${permission} beside integrations:read. Leave it out.`);
}

/** The pipeline that a body names, without the values of its secret parameters; undefined where it names none. */
export async function namedPipeline(
  { queries, caller }: { queries: Queries; caller: Caller },
  id: string | undefined,
): Promise<NamedPipeline | undefined | Fault> {
  if (id === undefined) return undefined;
  const refusal = refuseReading(caller, "pipelines:read", "pipeline_id");
  if (refusal !== null) return refusal;
  const row = await findPipeline(queries, id);
  if (row === undefined) return refused("pipeline_id", `There is no pipeline ${id}.`);
  const open = JSON.parse(row.parameters) as Record<string, string>;
  const secret = Object.keys(JSON.parse(row.secret_parameters) as JsonObject);
  return { id: row.id, type: row.type, open, secret };
}
