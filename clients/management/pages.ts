/** Lists, item by item: the pages are asked for as they are needed. */
import { ManagementCallError, type Result } from "./result.ts";

export interface Page<Item> {
  data: Item[];
  next_cursor: string | null;
  has_more: boolean;
}

/** A call that answers a page. */
type List = (input: never) => Promise<Result<Page<unknown>>>;
type InputOf<Call extends List> = NonNullable<Parameters<Call>[0]>;
type ItemOf<Call extends List> = Awaited<ReturnType<Call>> extends Result<Page<infer Item>> ? Item : never;

/**
 * `for await (const pipeline of each(client.listPipelines, { query: { search: "shop" } })) …`
 * @throws {ManagementCallError} when a page is refused
 */
export async function* each<Call extends List>(
  list: Call,
  input: InputOf<Call>,
): AsyncGenerator<ItemOf<Call>, void, void> {
  const first: { query?: object } = input;
  let next: object | null = first;
  while (next !== null) {
    // The types are the call's own, seen from outside; inside, a list is a list.
    const result = (await list(next as never)) as Result<Page<ItemOf<Call>>>;
    if (!result.ok) throw new ManagementCallError(result.error, result.status);
    yield* result.data.data;
    const cursor = result.data.next_cursor;
    next = cursor === null ? null : { ...first, query: { ...first.query, cursor } };
  }
}
