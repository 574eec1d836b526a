/** `signal vendor list`: the catalogue. */
import { parseArgs } from "node:util";
import { loadConnectors } from "@datafly-signal/connectors";
import { catalogueEntryOf, matchesSearch } from "@datafly-signal/management-api/catalogue";
import { type Output, table } from "../output.ts";

export async function vendorList(args: string[], output: Output): Promise<number> {
  const { positionals } = parseArgs({ args, allowPositionals: true, options: { json: { type: "boolean" } } });
  const connectors = [...(await loadConnectors()).values()];
  const found = connectors.filter((connector) => matchesSearch(connector, positionals.join(" ")));
  output.json(
    found.map((connector) => {
      const { installed: _installed, ...entry } = catalogueEntryOf(connector, { installed: 0, hasLogo: false });
      return entry;
    }),
  );
  const rows = found.map(({ key, name, category, status, blueprints = [] }) => {
    const ready = blueprints.map((blueprint) => blueprint.key).join(", ");
    return [key, name, category, status, ready === "" ? "-" : ready];
  });
  output.line(table(["KEY", "NAME", "CATEGORY", "STATUS", "BLUEPRINTS"], rows));
  return 0;
}
