/** Installs a vendor: an integration with its first revision. */
import { type Connector, installedBlueprint } from "@datafly-signal/core";
import Type from "typebox";
import type { ConfigurationChanges } from "../configuration/configuration-changes.ts";
import { defineRoute, type FaultDetail, fault, isFault, type Route } from "../http/route.ts";
import { makeIntegration, NewIntegration, newIntegrationBody } from "../integrations/new-integration.ts";
import { findVendor, unknownWord, vendorParams } from "./catalogue-routes.ts";

interface InstallServices {
  changes: ConfigurationChanges;
  connectors: ReadonlyMap<string, Connector>;
}

const installBody = Type.Object(
  {
    ...newIntegrationBody,
    blueprint: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        description:
          "A blueprint of the vendor, which becomes the mapping; not together with mapping. Without either, the one that " +
          "is called as the variant, else the default one; mapping null sends events as they are.",
      }),
    ),
  },
  { additionalProperties: false },
);

export function installRoute({ changes, connectors }: InstallServices): Route {
  return defineRoute({
    method: "POST",
    path: "/integration-catalog/{key}/install",
    operation: "installIntegration",
    tag: "Integration catalogue",
    summary: "Install a vendor: makes an integration and its revision 1",
    description:
      "The variant's settings apply under the given config. Without consent_categories the vendor's own are taken. " +
      "Nothing is delivered before the integration is assigned to a pipeline.",
    access: "integrations:write",
    params: vendorParams,
    body: installBody,
    answers: { 201: { description: "The integration and its first revision.", schema: NewIntegration } },
    errors: ["NOT_FOUND", "VALIDATION_FAILED", "CONFLICT"],
    changes: true,
    async handle(call) {
      const connector = findVendor(connectors, call.params.key);
      if (isFault(connector)) return connector;
      const { blueprint: named, ...body } = call.body;
      const details = choiceFaults(connector, call.body);
      if (details.length > 0) return fault("VALIDATION_FAILED", undefined, details);
      const isMapped = body.mapping !== undefined;
      const blueprint = isMapped
        ? undefined
        : installedBlueprint(connector, { variant: body.variant, blueprint: named });
      const mapped = blueprint === undefined ? body : { ...body, mapping: blueprint.mapping };
      return makeIntegration(call, { changes, connector, body: mapped });
    },
  });
}

interface Choice {
  variant?: string;
  blueprint?: string;
  mapping?: unknown;
}

function choiceFaults(connector: Connector, { variant, blueprint, mapping }: Choice): FaultDetail[] {
  const details: FaultDetail[] = [];
  const variants = ["default", ...connector.variants.map(({ key }) => key)];
  if (variant !== undefined && !variants.includes(variant)) {
    const message = unknownWord(`${connector.name} has no variant "${variant}".`, variant, variants);
    details.push({ path: "variant", message });
  }
  if (blueprint === undefined) return details;
  const blueprints = (connector.blueprints ?? []).map(({ key }) => key);
  if (!blueprints.includes(blueprint)) {
    const message = unknownWord(`${connector.name} has no blueprint "${blueprint}".`, blueprint, blueprints);
    details.push({ path: "blueprint", message });
  } else if (mapping !== undefined && mapping !== null) {
    details.push({ path: "blueprint", message: "A blueprint is a mapping: give one of the two." });
  }
  return details;
}
