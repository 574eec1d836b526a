/** Many small exchanges at once, but not so many that the server sheds them. */
import assert from "node:assert/strict";

const AT_ONCE = 16;
const SHOWN = 12;

/** Works through all items, also after a failure, so that one run shows every fault of a table. */
export async function inGroups<T>(items: readonly T[], work: (item: T, index: number) => Promise<void>): Promise<void> {
  const failures: string[] = [];
  let next = 0;
  const one = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index];
      if (item !== undefined) await work(item, index).catch((error: unknown) => failures.push(String(error)));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  assert.equal(failures.length, 0, `${failures.length} of ${items.length}:\n${failures.slice(0, SHOWN).join("\n")}`);
}
