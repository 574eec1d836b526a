/** Credentials that stand where values are kept and shown in clear. */
import type { Connector } from "../connector/contract.ts";
import type { Given, SettingsInput } from "./given-settings.ts";
import { addWarning, scalarsOf, type ReadContext, type Spot } from "./read-context.ts";

/** What is called so holds a secret, whatever else is said of it. */
export const TELLTALE_NAME = /SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIAL|PRIVATE|API_?KEY/i;

/** Whatever is no secret field is kept and shown in clear: say so where a credential seems to be in one. */
export function warnOfClearSecrets(
  context: ReadContext,
  input: SettingsInput,
  given: ReadonlyMap<string, Given>,
): void {
  const secret = [...given.values()].filter(
    (one) => one.home === "secrets" || isSecretField(input.connector, one.spot),
  );
  const ofSecrets = new Set(secret.flatMap((one) => (one.node.kind === "scalar" ? one.node.variables : [])));
  const clear = [...given.values()]
    .filter((one) => !secret.includes(one))
    .map((one) => ({ node: one.node, path: one.spot.path, source: one.spot.source }));
  const spec = input.integration.entries.get("delivery_spec");
  if (spec !== undefined)
    clear.push({ node: spec.node, path: [...input.path, "delivery_spec"], source: context.source });
  for (const [key, entry] of input.mapping?.root.entries ?? []) {
    if (key !== "parameters" && input.mapping !== undefined) {
      clear.push({ node: entry.node, path: [...input.mapping.path, key], source: input.mapping.source });
    }
  }
  for (const { node, path, source } of clear) {
    for (const scalar of scalarsOf(node, path)) {
      const name = scalar.node.variables.find((variable) => ofSecrets.has(variable) || TELLTALE_NAME.test(variable));
      if (name === undefined) continue;
      const spot = { source, offset: scalar.node.offset, path: scalar.path };
      addWarning(
        context,
        spot,
        `\${${name}} stands where values are kept and shown in clear`,
        "Use a secret setting of the vendor, if it has one for this.",
      );
    }
  }
}

function isSecretField(connector: Connector, spot: Spot): boolean {
  const key = spot.path.at(-1);
  return connector.config_fields.some((field) => field.key === key && field.type === "secret");
}
