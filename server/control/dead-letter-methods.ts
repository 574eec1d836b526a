/** What the running server does for `signal dlq`. */
import { DEAD_LETTER_REASONS, type JsonObject } from "@datafly-signal/core";
import type { DeadLetterFilter, DeadLetterStatus, Management, ReplayMode } from "@datafly-signal/management-api";
import { ControlError, type ControlMethod } from "./control-server.ts";
import { isoTime, limitOf, notACursor, oneOf } from "./filter-arguments.ts";
import { namedIntegration, textArgument } from "./named.ts";

const STATES: readonly string[] = ["open", "replaying", "replayed", "discarded"];
const REASONS: readonly string[] = Object.keys(DEAD_LETTER_REASONS);
/** Partition and offset, as the index writes them. */
const CURSOR = /^\d{1,5}\/\d{16}$/;

type Parts = Pick<Management, "deadLetters" | "integrations">;

export function deadLetterMethods(management: Parts): Record<string, ControlMethod> {
  const { deadLetters } = management;
  return {
    "dlq-list": async (args) =>
      deadLetters.list(await filterOf(args, management), { cursor: cursorOf(args), limit: limitOf(args) }),
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

async function show(args: JsonObject, management: Parts): Promise<unknown> {
  const id = textArgument(args, "id");
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

async function filterOf(args: JsonObject, management: Parts): Promise<DeadLetterFilter> {
  const filter: DeadLetterFilter = {
    integrationId: await namedIntegration(management, textArgument(args, "integration")),
  };
  const state = textArgument(args, "state");
  if (state !== undefined) filter.state = oneOf("state", state, STATES) as DeadLetterStatus;
  const reason = textArgument(args, "reason");
  if (reason !== undefined) filter.reason = oneOf("reason", reason, REASONS);
  const event = textArgument(args, "event");
  if (event !== undefined) filter.event = event;
  for (const name of ["from", "to"] as const) {
    const value = textArgument(args, name);
    if (value !== undefined) filter[name] = isoTime(name, value);
  }
  const ids = args["ids"];
  if (Array.isArray(ids)) filter.ids = await knownIds(ids.map(String), filter.integrationId, management);
  return filter;
}

/** An id that was written wrongly is said, not taken for one that the other filters leave out. */
async function knownIds(ids: string[], integrationId: string, { deadLetters }: Parts): Promise<string[]> {
  const wanted = [...new Set(ids)];
  const found = new Set<string>();
  let cursor: string | null = null;
  do {
    const page = await deadLetters.list({ integrationId, ids: wanted }, { cursor, limit: 1000 });
    for (const { id } of page.data) found.add(id);
    cursor = found.size === wanted.length ? null : page.nextCursor;
  } while (cursor !== null);
  const unknown = wanted.filter((id) => !found.has(id));
  if (unknown.length === 0) return wanted;
  throw new ControlError(
    "not_found",
    `There is no dead letter ${unknown.slice(0, 3).join(", ")}${unknown.length > 3 ? ", …" : ""} of this integration. It may have passed its 7 days; dlq list shows what is kept.`,
  );
}

function cursorOf(args: JsonObject): string | null {
  const cursor = textArgument(args, "cursor");
  if (cursor === undefined) return null;
  if (CURSOR.test(cursor)) return cursor;
  throw notACursor(cursor);
}

function modeOf(args: JsonObject): ReplayMode {
  return args["remap"] === true ? "remap" : "as_is";
}
