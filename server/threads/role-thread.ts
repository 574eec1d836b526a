/** The main thread's side of a role thread. */
import { Worker as Thread } from "node:worker_threads";
import type { ConfigSnapshot } from "@datafly-signal/core";
import type { ThreadData, ToMain, ToThread } from "./protocol.ts";

export type RoleName = "gateway" | "processor" | "worker";

export interface RoleThread {
  role: RoleName;
  /** What the role said of itself when it had started. */
  facts: unknown;
  /** @throws when the role's method does, or the thread is gone. */
  call(method: string, args?: unknown): Promise<unknown>;
  publish(snapshot: ConfigSnapshot): void;
  /** Resolves when the thread has ended, with the reason when it was not asked to. */
  ended: Promise<Error | null>;
}

/** A role's thread failed: named by role, with the cause's message. */
export class RoleThreadError extends Error {
  constructor(role: RoleName, message: string) {
    super(`${role}: ${message}`);
    this.name = "RoleThreadError";
  }
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export interface LoadingThread {
  /** Resolves when the role is ready to work. */
  begin(): Promise<RoleThread>;
  /** Ends a thread that did not begin. */
  abandon(): Promise<void>;
}

/** Loads a role's code in a thread of its own; the role works once it is told to begin. */
export function loadRoleThread(options: {
  role: RoleName;
  data: ThreadData;
  /** The role asks for a newer configuration than it has. */
  onRefresh(): Promise<void>;
  onTell(topic: string, value: unknown): void;
}): LoadingThread {
  const { role } = options;
  const thread = new Thread(new URL(`./${role}-thread.ts`, import.meta.url), { workerData: options.data, name: role });
  const waiting = new Map<number, Waiting>();
  let stopping = false;
  let nextId = 1;
  const send = (message: ToThread): void => thread.postMessage(message);
  const ended = new Promise<Error | null>((resolve) => {
    thread.once("error", (error) => resolve(new RoleThreadError(role, String(error))));
    thread.once("exit", (code) =>
      resolve(stopping ? null : new RoleThreadError(role, `the thread ended with code ${code}`)),
    );
  });
  let gone: Error | null = null;
  void ended.then((error) => {
    gone = error ?? new RoleThreadError(role, "the thread has ended");
    for (const one of waiting.values()) one.reject(gone);
    waiting.clear();
  });
  const started = new Promise<unknown>((resolve, reject) => {
    waiting.set(0, { resolve, reject });
    thread.on("message", (message: ToMain) => receive(message, { waiting, send, options }));
  });
  // A fault while it loads waits for whoever begins it.
  started.catch(() => undefined);
  const running = (facts: unknown): RoleThread => ({
    role,
    facts,
    ended,
    call(method, args) {
      const id = nextId;
      nextId += 1;
      if (method === "close") stopping = true;
      if (gone !== null) return Promise.reject(gone);
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        send({ type: "call", id, method, args });
      });
    },
    publish: (snapshot) => send({ type: "snapshot", snapshot }),
  });
  return {
    begin() {
      send({ type: "begin" });
      return started.then(running);
    },
    async abandon() {
      stopping = true;
      await thread.terminate();
    },
  };
}

function receive(
  message: ToMain,
  parts: {
    waiting: Map<number, Waiting>;
    send(message: ToThread): void;
    options: { onRefresh(): Promise<void>; onTell(topic: string, value: unknown): void };
  },
): void {
  const { waiting, send, options } = parts;
  if (message.type === "tell") return options.onTell(message.topic, message.value);
  if (message.type === "refresh") {
    void options.onRefresh().finally(() => send({ type: "refreshed", id: message.id }));
    return;
  }
  const id = message.type === "started" ? 0 : message.id;
  const one = waiting.get(id);
  waiting.delete(id);
  if (message.type === "failed") one?.reject(new Error(message.message));
  else one?.resolve(message.type === "started" ? message.facts : message.value);
}
