/** What the running server does for the command line. */
import type { JsonObject, JsonValue } from "@datafly-signal/core";
import type { DeadLetterFilter, DeadLetterStatus, Management, ReplayMode } from "@datafly-signal/management-api";
import { ControlError, type ControlMethod } from "./control-server.ts";

const STATES: readonly string[] = ["open", "replaying", "replayed", "discarded"];

export function controlMethods(management: Management): Record<string, ControlMethod> {
  const { deadLetters } = management;
  return {
    status: () => management.status(),
    "dlq-list": async (args) =>
      deadLetters.list(await filterOf(args, management), {
        cursor: text(args, "cursor") ?? null,
        limit: limitOf(args),
      }),
    "dlq-show": (args) => show(args, management),
    "dlq-replay": async (args) =>
      deadLetters.replay(await filterOf(args, management), { mode: modeOf(args), dryRun: args["dryRun"] === true }),
    "dlq-discard": async (args) =>
      deadLetters.discard(await filterOf(args, management), { dryRun: args["dryRun"] === true }),
    async *"dlq-export"(args) {
      yield* deadLetters.records(await filterOf(args, management));
    },
  };
}

async function show(args: JsonObject, management: Management): Promise<unknown> {
  const id = text(args, "id");
  if (id === undefined) throw new ControlError("bad_request", "Name the dead letter, as in: dlq show dl_…");
  for (const integration of await management.integrations()) {
    const found = await management.deadLetters.show(integration.id, id);
    if (found !== undefined) return found;
  }
  throw new ControlError(
    "not_found",
    `There is no dead letter ${id}. It may have passed its 7 days; dlq list shows what is kept.`,
  );
}

async function filterOf(args: JsonObject, management: Management): Promise<DeadLetterFilter> {
  const filter: DeadLetterFilter = { integrationId: await integrationOf(args, management) };
  const ids = args["ids"];
  if (Array.isArray(ids)) filter.ids = ids.map(String);
  const state = text(args, "state");
  if (state !== undefined) {
    if (!STATES.includes(state)) {
      throw new ControlError("bad_request", `There is no state ${state}; there are ${STATES.join(", ")}.`);
    }
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

/** By name or id; one that was removed by its id, as `status` shows it. */
async function integrationOf(args: JsonObject, management: Management): Promise<string> {
  const integrations = await management.integrations();
  const wanted = text(args, "integration");
  const names = integrations.map(({ id, name }) => (name === "(removed)" ? id : name)).join(", ") || "none";
  if (wanted === undefined) {
    throw new ControlError("bad_request", `Name the integration (by name or id). There are: ${names}.`);
  }
  const found = integrations.find(({ id, name }) => id === wanted || name === wanted);
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
