/** Secrets that a text leaves as they are, while it sends their integration to another host: they have to be set for it. */
import type { ApplyFault, ConfigurationState, Connector, ExportedSecret, SignalFile } from "@datafly-signal/core";
import { movedBy } from "../integrations/moved-secrets.ts";

type FileIntegration = SignalFile["integrations"][number];

/** @param kept the secrets that the text keeps, by the names of their variables; those of earlier revisions cannot move: a revision stays as it is */
export function movedKeptSecrets(
  before: ConfigurationState,
  integrations: readonly FileIntegration[],
  { kept, connectors }: { kept: ReadonlyMap<string, ExportedSecret>; connectors: ReadonlyMap<string, Connector> },
): ApplyFault[] {
  const faults: ApplyFault[] = [];
  for (const [name, { object, revision }] of kept) {
    const next = integrations.find(({ id }) => id === object);
    const base = before.integrations.find(({ id }) => id === object);
    const content = base?.revisions.at(-1)?.content;
    if (next === undefined || base === undefined || !content || revision !== undefined) continue;
    const by = next.vendor === base.vendor ? hostChange({ content, next, connectors }) : "vendor";
    if (by === undefined) continue;
    faults.push({
      ...next.place,
      kind: "invalid",
      message: `\${${name}} is kept, and would be sent to another host than before, by ${by}`,
      cure: `Set ${name} yourself.`,
    });
  }
  return faults;
}

type Content = Pick<FileIntegration["content"], "parameters" | "deliverySpec">;

function hostChange({
  content,
  next,
  connectors,
}: {
  content: Content;
  next: FileIntegration;
  connectors: ReadonlyMap<string, Connector>;
}): string | undefined {
  const settings = ({ parameters, deliverySpec }: Content) => ({
    config: parameters,
    ...(deliverySpec !== null && { delivery_spec: deliverySpec }),
  });
  const fields = connectors.get(next.vendor) ?? { config_fields: [] };
  return movedBy([settings(content), settings(next.content)], fields);
}
