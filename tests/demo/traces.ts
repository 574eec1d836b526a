/** Reads the demo's live traces as its receiver page does. */
import { until } from "../harness/until.ts";

interface Trace {
  stage: "processed" | "sent";
  messageId: string;
  eventName: string;
  outcome?: string;
  attempt?: number;
  request?: { url: string; body: string };
  response?: { status: number } | null;
  lanes?: { outcome: string; vendorEventName?: string }[];
}

interface TraceReader {
  records: Trace[];
  /** The first record that the check holds for. */
  find(check: (record: Trace) => boolean): Promise<Trace>;
  /** Whether the server ended the stream. */
  ended(): boolean;
  close(): void;
}

const WAIT_MS = 20_000;

export async function readTraces(management: string): Promise<TraceReader> {
  const ending = new AbortController();
  const response = await fetch(`${management}/demo/traces`, { signal: ending.signal });
  const records: Trace[] = [];
  let text = "";
  let ended = false;
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      const messages = text.split("\n\n");
      text = messages.pop() ?? "";
      for (const message of messages) {
        const data = /^event: trace\ndata: (.*)$/.exec(message)?.[1];
        if (data !== undefined) records.push(JSON.parse(data) as Trace);
      }
    }
  };
  void read()
    .catch(() => undefined)
    .finally(() => (ended = true));
  return {
    records,
    find: (check) =>
      until(
        WAIT_MS,
        () => records.find(check),
        () => `a trace; so far: ${JSON.stringify(records)}`,
      ),
    ended: () => ended,
    close: () => ending.abort(),
  };
}
