/** A dead letter as the command line shows it: each field once. */
import type { ShownDeadLetter } from "@datafly-signal/management-api";

/** `delivery` is null where it was too large to keep, or retention has taken it; `kept` tells which. */
export function shownLetter({ record, ...listed }: ShownDeadLetter): object {
  return {
    ...listed,
    responseExcerpt: record?.responseExcerpt ?? null,
    ...(record?.bytes === undefined ? {} : { bytes: record.bytes }),
    kept: record !== null,
    delivery: record?.delivery ?? null,
  };
}
