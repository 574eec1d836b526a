/** Lists that the builder offers while someone types. */
import Type from "typebox";
import { limitOf, mapPage, type Page, page, type PagingQuery, readCursor } from "../http/paging.ts";
import { type Fault, isFault } from "../http/route.ts";
import { TAG } from "./mapping-services.ts";

/** What the routes that read have in common. */
export const READ = { method: "GET", tag: TAG, access: "integrations:read" } as const;

export const search = Type.Optional(Type.String({ maxLength: 200, description: "What someone has typed so far." }));

/** Whether a text holds what was typed, in lower case. */
export const holds = (text: string, wanted: string): boolean => text.toLowerCase().includes(wanted);

/** Only a new version of the product changes these lists: a page begins at an index. */
export function pageAt<Row>(rows: readonly Row[], query: PagingQuery): Page<Row> | Fault {
  const begin = readCursor(query, Type.Integer({ minimum: 0 })) ?? 0;
  if (isFault(begin)) return begin;
  const limit = limitOf(query);
  const numbered = rows.slice(begin, begin + limit + 1).map((row, at) => ({ row, next: begin + at + 1 }));
  return mapPage(
    page(numbered, limit, ({ next }) => next),
    ({ row }) => row,
  );
}
