/** What the main thread and the role threads say to each other. */
import type { ConfigSnapshot } from "@datafly-signal/core";
import type { Settings } from "../settings.ts";

/** What a role thread starts with. */
export interface ThreadData {
  settings: Settings;
  /** Rung when records are appended, so that waiting readers of other threads wake up. */
  bell: SharedArrayBuffer;
  snapshot: ConfigSnapshot;
  /** Raw keys that open sealed secrets, the current first; given to the worker, and to the processor for the salt of the data layer. */
  keys: Uint8Array[];
}

export type ToThread =
  /** The first of all: the code is loaded by then, and the role may start to work. */
  | { type: "begin" }
  | { type: "call"; id: number; method: string; args: unknown }
  | { type: "snapshot"; snapshot: ConfigSnapshot }
  | { type: "refreshed"; id: number };

export type ToMain =
  | { type: "started"; facts: unknown }
  | { type: "answer"; id: number; value: unknown }
  | { type: "failed"; id: number; message: string }
  | { type: "refresh"; id: number }
  | { type: "tell"; topic: string; value: unknown };
