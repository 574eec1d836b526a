/** Writes `clients/management/api.ts` from the routes of the management API; the test beside it fails when the file differs. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describedDocument } from "@datafly-signal/management-api/openapi";
import { clientText } from "./client/client-text.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

export const CLIENT_TYPES = join(ROOT, "clients/management/api.ts");

/** Laid out as everything else is. */
export function renderClient(): string {
  const options = { input: clientText(describedDocument({ version: "" })), encoding: "utf8", cwd: ROOT } as const;
  return execFileSync(
    process.execPath,
    [join(ROOT, "node_modules/oxfmt/bin/oxfmt"), `--stdin-filepath=${CLIENT_TYPES}`],
    options,
  );
}

if (import.meta.main) writeFileSync(CLIENT_TYPES, renderClient());
