/** Runs the operator's code on one event after the other, in an interpreter of its own: no I/O, bounded time and memory. */
import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
  type QuickJSWASMModule,
} from "quickjs-emscripten-core";

export interface SandboxLimits {
  /** Processor time for one event, in milliseconds. */
  timeMs: number;
  memoryBytes: number;
}

export type SandboxFailure = "threw" | "timeout" | "memory" | "invalid";

/** What the code made of an event: its JSON text, null to drop it, or how it failed. */
export type SandboxResult = { json: string } | null | { failed: SandboxFailure; detail: string };

/** A fault of the code itself, in its own lines. */
export interface CodeFault {
  message: string;
  /** From 1; absent when the interpreter names none. */
  line?: number;
}

export interface Sandbox {
  run(json: string): SandboxResult;
  close(): void;
}

const STACK_BYTES = 262_144;
/** The body of the function starts on the interpreter's second line, and one line of ours stands before it. */
const LINES_BEFORE = 3;
const DETAIL_LIMIT = 300;
/** Characters of the event's JSON text. */
const LONGEST_RESULT = 2_097_152;

/**
 * The code is the body of a function of `event`; it may return the event, null to drop it, or nothing for the event as
 * it has changed it. A function `transform` that it declares is called instead. What one event's run leaves behind is
 * never seen by the next: everything that is shared is frozen.
 */
const BOOT = `(function (code) {
  "use strict";
  const { parse, stringify } = JSON;
  const user = new Function("event", '"use strict";\\n' + code +
    '\\n; return typeof transform === "function" ? transform(event) : event;');
  const seen = new Set();
  const freeze = (value) => {
    if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) return;
    seen.add(value);
    Object.freeze(value);
    for (const key of Reflect.ownKeys(value)) {
      const own = Object.getOwnPropertyDescriptor(value, key);
      freeze(own.value);
      freeze(own.get);
      freeze(own.set);
    }
    freeze(Object.getPrototypeOf(value));
  };
  let now = 0;
  let seed = 0;
  const RealDate = Date;
  const FixedDate = function (...args) {
    if (!new.target) return new RealDate(now).toString();
    return Reflect.construct(RealDate, args.length === 0 ? [now] : args, new.target);
  };
  FixedDate.prototype = RealDate.prototype;
  for (const name of ["parse", "UTC"]) FixedDate[name] = RealDate[name];
  FixedDate.now = () => now;
  RealDate.prototype.constructor = FixedDate;
  globalThis.Date = FixedDate;
  Math.random = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const { imul } = Math;
  const dateParse = RealDate.parse;
  const begin = (event) => {
    now = dateParse(event.receivedAt) || 0;
    seed = 0x811c9dc5;
    const id = String(event.messageId);
    for (let index = 0; index < id.length; index += 1) seed = imul(seed ^ id.charCodeAt(index), 0x01000193);
  };
  freeze(globalThis);
  for (const reached of [
    [][Symbol.iterator](), new Map()[Symbol.iterator](), new Set()[Symbol.iterator](), ""[Symbol.iterator](),
    "".matchAll(/a/g), (function* () {})(), (async function* () {})(), function* () {}, async function () {},
    async function* () {}, new Uint8Array(), Reflect.getPrototypeOf(Uint8Array),
  ]) freeze(Reflect.getPrototypeOf(reached));
  return function (text) {
    const event = parse(text);
    begin(event);
    const result = user(event);
    if (result === null || result === false) return null;
    return stringify(result === undefined ? event : result);
  };
})`;

let wasm: Promise<QuickJSWASMModule> | null = null;

function interpreter(): Promise<QuickJSWASMModule> {
  wasm ??= newQuickJSWASMModuleFromVariant(import("@jitl/quickjs-wasmfile-release-sync"));
  return wasm;
}

/** Tells what is wrong with code as text; null when it can be run. */
export async function codeChecker(): Promise<(code: string) => CodeFault | null> {
  const module = await interpreter();
  return (code) => {
    const opened = openCell(module, code, { timeMs: 1000, memoryBytes: 33_554_432 });
    if ("message" in opened) return opened;
    opened.close();
    return null;
  };
}

/** @throws {SyntaxError} for code that {@link codeChecker} refuses. */
export async function openSandbox(code: string, limits: SandboxLimits): Promise<Sandbox> {
  const module = await interpreter();
  const open = (): Cell => {
    const cell = openCell(module, code, limits);
    if ("message" in cell) throw new SyntaxError(cell.message);
    return cell;
  };
  let cell: Cell | null = open();
  return {
    run(json) {
      const result = runIn((cell ??= open()), json);
      // What was broken off in the middle of its work is not used again.
      if (result !== null && "failed" in result && result.failed !== "threw") {
        abandon(cell);
        cell = null;
      }
      return result;
    },
    close() {
      cell?.close();
      cell = null;
    },
  };
}

type Cell = Sandbox;

/** An interpreter that failed underneath cannot always be taken apart; its memory goes with the thread. */
function abandon(cell: Cell): void {
  try {
    cell.close();
  } catch {
    // It is not used again.
  }
}

/** What the interpreter itself fails on, a stack that overflows underneath it, is the code's failure like any other. */
function runIn(cell: Cell, json: string): SandboxResult {
  try {
    return cell.run(json);
  } catch (error) {
    return { failed: "memory", detail: error instanceof Error ? error.name : "Error" };
  }
}

function openCell(module: QuickJSWASMModule, code: string, limits: SandboxLimits): Cell | CodeFault {
  const runtime = module.newRuntime();
  runtime.setMemoryLimit(limits.memoryBytes);
  runtime.setMaxStackSize(STACK_BYTES);
  const context = runtime.newContext();
  const watch = watchTime(runtime);
  const close = (): void => {
    context.dispose();
    runtime.dispose();
  };
  watch.begin(1000);
  const boot = context.unwrapResult(context.evalCode(BOOT));
  const made = boot.consume((handle) => callText(context, handle, code));
  if ("error" in made) {
    const fault = faultOf(context, made.error);
    made.error.dispose();
    close();
    return fault;
  }
  const call = made.value;
  return {
    run(json) {
      watch.begin(limits.timeMs);
      const answer = callText(context, call, json);
      if ("error" in answer) {
        const isOver = watch.over();
        return answer.error.consume((error) => failureOf(described(context, error), isOver));
      }
      return answer.value.consume((value) => resultOf(context, value));
    },
    close() {
      call.dispose();
      close();
    },
  };
}

/** The thread's own processor time counts: an event is not at fault when the machine has no time for it. */
function watchTime(runtime: QuickJSRuntime): { begin(ms: number): void; over(): boolean } {
  let end = Infinity;
  const over = (): boolean => usedMs() > end;
  runtime.setInterruptHandler(over);
  return {
    begin(ms) {
      end = usedMs() + ms;
    },
    over,
  };
}

function usedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function callText(
  context: QuickJSContext,
  called: QuickJSHandle,
  text: string,
): { value: QuickJSHandle } | { error: QuickJSHandle } {
  const answer = context
    .newString(text)
    .consume((argument) => context.callFunction(called, context.undefined, argument));
  return answer.error === undefined ? { value: answer.value } : { error: answer.error };
}

function resultOf(context: QuickJSContext, value: QuickJSHandle): SandboxResult {
  const kind = context.typeof(value);
  if (kind === "string") {
    const json = context.getString(value);
    if (json.length <= LONGEST_RESULT) return { json };
    return { failed: "invalid", detail: "The code made the event too large." };
  }
  if (context.eq(value, context.null)) return null;
  return { failed: "invalid", detail: "The code did not return an event." };
}

/** Only the error's kind is told: its message may quote the event. */
function failureOf({ name, message }: { name: string; message: string }, isOver: boolean): SandboxResult {
  const failed = message === "out of memory" ? "memory" : isOver ? "timeout" : "threw";
  return { failed, detail: name.slice(0, DETAIL_LIMIT) };
}

function faultOf(context: QuickJSContext, error: QuickJSHandle): CodeFault {
  const { name, message, line } = described(context, error);
  const text = `${name}: ${message}`.slice(0, DETAIL_LIMIT);
  return line === undefined ? { message: text } : { message: text, line: Math.max(1, line - LINES_BEFORE) };
}

function described(context: QuickJSContext, error: QuickJSHandle): { name: string; message: string; line?: number } {
  const dumped: unknown = context.dump(error);
  if (typeof dumped !== "object" || dumped === null) return { name: "Error", message: String(dumped) };
  const { name, message, lineNumber } = dumped as { name?: unknown; message?: unknown; lineNumber?: unknown };
  return {
    name: typeof name === "string" ? name : "Error",
    message: typeof message === "string" ? message : "",
    ...(typeof lineNumber === "number" ? { line: lineNumber } : {}),
  };
}
