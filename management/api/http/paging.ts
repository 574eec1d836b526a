/** Lists in pages: what asks for one, what answers, and the cursor between them. */
import Type, {
  type Static,
  type TArray,
  type TBoolean,
  type TNull,
  type TObject,
  type TSchema,
  type TString,
  type TUnion,
} from "typebox";
import { Value } from "typebox/value";
import { type Fault, fault } from "./route.ts";
import { textFaults } from "./text-faults.ts";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 100;
const CURSOR_VERSION = 1;

/** To be spread into a list's query schema. */
export const pagingQuery = {
  cursor: Type.Optional(
    Type.String({ minLength: 1, maxLength: 1024, description: "The `next_cursor` of the page before." }),
  ),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT, description: "How many at most." }),
  ),
};

export interface PagingQuery {
  cursor?: string;
  limit?: number;
}

/** How many rows the page has at most; one more is to be read, which tells whether there are more. */
export function limitOf({ limit }: PagingQuery): number {
  return limit ?? DEFAULT_LIMIT;
}

export interface Page<Row> {
  data: Row[];
  next_cursor: string | null;
  has_more: boolean;
}

/**
 * @param rows `limit` + 1 of them where there are more
 * @param keyOf what the list is sorted by, of the last row shown: small JSON, as `readCursor` gives it back
 */
export function page<Row>(rows: readonly Row[], limit: number, keyOf: (row: Row) => unknown): Page<Row> {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { data, next_cursor: hasMore ? cursorOf(keyOf(last)) : null, has_more: hasMore };
}

/** The same page with its rows as they are answered. */
export function mapPage<Row, Shown>({ data, ...rest }: Page<Row>, show: (row: Row) => Shown): Page<Shown> {
  return { data: data.map(show), ...rest };
}

/** The answer's schema. */
export function pageOf<Item extends TSchema>(
  item: Item,
): TObject<{ data: TArray<Item>; next_cursor: TUnion<[TString, TNull]>; has_more: TBoolean }> {
  return Type.Object(
    {
      data: Type.Array(item),
      next_cursor: Type.Union([Type.String(), Type.Null()], { description: "Of the next page; null on the last." }),
      has_more: Type.Boolean(),
    },
    { additionalProperties: false },
  );
}

/**
 * The sort key after which the page begins; null for the first page.
 * @param shape of the key, exactly; an object of texts and numbers
 */
export function readCursor<Shape extends TSchema>({ cursor }: PagingQuery, shape: Shape): Static<Shape> | null | Fault {
  if (cursor === undefined) return null;
  const content = parsed(cursor);
  if (Array.isArray(content) && content.length === 2 && content[0] === CURSOR_VERSION) {
    const key: unknown = content[1];
    if (Value.Check(shape, key) && isStorable(key)) return key as Static<Shape>;
  }
  const message = "is no cursor of this list: take next_cursor of the page before as it is, or leave it out";
  return fault("VALIDATION_FAILED", undefined, [{ path: "query.cursor", message }]);
}

/** Whether a database takes it as a parameter. */
function isStorable(key: unknown): boolean {
  const parts: unknown[] = typeof key === "object" && key !== null ? Object.values(key) : [key];
  const areNumbersExact = parts.every((part) => typeof part !== "number" || Math.abs(part) <= Number.MAX_SAFE_INTEGER);
  return areNumbersExact && textFaults(key).length === 0;
}

function cursorOf(key: unknown): string {
  return Buffer.from(JSON.stringify([CURSOR_VERSION, key]), "utf8").toString("base64url");
}

function parsed(cursor: string): unknown {
  const bytes = Buffer.from(cursor, "base64url");
  // Decoding skips what is no base64: only what encodes to the same text was made here.
  if (bytes.toString("base64url") !== cursor) return null;
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return null;
  }
}
