/** The snippet of a pipeline: ready to be pasted. */
import { findPipeline, keptKeysOf } from "@datafly-signal/ports/store";
import Type from "typebox";
import { defineRoute, type Route } from "../http/route.ts";
import { NO_PIPELINE, noKey } from "./pipeline-changes.ts";
import { pipelineParams } from "./pipeline-requests.ts";
import { keyToUse } from "./pipeline-shape.ts";
import { snippetOf } from "./snippet.ts";

const PipelineSnippet = Type.Object(
  {
    pipeline_id: Type.String(),
    pipeline_key: Type.String(),
    script_url: Type.String({ description: "Where the gateway serves datafly.js." }),
    html: Type.String({ description: "For the head of every page." }),
    html_async: Type.String({
      description: "The same without holding up the page: calls that come before the script wait in a queue.",
    }),
    curl: Type.String({ description: "An event from a server, for a shell." }),
  },
  { additionalProperties: false, title: "PipelineSnippet" },
);

export function snippetRoutes({
  collectorOrigin,
}: {
  /** The gateway's origin as browsers reach it: `https://data.example.com`. */
  collectorOrigin(): string;
}): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/pipelines/{id}/snippet",
      operation: "getPipelineSnippet",
      tag: "Pipelines",
      summary: "Give the code for pages and servers",
      access: "pipelines:read",
      params: pipelineParams,
      answers: { 200: { description: "The snippet.", schema: PipelineSnippet } },
      errors: ["NOT_FOUND", "CONFLICT"],
      async handle({ params, queries, now }) {
        if ((await findPipeline(queries, params.id)) === undefined) return NO_PIPELINE;
        const key = keyToUse(await keptKeysOf(queries, [params.id]), now)?.key;
        if (key === undefined) return noKey(params.id);
        const snippet = snippetOf({ origin: collectorOrigin(), key });
        return { status: 200, body: { pipeline_id: params.id, pipeline_key: key, ...snippet } };
      },
    }),
  ];
}
