/** What BigQuery's answers mean (https://docs.cloud.google.com/bigquery/docs/error-messages), as far as data tells it. */
import type { ResponsesSpec } from "@datafly-signal/core";
import { LIMIT_REASONS } from "./api.ts";

const REASON = "body.error.errors[0].reason";
const ROW_REASON = "errors[0].reason";
const SAID = "{{item.errors[0].message?}}";

/** Errors of the service that pass by themselves. */
const PASSING = ["timeout", "backendError", "internalError", "jobInternalError", "tableUnavailable"];
const limits = [...LIMIT_REASONS];

export const RESPONSES: ResponsesSpec = {
  message: "body.error.message",
  bisect: [400],
  rules: [
    {
      status: 200,
      when: [{ path: "body.insertErrors", exists: true }],
      items: {
        path: "body.insertErrors",
        by: "index",
        key: "index",
        rules: [
          {
            when: [{ path: ROW_REASON, equals: "stopped" }],
            outcome: "retry",
            reason: "Another row of the request was refused, and this one with it (stopped).",
          },
          {
            when: [{ path: ROW_REASON, in: PASSING }],
            outcome: "retry",
            reason: "BigQuery could not write the row ({{item.errors[0].reason}}).",
          },
          {
            when: [{ path: ROW_REASON, in: limits }],
            outcome: "throttle",
            reason: "A limit of BigQuery was met ({{item.errors[0].reason}}).",
          },
          {
            when: [{ path: "errors[0].location", matches: "." }],
            outcome: "reject",
            reason: `BigQuery refused the row for its column {{item.errors[0].location}}: ${SAID}`,
          },
          { outcome: "reject", reason: `BigQuery refused the row: ${SAID}` },
        ],
      },
    },
    {
      status: 403,
      when: [{ path: REASON, in: limits }],
      outcome: "throttle",
      reason: "A limit of BigQuery was met (403, {{body.error.errors[0].reason}}).",
    },
    {
      status: 403,
      when: [{ path: "body.error.message", matches: "(?i)free tier|billing" }],
      outcome: "misconfigured",
      reason:
        "BigQuery streams into projects with billing only (403). Switch billing on. It said: {{body.error.message}}",
    },
    {
      status: 403,
      outcome: "misconfigured",
      reason:
        "The service account may not write rows (403). Grant it the role BigQuery Data Editor on the dataset. It said: " +
        "{{body.error.message?}}",
    },
    {
      status: 400,
      when: [{ path: "body.error.message", matches: "(?i)payload size|request (size|is) too large|too large" }],
      outcome: "reject",
      reason: "The request is too large for BigQuery (400). It said: {{body.error.message}}",
      bisect: true,
    },
    {
      status: 400,
      when: [
        {
          path: "body.error.message",
          matches: "(?i)not allowed for this operation|cannot (add|stream|insert) rows|invalid project",
        },
      ],
      outcome: "misconfigured",
      reason: "BigQuery takes no rows there (400). Check project_id and table_id. It said: {{body.error.message}}",
      field: "table_id",
    },
  ],
};
