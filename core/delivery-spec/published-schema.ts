/** `docs/delivery-spec.schema.json`: the schema of delivery specs, for editors. */
import type { JsonObject } from "../json.ts";
import { DeliverySpecSchema } from "./spec-schema.ts";

/** As plain JSON Schema (draft 2020-12). */
export function publishedDeliverySpecSchema(): JsonObject {
  const body = JSON.parse(JSON.stringify(DeliverySpecSchema)) as JsonObject;
  return { $schema: "https://json-schema.org/draft/2020-12/schema", ...body };
}
