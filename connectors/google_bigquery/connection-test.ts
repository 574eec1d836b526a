/** The connection test: reads the table, which changes nothing, and holds its columns against those that rows have. */
import type { ConnectionTest, ConnectionTestResult, VendorResponse } from "@datafly-signal/core";
import { type ApiError, apiError, apiRequest, isLimited, missingPart, saidBy, tableUrl } from "./api.ts";
import { fieldsOf, listed, missingColumns, type WantedTable } from "./table.ts";

type Failed = Extract<ConnectionTestResult, { ok: false }>;

export function connectionTest(wanted: WantedTable): ConnectionTest {
  return {
    request: ({ token }) => apiRequest({ method: "GET", url: tableUrl(wanted.place) }, token),
    read(response) {
      if (response.status >= 200 && response.status <= 299) return foundTable(wanted, response);
      return failed(wanted, apiError(response, 0));
    },
  };
}

function foundTable({ place, columns, adds }: WantedTable, response: VendorResponse): ConnectionTestResult {
  const there = `The table ${place.dataset}.${place.table} is there`;
  const fields = fieldsOf(response);
  if (fields === null) return { ok: true, message: `${there}. Its columns are too many to be looked at.` };
  const missing = missingColumns(columns, fields);
  if (missing.length === 0) return { ok: true, message: `${there} and has all columns.` };
  if (adds)
    return { ok: true, message: `${there}. Columns that it lacks are added with the first rows: ${listed(missing)}.` };
  return {
    ok: false,
    kind: "unknown",
    field: "add_columns",
    message: `${there}, but rows with these columns would be refused: ${listed(missing)}. Add them, or set add_columns to yes.`,
  };
}

function failed({ place, creates }: WantedTable, error: ApiError): ConnectionTestResult {
  const { status, message } = error;
  const said = saidBy(error);
  const fault = (kind: Failed["kind"], text: string, field?: string): Failed => ({
    ok: false,
    kind,
    ...(field !== undefined && { field }),
    message: `${text}${said}`,
  });
  if (isLimited(error)) return fault("limited", `A limit of BigQuery was met (${status}). Try again in a minute.`);
  if (status === 401) {
    return fault("credentials", "Google refused the token (401). Check service_account_json.", "service_account_json");
  }
  if (status === 403) {
    const cure =
      "Grant it the role BigQuery Data Editor on the dataset, and see that the project has the BigQuery API on.";
    return fault("permission", `The service account may not read the table (403). ${cure}`, "service_account_json");
  }
  if (status === 404 && missingPart(error) === "table") return missingTable({ place, creates }, said);
  if (status === 404) {
    const part = missingPart(error);
    return fault("not_found", `There is no such ${part} (404). Check ${part}_id.`, `${part}_id`);
  }
  if (status === 400 && /project/i.test(message)) {
    return fault("not_found", "BigQuery does not know the project (400). Check project_id.", "project_id");
  }
  if (status === 408 || status >= 500)
    return fault("unavailable", `BigQuery cannot answer now (${status}). Try again later.`);
  return fault("unknown", `BigQuery answered ${status}, which tells nothing of the settings.`);
}

/** It says that the dataset is there: of a missing one BigQuery speaks otherwise. */
function missingTable({ place, creates }: Pick<WantedTable, "place" | "creates">, said: string): ConnectionTestResult {
  if (creates) {
    const message = `The credentials are good. There is no table ${place.dataset}.${place.table} yet: it is made with the first rows.`;
    return { ok: true, message };
  }
  return {
    ok: false,
    kind: "not_found",
    field: "table_id",
    message: `There is no table ${place.table} (404). Make it, or set create_table to yes.${said}`,
  };
}
