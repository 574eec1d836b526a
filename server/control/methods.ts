/** What the running server does for the command line (contracts §11). */
import type { JsonObject, JsonValue, SnapshotSource } from "@datafly-signal/core";
import type {
  DeadLetterFilter,
  DeadLetters,
  DeadLetterStatus,
  Management,
  ReplayMode,
} from "@datafly-signal/management-api";
import { ControlError, type ControlMethod } from "./control-server.ts";

const STATES: readonly string[] = ["open", "replaying", "replayed", "discarded"];

export function controlMethods(parts: {
  management: Management;
  snapshots: SnapshotSource;
}): Record<string, ControlMethod> {
  const { management, snapshots } = parts;
  const { deadLetters } = management;
  return {
    status: () => management.status(),
    "dlq-list": (args) =>
      deadLetters.list(filterOf(args, snapshots), { cursor: text(args, "cursor") ?? null, limit: limitOf(args) }),
    "dlq-show": (args) => show(args, deadLetters, snapshots),
    "dlq-replay": (args) =>
      deadLetters.replay(filterOf(args, snapshots), { mode: modeOf(args), dryRun: args["dryRun"] === true }),
    "dlq-discard": (args) => deadLetters.discard(filterOf(args, snapshots), { dryRun: args["dryRun"] === true }),
    "dlq-export": (args) => deadLetters.records(filterOf(args, snapshots)),
  };
}

async function show(args: JsonObject, deadLetters: DeadLetters, snapshots: SnapshotSource): Promise<unknown> {
  const id = text(args, "id");
  if (id === undefined) throw new ControlError("bad_request", "Name the dead letter, as in: dlq show dl_…");
  for (const integration of snapshots.current().integrations) {
    const found = await deadLetters.show(integration.id, id);
    if (found !== undefined) return found;
  }
  throw new ControlError(
    "not_found",
    `There is no dead letter ${id}. It may have passed its 7 days; dlq list shows what is kept.`,
  );
}

function filterOf(args: JsonObject, snapshots: SnapshotSource): DeadLetterFilter {
  const filter: DeadLetterFilter = { integrationId: integrationOf(args, snapshots) };
  const ids = args["ids"];
  if (Array.isArray(ids)) filter.ids = ids.map(String);
  const state = text(args, "state");
  if (state !== undefined) {
    if (!STATES.includes(state))
      throw new ControlError("bad_request", `There is no state ${state}; there are ${STATES.join(", ")}.`);
    filter.state = state as DeadLetterStatus;
  }
  for (const name of ["reason", "event"] as const) {
    const value = text(args, name);
    if (value !== undefined) filter[name] = value;
  }
  for (const name of ["from", "to"] as const) {
    const value = text(args, name);
    if (value !== undefined) filter[name] = isoTime(name, value);
  }
  return filter;
}

function integrationOf(args: JsonObject, snapshots: SnapshotSource): string {
  const { integrations } = snapshots.current();
  const wanted = text(args, "integration");
  const names = integrations.map((integration) => integration.name).join(", ") || "none";
  if (wanted === undefined)
    throw new ControlError("bad_request", `Name the integration (by name or id). There are: ${names}.`);
  const found = integrations.find((integration) => integration.id === wanted || integration.name === wanted);
  if (found === undefined)
    throw new ControlError("not_found", `There is no integration ${wanted}. There are: ${names}.`);
  return found.id;
}

function modeOf(args: JsonObject): ReplayMode {
  return args["remap"] === true ? "remap" : "as_is";
}

function limitOf(args: JsonObject): number {
  const limit: JsonValue | undefined = args["limit"];
  return typeof limit === "number" && Number.isInteger(limit) && limit > 0 && limit <= 1000 ? limit : 50;
}

function text(args: JsonObject, name: string): string | undefined {
  const value = args[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function isoTime(name: string, value: string): string {
  const time = new Date(value);
  if (Number.isNaN(time.getTime()))
    throw new ControlError("bad_request", `${name} is not a time; write it like 2026-11-21T09:00:00Z.`);
  return time.toISOString();
}
