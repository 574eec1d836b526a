/** Makes the table where there is none, and adds the columns that it lacks: steps of a preparation. */
import { createHash } from "node:crypto";
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type PreparationFailure,
  type PreparationPlan,
  type PreparationStep,
  type VendorRequest,
  type VendorResponse,
} from "@datafly-signal/core";
import {
  type ApiError,
  apiError,
  apiRequest,
  isLimited,
  missingPart,
  objectIn,
  saidBy,
  tablesUrl,
  tableUrl,
} from "./api.ts";
import type { TablePlace } from "./api.ts";
import { type Column, sameName } from "./columns.ts";

export interface WantedTable {
  place: TablePlace;
  columns: readonly Column[];
  /** Whether it is made where there is none. */
  creates: boolean;
  /** Whether columns that it lacks are added. */
  adds: boolean;
  /** Tells service accounts apart; kept as a digest only. */
  account: string;
}

export function tablePreparation(wanted: WantedTable): PreparationPlan {
  const { account, ...rest } = wanted;
  return {
    key: createHash("sha256")
      .update(JSON.stringify([rest, account]))
      .digest("hex"),
    next(answers, { now, token }) {
      let request = look(wanted, token);
      for (const response of answers) {
        const step = after(wanted, { request, response, token, now });
        if (!("send" in step)) return step;
        request = step.send;
      }
      return { send: request };
    },
  };
}

/** The fields of a table's schema as the API gave them; null where they cannot be read. */
export function fieldsOf(response: VendorResponse): JsonObject[] | null {
  const table = objectIn(response);
  if (table === null) return null;
  const schema = table["schema"];
  const fields = isJsonObject(schema) ? (schema["fields"] ?? []) : [];
  return Array.isArray(fields) ? fields.filter(isJsonObject) : [];
}

export function missingColumns(columns: readonly Column[], fields: readonly JsonObject[]): Column[] {
  const there = new Set(fields.map(({ name }) => (typeof name === "string" ? sameName(name) : "")));
  return columns.filter(({ name }) => !there.has(sameName(name)));
}

interface Answered {
  request: VendorRequest;
  response: VendorResponse;
  token: string | undefined;
  now: number;
}

function look({ place }: WantedTable, token: string | undefined): VendorRequest {
  return apiRequest({ method: "GET", url: tableUrl(place) }, token);
}

/** What follows an answer; which question it answers, the request tells. */
function after(wanted: WantedTable, { request, response, token, now }: Answered): PreparationStep {
  const { method } = request;
  const { status } = response;
  const isDone = status >= 200 && status <= 299;
  if (method === "GET" && isDone) return afterLooking(wanted, response, token);
  if (isDone) return { ready: true };
  const error = apiError(response, now);
  const isMissing = status === 404 && missingPart(error) === "table";
  if (method === "GET" && isMissing && wanted.creates) return { send: creation(wanted, token) };
  // Somebody else was faster, or changed it meanwhile.
  if ((method === "POST" && status === 409) || (method === "PATCH" && status === 412))
    return { send: look(wanted, token) };
  return failure(wanted, method, error);
}

function afterLooking(wanted: WantedTable, response: VendorResponse, token: string | undefined): PreparationStep {
  if (!wanted.adds) return { ready: true };
  const fields = fieldsOf(response);
  if (fields === null) {
    const reason =
      "The table's description is too large to be read: add the columns yourself, and set add_columns to no.";
    return { kind: "misconfigured", reason };
  }
  const missing = missingColumns(wanted.columns, fields);
  if (missing.length === 0) return { ready: true };
  // Rows that are there already have no value in them.
  const added = missing.map((column) => fieldFor(column.mode === "REQUIRED" ? { ...column, mode: undefined } : column));
  const etag = objectIn(response)?.["etag"];
  const url = tableUrl(wanted.place);
  const body: JsonObject = { schema: { fields: [...fields, ...added] } };
  return { send: apiRequest({ method: "PATCH", url, body, ...(typeof etag === "string" && { etag }) }, token) };
}

function creation({ place, columns }: WantedTable, token: string | undefined): VendorRequest {
  const body: JsonObject = {
    tableReference: { projectId: place.project, datasetId: place.dataset, tableId: place.table },
    description: "Events of Datafly Signal, a row each.",
    schema: { fields: columns.map(fieldFor) },
    timePartitioning: { type: "DAY", field: "timestamp" },
    clustering: { fields: ["type", "event"] },
  };
  return apiRequest({ method: "POST", url: tablesUrl(place), body }, token);
}

function fieldFor(column: Omit<Column, "mode"> & { mode?: Column["mode"] | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(column).filter(([, value]) => value !== undefined)) as JsonObject;
}

const DONE_BY: Readonly<Record<string, string>> = { GET: "looked at", POST: "made", PATCH: "changed" };

function failure({ place }: WantedTable, method: string, error: ApiError): PreparationFailure {
  const { status } = error;
  const said = saidBy(error);
  const what = `The table ${place.table} could not be ${DONE_BY[method] ?? "prepared"} (${status})`;
  if (status === 401) return { kind: "refresh", reason: `${what}: BigQuery refused the token.${said}` };
  if (isLimited(error))
    return { kind: "throttle", reason: `${what}: a limit of BigQuery was met.${said}`, ...error.wait };
  if (status === 408 || status >= 500) return { kind: "retry", reason: `${what}.${said}`, ...error.wait };
  return { kind: "misconfigured", reason: `${what}. ${cureFor(error, method)}${said}` };
}

function cureFor(error: ApiError, method: string): string {
  const { status } = error;
  if (status === 403) return "Grant the service account the role BigQuery Data Editor on the dataset.";
  if (status === 404 && method === "GET" && missingPart(error) === "table") {
    return "Make it, or set create_table to yes.";
  }
  if (status === 404) return "Check project_id and dataset_id: the dataset must be there.";
  return status === 400 ? "Check table_id and extra_columns." : "Check the settings.";
}

/** For messages: `a, b and 3 more`. */
export function listed(columns: readonly { name: JsonValue }[]): string {
  const names = columns.slice(0, 5).map(({ name }) => String(name));
  const more = columns.length - names.length;
  return more === 0 ? names.join(", ") : `${names.join(", ")} and ${more} more`;
}
