/** Routes of every kind, for the tests of the document and of the page. */
import Type from "typebox";
import { pageOf, pagingQuery } from "../http/paging.ts";
import { defineRoute, fault, type Route } from "../http/route.ts";

const shelf = Type.Object(
  {
    id: Type.String({ description: "`shl_…`" }),
    name: Type.String(),
    labels: Type.Array(Type.String()),
    owner: Type.Union([
      Type.Object({ email: Type.String({ format: "email" }) }, { additionalProperties: false }),
      Type.Null(),
    ]),
    parameters: Type.Record(Type.String(), Type.String(), { description: "By name." }),
    kind: Type.Union([Type.Literal("wall"), Type.Literal("floor")]),
    version: Type.Integer({ minimum: 1 }),
    created_at: Type.String({ format: "date-time" }),
  },
  { additionalProperties: false },
);
const id = Type.Object({ id: Type.String({ pattern: "^shl_", maxLength: 64, description: "Of the shelf." }) });
const content = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100, examples: ["Winter <coats> & 'hats'"] }),
    kind: Type.Optional(Type.Union([Type.Literal("wall"), Type.Literal("floor")], { default: "wall" })),
    labels: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 10, uniqueItems: true })),
    place: Type.Optional(
      Type.Object(
        {
          room: Type.String({ description: "As on the `plan`." }),
          height: Type.Optional(Type.Number({ minimum: 0, maximum: 3 })),
          books: Type.Optional(Type.Array(Type.Object({ title: Type.String() }, { title: "book" }), { maxItems: 100 })),
        },
        { additionalProperties: false, description: "Where it hangs." },
      ),
    ),
    parameters: Type.Optional(
      Type.Record(Type.String({ pattern: "^[a-z]+$" }), Type.Union([Type.String(), Type.Null()])),
    ),
  },
  { additionalProperties: false },
);

export function sampleRoutes(): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/shelves",
      operation: "listShelves",
      tag: "Shelves",
      summary: "List shelves",
      access: "pipelines:read",
      query: Type.Object(
        { ...pagingQuery, search: Type.Optional(Type.String({ maxLength: 100 })) },
        { additionalProperties: false },
      ),
      answers: { 200: { description: "A page of shelves", schema: pageOf(shelf) } },
      errors: [],
      handle: () => ({ status: 200, body: { data: [], next_cursor: null, has_more: false } }),
    }),
    defineRoute({
      method: "POST",
      path: "/shelves",
      operation: "createShelf",
      tag: "Shelves",
      summary: "Create a shelf",
      description: "It hangs at once, with `labels` in the order given.",
      access: "pipelines:create",
      body: content,
      answers: { 201: { description: "The shelf", schema: shelf } },
      errors: ["CONFLICT", "MANAGED_BY_FILE"],
      changes: true,
      handle: () => fault("CONFLICT"),
    }),
    defineRoute({
      method: "GET",
      path: "/shelves/{id}",
      operation: "getShelf",
      tag: "Shelves",
      summary: "Get a shelf",
      access: "pipelines:read",
      params: id,
      answers: { 200: { description: "The shelf", schema: shelf } },
      errors: [],
      handle: () => fault("NOT_FOUND"),
    }),
    defineRoute({
      method: "DELETE",
      path: "/shelves/{id}",
      operation: "deleteShelf",
      tag: "Shelves",
      summary: "Delete a shelf",
      access: "signed_in",
      params: id,
      answers: { 204: { description: "It is gone", schema: null } },
      errors: ["IN_USE"],
      changes: true,
      handle: () => ({ status: 204 }),
    }),
    defineRoute({
      method: "POST",
      path: "/door/open",
      operation: "openDoor",
      tag: "Doors",
      summary: "Open the door",
      access: "public",
      answers: { 200: { description: "Open or not", schema: Type.Object({ is_open: Type.Boolean() }) } },
      errors: ["INVALID_CREDENTIALS", "ACCOUNT_LOCKED"],
      handle: () => ({ status: 200, body: { is_open: true } }),
    }),
  ];
}
