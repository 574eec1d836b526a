/** Waiting for something that another process does; fails with words when it does not come. */

/** Asks every 20 ms until the answer is neither null, undefined nor false. */
export async function until<T>(
  timeoutMs: number,
  ask: () => T | Promise<T>,
  what: () => string = () => ask.toString(),
): Promise<Exclude<T, null | undefined | false>> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false)
      return answer as Exclude<T, null | undefined | false>;
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms for: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
