/** What the running server does for `signal dlq events`. */
import { type ConfigSnapshot, EVENT_REJECTIONS, type JsonObject } from "@datafly-signal/core";
import type { Injected, Injection } from "@datafly-signal/gateway";
import type { Management, SetAsideFilter, SetAsideState } from "@datafly-signal/management-api";
import { ControlError, type ControlMethod } from "./control-server.ts";
import { isoTime, limitOf, notACursor, oneOf } from "./filter-arguments.ts";
import { namedPipeline, textArgument } from "./named.ts";

const ERRORS: readonly string[] = Object.keys(EVENT_REJECTIONS);
const STATES: readonly string[] = ["open", "replayed"];
const POSITION = /^\d{1,15}$/;

interface Parts {
  management: Pick<Management, "setAside">;
  snapshots: { current(): ConfigSnapshot };
  inject(injection: Injection): Promise<Injected>;
}

export function setAsideMethods(parts: Parts): Record<string, ControlMethod> {
  const { setAside } = parts.management;
  return {
    "events-list": async (args) =>
      setAside.list(filterOf(args, parts), { cursor: cursorOf(args), limit: limitOf(args) }),
    "events-show": (args) => show(args, parts),
    "events-replay": async (args) => {
      const readmit = (again: JsonObject, replayOf: string): Promise<Injected> => parts.inject({ again, replayOf });
      return setAside.replay(filterOf(args, parts), { dryRun: args["dryRun"] === true, readmit });
    },
    async *"events-export"(args) {
      yield* setAside.records(filterOf(args, parts));
    },
  };
}

async function show(args: JsonObject, { management: { setAside } }: Parts): Promise<unknown> {
  const wanted = textArgument(args, "wanted");
  if (wanted === undefined) throw new ControlError("bad_request", "Name the event, by its position or messageId.");
  const at = POSITION.test(wanted) ? await setAside.show({ position: Number(wanted) }) : undefined;
  // A messageId may be a number too.
  const found = at ?? (await setAside.show({ messageId: wanted }));
  if (found !== undefined) return found;
  throw new ControlError(
    "not_found",
    `No event ${wanted} was set aside. It may have passed its 7 days; dlq events shows what is kept.`,
  );
}

function filterOf(args: JsonObject, { snapshots }: Parts): SetAsideFilter {
  const filter: SetAsideFilter = {};
  const error = textArgument(args, "error");
  if (error !== undefined) filter.error = oneOf("error", error, ERRORS);
  const state = textArgument(args, "state");
  if (state !== undefined) filter.state = oneOf("state", state, STATES) as SetAsideState;
  const event = textArgument(args, "event");
  if (event !== undefined) filter.event = event;
  const messageId = textArgument(args, "id");
  if (messageId !== undefined) filter.messageId = messageId;
  const pipeline = textArgument(args, "pipeline");
  if (pipeline !== undefined) filter.pipelineId = pipelineIdOf(snapshots.current(), pipeline);
  for (const name of ["from", "to"] as const) {
    const value = textArgument(args, name);
    if (value !== undefined) filter[name] = isoTime(name, value);
  }
  return filter;
}

/** An id is taken as it is: the events may be of a pipeline that was removed. */
function pipelineIdOf(snapshot: ConfigSnapshot, wanted: string): string {
  return wanted.startsWith("pip_") ? wanted : namedPipeline(snapshot, wanted).id;
}

function cursorOf(args: JsonObject): number | null {
  const cursor = textArgument(args, "cursor");
  if (cursor === undefined) return null;
  if (POSITION.test(cursor)) return Number(cursor);
  throw notACursor(cursor);
}
