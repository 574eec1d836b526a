/** Names an unexpected error without its message, which may quote an event. */

const FRAME = /^\s+at .*?([\w.-]+\.ts:\d+:\d+)\)?$/m;

/** `RangeError at delivery-text.ts:54:12`: the error's class, and where it was thrown when that is known. */
export function errorKind(error: unknown): string {
  if (!(error instanceof Error)) return "unknown error";
  const code = "code" in error && typeof error.code === "string" ? ` (${error.code})` : "";
  const frame = FRAME.exec(error.stack?.slice(0, 4000) ?? "")?.[1];
  return `${error.name.slice(0, 80)}${code.slice(0, 80)}${frame === undefined ? "" : ` at ${frame}`}`;
}
