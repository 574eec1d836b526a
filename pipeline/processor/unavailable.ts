/** Something that the work needs is not there now: wait and try again, the batch is not at fault. */
export class Unavailable extends Error {
  readonly what: "state" | "configuration";
  constructor(what: "state" | "configuration", cause: unknown) {
    super(what === "state" ? "The state store does not answer." : "The configuration cannot be used.", { cause });
    this.name = "Unavailable";
    this.what = what;
  }
}

/** Waits for what may be away, telling its failures from all others. @throws {Unavailable} */
export async function available<T>(what: Unavailable["what"], answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new Unavailable(what, error);
  }
}
