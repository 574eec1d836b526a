/** A role thread's own side: answers calls, follows the configuration, keeps a full disk from ending the thread. */
import { once } from "node:events";
import { parentPort, workerData } from "node:worker_threads";
import type { ConfigSnapshot, Logger, SnapshotSource } from "@datafly-signal/core";
import { isLmdbFullRejection } from "@datafly-signal/ports/log/lmdb";
import { createLogger } from "../logging.ts";
import { createRedactor, type Redactor, secretVariables } from "../logs/redaction.ts";
import type { ThreadData, ToMain, ToThread } from "./protocol.ts";

export interface Guest {
  data: ThreadData;
  snapshots: SnapshotSource;
  logger: Logger;
  /** Is told the secrets that the role opens, so that no log holds them. */
  redactor: Redactor;
  /** Tells the main thread something it did not ask for. */
  tell(topic: string, value: unknown): void;
}

export type Methods = Record<string, (args: unknown) => unknown>;

/** Runs the role: `start` brings it up and names the methods it answers; `close` ends the thread. */
export async function runRole(
  role: string,
  start: (guest: Guest) => Promise<{ facts: unknown; methods: Methods; close(deadlineMs: number): Promise<void> }>,
): Promise<void> {
  const port = parentPort;
  if (port === null) throw new TypeError(`${role} runs on a thread of the server`);
  const data = workerData as ThreadData;
  const redactor = createRedactor(secretVariables(process.env));
  const logger = createLogger({ settings: data.settings, role, redactor });
  const say = (message: ToMain): void => port.postMessage(message);
  const source = followSnapshots(data.snapshot, say);
  process.on("unhandledRejection", (reason) => {
    if (!isLmdbFullRejection(reason)) throw reason;
    logger.warn({ error: String(reason) }, "the disk is full; the store refused a write");
  });
  const tell = (topic: string, value: unknown): void => say({ type: "tell", topic, value });
  await once(port, "message");
  const running = await start({ data, snapshots: source.snapshots, logger, redactor, tell });
  const methods: Methods = {
    ...running.methods,
    close: async (deadlineMs) => running.close(Number(deadlineMs)),
  };
  port.on("message", (message: ToThread) => {
    if (message.type === "call") void answer(message, methods, say).then((last) => last && port.close());
    else if (message.type !== "begin") source.receive(message);
  });
  say({ type: "started", facts: running.facts });
}

async function answer(
  call: Extract<ToThread, { type: "call" }>,
  methods: Methods,
  say: (message: ToMain) => void,
): Promise<boolean> {
  try {
    const method = methods[call.method];
    if (method === undefined) throw new TypeError(`there is no method ${call.method}`);
    say({ type: "answer", id: call.id, value: await method(call.args) });
  } catch (error) {
    say({ type: "failed", id: call.id, message: error instanceof Error ? error.message : String(error) });
  }
  return call.method === "close";
}

function followSnapshots(
  first: ConfigSnapshot,
  say: (message: ToMain) => void,
): { snapshots: SnapshotSource; receive(message: Exclude<ToThread, { type: "begin" | "call" }>): void } {
  let current = first;
  let nextId = 1;
  const listeners = new Set<(snapshot: ConfigSnapshot) => void>();
  const refreshing = new Map<number, () => void>();
  return {
    snapshots: {
      current: () => current,
      onChange(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      refresh() {
        const id = nextId;
        nextId += 1;
        return new Promise((resolve) => {
          refreshing.set(id, resolve);
          say({ type: "refresh", id });
        });
      },
    },
    receive(message) {
      if (message.type === "refreshed") {
        refreshing.get(message.id)?.();
        refreshing.delete(message.id);
        return;
      }
      current = message.snapshot;
      for (const listener of listeners) listener(current);
    },
  };
}
