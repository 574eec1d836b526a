/** What a preview hears of a step: its fields, and the value of each after every step it took. */
import { type MappingListener } from "../run.ts";
import { type Value } from "../transforms/definition.ts";

/** Hears the value after each step of a field. */
export type RecordStep = ((name: string, value: Value) => void) | undefined;

/** Follows a step: which field is at work, and what it made. */
export class Trace {
  /** The field at work. */
  place: string;
  private readonly rows: { place: string; target: string; steps: [string, Value][] }[] | undefined;

  constructor(place: string, traced: boolean) {
    this.place = place;
    this.rows = traced ? [] : undefined;
  }

  /** A field begins; what it records follows. */
  row(place: string, target: string): RecordStep {
    this.place = place;
    if (!this.rows) return undefined;
    const steps: [string, Value][] = [];
    this.rows.push({ place, target, steps });
    return (name, value) => void steps.push([name, value]);
  }

  tell(listener: MappingListener): void {
    for (const { place, target, steps } of this.rows ?? []) {
      listener.row(place, target);
      for (const [name, value] of steps) listener.step(name, value);
    }
  }
}
