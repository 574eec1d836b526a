/** `npm run bench`: the hot paths, each beside a floor of the same run. `-- --quick` runs a tenth; names select parts. */
import { parseArgs } from "node:util";
import { benchAccept } from "./accept.ts";
import { benchConnectors } from "./connectors.ts";
import { benchDelivery } from "./delivery.ts";
import { benchLatency } from "./latency.ts";
import { benchMapping } from "./mapping.ts";
import type { Row } from "./row.ts";

const PARTS = {
  mapping: benchMapping,
  accept: benchAccept,
  delivery: benchDelivery,
  connectors: benchConnectors,
  latency: benchLatency,
} as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean" }, json: { type: "boolean" } },
});
const scale = values.quick === true ? 0.1 : 1;
const rows: Row[] = [];
for (const [name, run] of Object.entries(PARTS)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const made = await run(scale);
  rows.push(...made);
  if (values.json !== true) for (const row of made) process.stdout.write(`${describe(row)}\n`);
}
if (values.json === true) process.stdout.write(`${JSON.stringify(rows)}\n`);

function describe(row: Row): string {
  const number = row.value >= 100 ? Math.round(row.value).toLocaleString("en") : row.value.toFixed(1);
  const ratio =
    row.floor === undefined
      ? ""
      : `   ${(row.value / row.floor).toFixed(2)} of ${row.floorName} (${Math.round(row.floor).toLocaleString("en")})`;
  return `${row.what.padEnd(52)} ${number.padStart(9)} ${row.unit}${ratio}${row.note === undefined ? "" : `   ${row.note}`}`;
}
