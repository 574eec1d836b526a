/** Bodies that are wrong in one place each, for proving that a simulator answers whatever it gets. */

const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e300,
  "",
  "x",
  "\u0000",
  [],
  [null],
  [[]],
  {},
  { a: null },
];

/** The value with one part after the other (itself too) replaced by each odd value, or left out. */
export function* mutations(value: unknown): Generator<unknown> {
  yield* ODD_VALUES;
  if (Array.isArray(value)) {
    for (const [index, inner] of (value as unknown[]).entries()) {
      for (const changed of mutations(inner)) yield value.with(index, changed);
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      yield Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
      for (const changed of mutations(inner)) yield { ...value, [key]: changed };
    }
  }
}
