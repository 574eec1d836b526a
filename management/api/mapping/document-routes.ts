/** Mappings as documents: checked, measured against a vendor's fields, converted. */
import Type from "typebox";
import { defineRoute, isFault, type Route } from "../http/route.ts";
import {
  anyObject,
  Fault,
  MappingSource,
  nullable,
  PipelineId,
  SectionCoverage,
  shownFaults,
  strict,
  TEXT_BODY_LIMIT,
  VendorKey,
  Version,
} from "./mapping-shapes.ts";
import { type MappingServices, namedPipeline, namedVendor, refused, TAG, worked } from "./mapping-services.ts";

export function documentRoutes(services: MappingServices): Route[] {
  return [validateRoute(services), coverageRoute(services), convertRoute(services)];
}

function validateRoute(services: MappingServices): Route {
  return defineRoute({
    method: "POST",
    path: "/mapping/validate",
    operation: "validateMapping",
    tag: TAG,
    summary: "Check a mapping: every fault at once, with its place in the text",
    description: "Also a text that cannot be read at all is answered with 200 and its fault. Nothing is stored.",
    access: "integrations:read",
    bodyLimit: TEXT_BODY_LIMIT,
    body: strict({
      mapping: MappingSource,
      vendor: Type.Optional(VendorKey),
      pipeline_id: Type.Optional(PipelineId),
    }),
    answers: {
      200: {
        description: "What was found.",
        schema: strict({
          valid: Type.Boolean(),
          version: Version,
          ...shownFaults,
          warnings: Type.Array(Fault, { description: "Likely slips that are no faults; the first 200." }),
          pipeline_parameters: Type.Array(Type.String(), {
            description: "Names of the pipeline parameters that it uses; empty where it has faults.",
          }),
        }),
      },
    },
    errors: ["VALIDATION_FAILED"],
    async handle({ body: { mapping, vendor: key, pipeline_id }, caller, queries }) {
      const vendor = namedVendor(services, key);
      if (isFault(vendor)) return vendor;
      const pipeline = await namedPipeline({ queries, caller }, pipeline_id);
      if (isFault(pipeline)) return pipeline;
      const known = vendor && { name: vendor.name, config_fields: vendor.config_fields, variants: vendor.variants };
      const input = { mapping, ...(known && { vendor: known }), ...(pipeline && { pipeline }) };
      const result = await worked(services, "validate", { input, caller });
      return isFault(result) ? result : { status: 200, body: result.output };
    },
  });
}

function coverageRoute(services: MappingServices): Route {
  return defineRoute({
    method: "POST",
    path: "/mapping/coverage",
    operation: "measureMapping",
    tag: TAG,
    summary: "Count how many of a vendor's fields each section of a mapping fills",
    description:
      "By its rows, without an event: a row that writes a whole object counts for all its fields. A mapping of version 1 has no sections.",
    access: "integrations:read",
    bodyLimit: TEXT_BODY_LIMIT,
    body: strict({ mapping: MappingSource, vendor: VendorKey }),
    answers: {
      200: {
        description: "The sections in their order.",
        schema: strict({
          valid: Type.Boolean({ description: "Whether the mapping is without faults; they may make counts wrong." }),
          version: Version,
          ...shownFaults,
          sections: Type.Array(SectionCoverage),
        }),
      },
    },
    errors: ["VALIDATION_FAILED"],
    async handle({ body: { mapping, vendor: key }, caller }) {
      const vendor = namedVendor(services, key);
      if (isFault(vendor)) return vendor;
      const schema = vendor?.schema;
      if (schema === undefined) return refused("vendor", `${vendor?.name ?? key} has no list of fields to count.`);
      const result = await worked(services, "coverage", { input: { mapping, schema }, caller });
      return isFault(result) ? result : { status: 200, body: result.output };
    },
  });
}

const Note = strict({
  step: nullable(Type.Integer({ description: "The step's index, from 0; null for the whole." })),
  kind: Type.Enum(["not_converted", "differs"], {
    description: "Whether version 2 goes without it, or has it with another behaviour on some events.",
  }),
  what: Type.String({ description: "The field or key of the step." }),
  why: Type.String(),
});

function convertRoute(services: MappingServices): Route {
  return defineRoute({
    method: "POST",
    path: "/mapping/convert",
    operation: "convertMapping",
    tag: TAG,
    summary: "Convert a mapping of version 1 into version 2",
    description: "Where there are no notes, it makes the same payload of every event. Nothing is stored.",
    access: "integrations:read",
    bodyLimit: TEXT_BODY_LIMIT,
    body: strict({ mapping: MappingSource }),
    answers: {
      200: {
        description: "The mapping, or the faults that keep it from being converted.",
        schema: strict({
          mapping: nullable(anyObject("The mapping of version 2 as plain data.")),
          text: nullable(
            Type.String({ description: "The same as YAML, with name, description and notes as comments." }),
          ),
          notes: Type.Array(Note),
          ...shownFaults,
        }),
      },
    },
    errors: ["VALIDATION_FAILED"],
    async handle({ body: { mapping }, caller }) {
      const result = await worked(services, "convert", { input: { mapping }, caller });
      return isFault(result) ? result : { status: 200, body: result.output };
    },
  });
}
