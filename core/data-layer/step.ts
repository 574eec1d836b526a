/** What the steps of the data layer have in common: each looks at one event, may change it, and says whether it goes on. */
import type { EventRejection, FilterReason } from "../delivery/reasons.ts";
import type { EventInput, SignalEvent } from "../event/event.ts";

/** An event on its way through the steps, which change `event` in place. */
export interface LayeredEvent {
  event: SignalEvent;
  pipelineId: string;
  /** Events of a `server` pipeline come by a server's key. */
  pipelineType: "web" | "app" | "server";
  /** The request came from a page. */
  browser: boolean;
  input: EventInput;
  /** When the event was appended to `raw-events`, epoch milliseconds: processed again, it is the same. */
  time: number;
}

/** Null goes on. A drop is counted for every lane; a rejection sets the event aside on `dlq-events`. */
export type StepVerdict = null | { drop: FilterReason } | { reject: EventRejection; details: string };

/** One step, compiled from its part of the configuration. It throws for no event. */
export type DataLayerStep = (subject: LayeredEvent) => StepVerdict;

/** A fault of a step's configuration that its schema does not see: where below the step's section, what, and the cure. */
export interface StepFault {
  path: readonly (string | number)[];
  message: string;
  cure: string;
}

/** What a visitor's step makes of an event. */
export interface VisitorVerdict {
  /** The state after the event; left out when it stays as it was. */
  state?: Uint8Array;
  /** Events that this one causes, to go before it; their ids are derived from its own. */
  before?: readonly SignalEvent[];
}

/** A step that remembers something of each visitor from event to event. It throws for no event. */
export interface VisitorStep {
  /** Where the state is kept; null when the event has no visitor that the step knows. The same for the events it causes. */
  key(subject: LayeredEvent): string | null;
  /** May change the event in place. `state` is what was kept after the visitor's event before. */
  run(subject: LayeredEvent, state: Uint8Array | undefined): VisitorVerdict;
}
