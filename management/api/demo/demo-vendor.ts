/** The vendor of the demo: takes every delivery, and misbehaves on demand, so that retries and dead letters can be seen. */

/** How it answers: with 200; with 500, which is tried again; with 400, which is given up; or with 200 after a while. */
type DemoAnswer = "well" | "fail" | "refuse" | "slow";

export interface DemoBehaviour {
  answer: DemoAnswer;
  /** For how many requests more; then it answers well again. */
  left: number;
}

export interface DemoVendor {
  behaviour(): DemoBehaviour;
  /** False when that is no behaviour. */
  behave(wanted: unknown): boolean;
  /** Called whenever the behaviour has changed; the answer ends it. */
  onChange(listener: () => void): () => void;
  /** The answer to the next request. */
  take(): { status: number; body: object; afterMs: number };
}

const WELL: DemoBehaviour = { answer: "well", left: 0 };
const MOST_LEFT = 10;
const SLOW_MS = 3000;

const ANSWERS: Readonly<Record<DemoAnswer, ReturnType<DemoVendor["take"]>>> = {
  well: { status: 200, body: { received: true }, afterMs: 0 },
  fail: { status: 500, body: { error: "out_of_order", message: "The vendor is out of order." }, afterMs: 0 },
  refuse: { status: 400, body: { error: "not_welcome", message: "The vendor refuses this event." }, afterMs: 0 },
  slow: { status: 200, body: { received: true, slow: true }, afterMs: SLOW_MS },
};

export function createDemoVendor(): DemoVendor {
  let behaviour = WELL;
  const listeners = new Set<() => void>();
  const change = (next: DemoBehaviour): void => {
    behaviour = next;
    for (const listener of listeners) listener();
  };
  return {
    behaviour: () => behaviour,
    behave(wanted) {
      const next = readBehaviour(wanted);
      if (next !== null) change(next);
      return next !== null;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    take() {
      const { answer, left } = behaviour;
      if (answer !== "well") change(left > 1 ? { answer, left: left - 1 } : WELL);
      return ANSWERS[answer];
    },
  };
}

function readBehaviour(wanted: unknown): DemoBehaviour | null {
  if (typeof wanted !== "object" || wanted === null) return null;
  const { answer, left = 1 } = wanted as { answer?: unknown; left?: unknown };
  if (answer === "well") return WELL;
  if (answer !== "fail" && answer !== "refuse" && answer !== "slow") return null;
  if (typeof left !== "number" || !Number.isInteger(left) || left < 1 || left > MOST_LEFT) return null;
  return { answer, left };
}
