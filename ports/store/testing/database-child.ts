/** A process of its own that works on a database; `database-suite.test.ts` starts it and may kill it. */
import { writeSync } from "node:fs";
import { type Place, openPlace } from "./each-database.ts";

const [place = "", task = "", count = "0"] = process.argv.slice(2);
const database = await openPlace(JSON.parse(place) as Place);

/** Reads, then writes what it read plus one: alone in its transaction, or it would lose some. */
async function increment(): Promise<number> {
  return database.transaction(async (queries) => {
    const { number } = await queries.selectFrom("configuration").select("number").executeTakeFirstOrThrow();
    await queries
      .updateTable("configuration")
      .set({ number: number + 1 })
      .execute();
    return number + 1;
  });
}

if (task === "increment") for (let done = 0; done < Number(count); done += 1) await increment();
// Says each number once it is committed, and is killed some time.
while (task === "forever") writeSync(1, `${await increment()}\n`);
await database.close();
