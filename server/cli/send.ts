/** `signal send <integration>`: a test event that really travels, told step by step. */
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { isJsonObject, type JsonObject } from "@datafly-signal/core";
import { streamFromServer } from "../control/control-client.ts";
import type { SendStep } from "../control/send.ts";
import { type Output, printable } from "./output.ts";
import { UsageError } from "./usage.ts";

type StepOf<Kind extends SendStep["kind"]> = Extract<SendStep, { kind: Kind }>;

/** What `--json` prints. */
interface Report {
  ok: boolean;
  outcome: StepOf<"result">["outcome"] | null;
  reason: string | null;
  cure: string | null;
  /** What it waited for at first. */
  waits_for?: string;
  message_id?: string;
  integration?: string;
  pipeline?: string;
  event?: JsonObject;
  vendor_event_name?: string | null;
  revision?: number;
  payload?: unknown;
  attempts: Omit<StepOf<"attempt">, "kind">[];
}

export async function sendCommand(args: string[], socket: string, output: Output): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: { type: "boolean" },
      event: { type: "string" },
      pipeline: { type: "string" },
      timeout: { type: "string" },
    },
  });
  const [integration, ...more] = positionals;
  if (integration === undefined || more.length > 0) throw new UsageError("Name one integration, by name or id.");
  const timeoutMs = values.timeout === undefined ? 30_000 : Number(values.timeout) * 1000;
  if (!(timeoutMs > 0 && timeoutMs <= 600_000)) throw new UsageError("--timeout takes seconds, from above 0 to 600.");
  const { pipeline } = values;
  const sent = { integration, timeoutMs, ...(pipeline === undefined ? {} : { pipeline }), ...eventOf(values.event) };
  const report: Report = { ok: false, outcome: null, reason: null, cure: null, attempts: [] };
  for await (const step of streamFromServer(socket, "send", sent)) {
    take(report, step as SendStep);
    for (const line of linesOf(step as SendStep, report)) output.line(line);
  }
  output.json(report);
  return report.ok ? 0 : 1;
}

function eventOf(given: string | undefined): { event: JsonObject } | { eventName: string } | Record<string, never> {
  if (given === undefined) return {};
  if (given === "-") return { event: parsed(readFileSync(0, "utf8"), "standard input") };
  if (existsSync(given)) return { event: parsed(readFileSync(given, "utf8"), given) };
  if (given.endsWith(".json") || given.includes("/")) throw new UsageError(`There is no file ${given}.`);
  return { eventName: given };
}

function parsed(text: string, from: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${from} is not JSON: ${error instanceof Error ? error.message : ""}`);
  }
  if (isJsonObject(value)) return value;
  throw new UsageError(`${from} must hold one JSON object: an event as a client sends it.`);
}

function take(report: Report, step: SendStep): void {
  const { kind, ...facts } = step;
  if (kind === "attempt") report.attempts.push(facts as Report["attempts"][number]);
  else Object.assign(report, facts);
}

function linesOf(step: SendStep, report: Report): string[] {
  if (step.kind === "accepted") {
    const { event, type, name } = step.event;
    const what = printable([type, event ?? name].filter((part) => typeof part === "string").join(" "));
    return [`Accepted  ${what} as ${step.message_id}, from ${step.pipeline} to ${step.integration}`];
  }
  if (step.kind === "mapped") {
    const name = step.vendor_event_name === null ? "" : ` to ${step.vendor_event_name}`;
    return [`Mapped    by revision ${step.revision}${name}`, indented(JSON.stringify(step.payload, null, 2))];
  }
  if (step.kind === "attempt") return attemptLines(step, report.payload);
  if (step.kind === "waiting") return [`Waits     ${printable(step.waits_for)}`];
  if (step.ok) return ["", "Delivered."];
  const reason = step.reason === null ? "" : `: ${printable(step.reason)}`;
  const said = { unfinished: "Not delivered yet", set_aside: "Not delivered, set aside" } as const;
  const words = step.outcome in said ? said[step.outcome as keyof typeof said] : `Not delivered, ${step.outcome}`;
  return ["", `${words}${reason}`, step.cure ?? ""];
}

function attemptLines(step: StepOf<"attempt">, payload: unknown): string[] {
  const { request, response } = step;
  const lines = [`Request   ${request.method} ${request.url}  (attempt ${step.attempt})`];
  for (const [name, value] of Object.entries(request.headers)) lines.push(indented(`${name}: ${value}`));
  if (request.body !== null) lines.push("", indented(bodyText(request.body, payload)));
  if (response === null) return [...lines, `Answer    none: ${printable(step.reason ?? "")}`];
  lines.push(`Answer    ${response.status} after ${step.duration_ms} ms`);
  if (response.body !== "") lines.push(indented(printableLines(response.body)));
  return lines;
}

function bodyText(body: StepOf<"attempt">["request"]["body"], payload: unknown): string {
  if (body === JSON.stringify(payload)) return "(the payload as above)";
  if (typeof body === "string") return printableLines(body);
  return body === null ? "" : `(${body.bytes} bytes, too many to show)`;
}

function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, "          ");
}
