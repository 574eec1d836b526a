/** The fields of vendors' payloads. */
import { fieldsFor, type VendorField, type VendorSchema } from "@datafly-signal/core";
import Type from "typebox";
import { findVendor } from "../catalogue/catalogue-routes.ts";
import { mapPage, pageOf, pagingQuery } from "../http/paging.ts";
import { defineRoute, fault, isFault, type Route } from "../http/route.ts";
import { holds, pageAt, READ, search } from "./builder-lists.ts";
import { nullable, strict, VendorKey } from "./mapping-shapes.ts";
import type { MappingServices } from "./mapping-services.ts";

const VendorFieldShape = strict({
  path: Type.String({ description: "In the payload; [] is every item: custom_data.contents[].id." }),
  types: Type.Array(Type.Enum(["string", "number", "integer", "boolean", "object", "array", "any"])),
  required: Type.Unsafe<boolean | "conditional">(
    Type.Union([Type.Boolean(), Type.Literal("conditional")], {
      description: "conditional: in some cases, which the description names.",
    }),
  ),
  description: Type.String(),
  link: Type.Optional(Type.String({ description: "The vendor's page about it." })),
  enum: Type.Optional(Type.Array(Type.Union([Type.String(), Type.Number(), Type.Boolean()]))),
  event: nullable(Type.String({ description: "The vendor's event that has it so; null for all events." })),
});

const vendorFieldShown = ({ field, event }: { field: VendorField; event: string | null }) => {
  const { path, type, required, description, link, enum: values } = field;
  return {
    path,
    types: typeof type === "string" ? [type] : [...type],
    required,
    description,
    ...(link !== undefined && { link }),
    ...(values !== undefined && { enum: [...values] }),
    event,
  };
};

/** Of one event its fields; else all of them, with those of events behind. */
function vendorFields(schema: VendorSchema, event: string | undefined): { field: VendorField; event: string | null }[] {
  if (event !== undefined) {
    const own = new Set(
      Object.hasOwn(schema.events ?? {}, event) ? schema.events?.[event]?.map(({ path }) => path) : [],
    );
    return fieldsFor(schema, event).map((field) => ({ field, event: own.has(field.path) ? event : null }));
  }
  const ofEvents = Object.entries(schema.events ?? {}).flatMap(([name, fields]) =>
    fields.map((field) => ({ field, event: name })),
  );
  return [...schema.fields.map((field) => ({ field, event: null })), ...ofEvents];
}

export function vendorSchemaRoute({ connectors }: MappingServices): Route {
  return defineRoute({
    ...READ,
    path: "/mapping/schemas/vendors/{key}",
    operation: "listVendorFields",
    summary: "List the fields of a vendor's payload",
    params: strict({ key: VendorKey }),
    query: strict({
      ...pagingQuery,
      event: Type.Optional(
        Type.String({ minLength: 1, maxLength: 500, description: "The vendor's name of an event." }),
      ),
      search,
    }),
    answers: {
      200: {
        description: "A page of fields, in the vendor's order.",
        schema: strict({
          vendor: Type.String(),
          events: Type.Array(Type.String(), { description: "Events with fields of their own." }),
          ...pageOf(VendorFieldShape).properties,
        }),
      },
    },
    errors: ["NOT_FOUND", "VALIDATION_FAILED"],
    handle({ params, query }) {
      const connector = findVendor(connectors, params.key);
      if (isFault(connector)) return connector;
      const { schema, name, key } = connector;
      if (schema === undefined) return fault("NOT_FOUND", `${name} takes any fields: there is no list of them.`);
      const wanted = (query.search ?? "").trim().toLowerCase();
      const fields = vendorFields(schema, query.event).filter(
        ({ field }) => holds(field.path, wanted) || holds(field.description, wanted),
      );
      const shown = pageAt(fields, query);
      if (isFault(shown)) return shown;
      const body = { vendor: key, events: Object.keys(schema.events ?? {}), ...mapPage(shown, vendorFieldShown) };
      return { status: 200, body };
    },
  });
}
