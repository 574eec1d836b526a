/** What the person at the terminal means by a name: integrations and pipelines by name or id. */
import { type ConfigSnapshot, type JsonObject, nearest, type PipelineConfig } from "@datafly-signal/core";
import type { Management } from "@datafly-signal/management-api";
import { ControlError } from "./control-server.ts";

export function textArgument(args: JsonObject, name: string): string | undefined {
  const value = args[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/**
 * The id of the integration that is named; one that was removed by its id, as `status` shows it.
 * @throws {ControlError}
 */
export async function namedIntegration(
  management: Pick<Management, "integrations">,
  wanted: string | undefined,
): Promise<string> {
  const integrations = await management.integrations();
  const names = integrations.map(({ id, name }) => (name === "(removed)" ? id : name));
  if (wanted === undefined) {
    const known = names.join(", ") || "none";
    throw new ControlError("bad_request", `Name the integration (by name or id). There are: ${known}.`);
  }
  const exact = integrations.find(({ id, name }) => id === wanted || name === wanted);
  const found = exact ?? integrations.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  if (found === undefined) throw unknownName("integration", wanted, names);
  return found.id;
}

/** By name, slug or id. @throws {ControlError} */
export function namedPipeline(snapshot: ConfigSnapshot, wanted: string): PipelineConfig {
  const { pipelines } = snapshot;
  const exact = pipelines.find(({ id, name, slug }) => id === wanted || name === wanted || slug === wanted);
  const found = exact ?? pipelines.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  if (found !== undefined) return found;
  throw unknownName(
    "pipeline",
    wanted,
    pipelines.map(({ name }) => name),
  );
}

function unknownName(what: string, wanted: string, known: readonly string[]): ControlError {
  const near = nearest(wanted, known);
  const cure = near === undefined ? `There are: ${known.join(", ") || "none"}.` : `Did you mean ${near}?`;
  return new ControlError("not_found", `There is no ${what} ${wanted}. ${cure}`);
}
