/** Traces as server-sent events, to one browser: what was, then what comes, never more than it takes. */
import type { ServerResponse } from "node:http";
import type { Clock, TraceRecord } from "@datafly-signal/core";
import type { Traces } from "../traces/traces.ts";
import { createAdmission } from "./admission.ts";
import type { DemoVendor } from "./demo-vendor.ts";

export interface TraceStreams {
  /** Answers a request with the stream; false when there are as many as there may be. */
  open(response: ServerResponse): boolean;
  /** Ends all of them for good, and says why. */
  end(reason: string): void;
}

const MOST_STREAMS = 20;
const EVENTS_A_SECOND = 50;
const RECENT_RECORDS = 200;
/** What is sent of the past at most; what a slow browser may leave waiting before it is cut off. */
const RECENT_BYTES = 524_288;
const MOST_WAITING_BYTES = 1_048_576;
const TICK_MS = 1000;
const TICKS_A_SIGN_OF_LIFE = 15;
/** A browser that lost the stream asks again after this time. */
const RETRY_MS = 1500;

interface StreamOptions {
  traces: Pick<Traces, "recent" | "follow">;
  vendor: DemoVendor;
  clock: Clock;
}

export function traceStreams(options: StreamOptions): TraceStreams {
  const open = new Set<ServerResponse>();
  return {
    open(response) {
      if (open.size >= MOST_STREAMS) return false;
      open.add(response);
      const end = stream(response, options);
      response.once("close", () => {
        open.delete(response);
        end();
      });
      return true;
    },
    end(reason) {
      const ending = [...open];
      // Until the browser has hung up, another reason to end may come: each stream is ended once.
      open.clear();
      for (const response of ending) {
        response.end(`event: ended\ndata: ${JSON.stringify({ reason })}\n\n`);
        // Who does not read what waits does not keep the stream open.
        const cancel = options.clock.after(TICK_MS, () => response.destroy());
        response.once("close", cancel);
      }
    },
  };
}

/** Answers how to end it. */
function stream(response: ServerResponse, { traces, vendor, clock }: StreamOptions): () => void {
  const admission = createAdmission({ perSecond: EVENTS_A_SECOND, clock });
  let past: TraceRecord[] | null = [];
  const send = (name: string, data: unknown): void => {
    if (response.destroyed || response.writableEnded) return;
    response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    if (response.writableLength > MOST_WAITING_BYTES) response.destroy();
  };
  const live = (record: TraceRecord): void => {
    if (admission.admit(record.messageId)) send("trace", record);
  };
  const sayBehaviour = (): void => send("behaviour", vendor.behaviour());
  response.write(`retry: ${RETRY_MS}\n\n`);
  sayBehaviour();
  const unfollow = traces.follow((record) => (past === null ? live(record) : void past.push(record)));
  const unlisten = vendor.onChange(sayBehaviour);
  const cancelTicks = everyTick(clock, (tick) => {
    const skipped = admission.takeSkipped();
    if (skipped > 0) send("skipped", { count: skipped });
    else if (tick % TICKS_A_SIGN_OF_LIFE === 0 && !response.destroyed && !response.writableEnded)
      response.write(":\n\n");
  });
  void traces
    .recent(RECENT_RECORDS)
    .catch((): TraceRecord[] => [])
    .then((records) => {
      for (const record of newest(records, RECENT_BYTES)) send("trace", record);
      send("live", {});
      const arrived = past ?? [];
      past = null;
      arrived.forEach(live);
    });
  return () => {
    unfollow();
    unlisten();
    cancelTicks();
  };
}

/** The newest that fit, oldest first. */
function newest(records: readonly TraceRecord[], bytes: number): TraceRecord[] {
  let left = bytes;
  const fitting = records.toReversed().findIndex((record) => {
    left -= JSON.stringify(record).length;
    return left < 0;
  });
  return fitting === -1 ? [...records] : records.slice(records.length - fitting);
}

function everyTick(clock: Clock, run: (tick: number) => void): () => void {
  let tick = 0;
  let cancel = (): void => undefined;
  const next = (): void => {
    cancel = clock.after(TICK_MS, () => {
      tick += 1;
      run(tick);
      next();
    });
  };
  next();
  return () => cancel();
}
