/** Sends events without a pause, and remembers which were accepted. */
import { KEY } from "../harness/configuration.ts";

export interface EventSenders {
  /** Ids of the events that were answered 200. */
  accepted: Set<string>;
  /** Answers by status; 0 is no answer. */
  answers: Map<number, number>;
  /** Where it sends to from now on, as after a restart. */
  gateway: string;
  stop(): Promise<void>;
}

export interface SenderOptions {
  gateway: string;
  senders: number;
  /** Of the text that each event carries; it does not compress. */
  bytes: number;
  /** Begins each id. */
  prefix: string;
  /** Between two events of a sender. */
  pauseMs?: number;
}

export function startSenders(options: SenderOptions): EventSenders {
  const { senders, bytes, prefix, pauseMs = 0 } = options;
  const state: EventSenders = { accepted: new Set(), answers: new Map(), gateway: options.gateway, stop };
  let stopped = false;
  let next = 0;
  async function send(): Promise<void> {
    while (!stopped) {
      const messageId = `${prefix}-${next}`;
      next += 1;
      const status = await postEvent(state.gateway, { messageId, text: noise(bytes) });
      state.answers.set(status, (state.answers.get(status) ?? 0) + 1);
      if (status === 200) state.accepted.add(messageId);
      const pause = status === 200 ? pauseMs : Math.max(20, pauseMs);
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  const running = Promise.all(Array.from({ length: senders }, send));
  async function stop(): Promise<void> {
    stopped = true;
    await running;
  }
  return state;
}

/** The status; 0 when there is no answer. */
async function postEvent(gateway: string, event: { messageId: string; text: string }): Promise<number> {
  const { messageId, text } = event;
  const body = JSON.stringify({
    type: "track",
    event: "Filled",
    messageId,
    anonymousId: messageId,
    properties: { text },
  });
  try {
    const response = await fetch(`${gateway}/v1/t`, {
      method: "POST",
      headers: { authorization: `Bearer ${KEY}` },
      body,
      signal: AbortSignal.timeout(10_000),
    });
    await response.text();
    return response.status;
  } catch {
    return 0;
  }
}

function noise(bytes: number): string {
  let text = "";
  while (text.length < bytes) text += Math.random().toString(36).slice(2);
  return text.slice(0, bytes);
}
