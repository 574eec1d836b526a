/** `fetch` that keeps everything that was answered, headers and body. */
import type { Place } from "./planted.ts";

export interface RecordedAnswers {
  fetch: typeof fetch;
  places: Place[];
  /** What the answers of `calls` show once, and may: by the names of the secrets. */
  showing<T>(secrets: readonly string[], calls: () => Promise<T>): Promise<T>;
}

export function recordAnswers(): RecordedAnswers {
  const places: Place[] = [];
  let shows: readonly string[] = [];
  return {
    places,
    async fetch(input, init) {
      const response = await fetch(input, init);
      const body = Buffer.from(await response.clone().arrayBuffer());
      const head = [...response.headers].map(([name, value]) => `${name}: ${value}\n`).join("");
      const name = `the answer to ${init?.method ?? "GET"} ${String(input)} (${response.status})`;
      places.push({ name, bytes: Buffer.concat([Buffer.from(head), body]), shows });
      return response;
    },
    async showing(secrets, calls) {
      shows = secrets;
      try {
        return await calls();
      } finally {
        shows = [];
      }
    },
  };
}
