import assert from "node:assert/strict";
import { test } from "node:test";
import {
  builtInFile,
  type ConfigurationState,
  emptyConfiguration,
  type IntegrationState,
  type Owner,
} from "@datafly-signal/core";
import { builtInChange, hasFileObjects } from "./built-in.ts";

const DEMO = { receiveUrl: "http://127.0.0.1:8084/demo/receive", domainAllowlist: [] };
const KEY = "dk_test_0123456789abcdef";
const WHOLE = builtInFile(KEY, DEMO);
const [PIPELINE] = WHOLE.pipelines;
const [RECEIVER] = WHOLE.integrations;
const [LANE] = PIPELINE?.assignments ?? [];
const KEPT = { version: 1, createdAt: 1, updatedAt: 1 };

interface Given {
  pipeline?: Owner;
  receiver?: Owner | "deleted";
  lane?: Owner;
  layer?: Owner;
  /** The data layer that somebody else made. */
  hasLayer?: boolean;
  /** A pipeline of the API's beside. */
  other?: Owner;
}

function stateOf({
  pipeline,
  receiver,
  lane,
  layer = null,
  hasLayer = layer !== null,
  other,
}: Given): ConfigurationState {
  const state = emptyConfiguration({ id: "org_1", name: "Shop", now: 1 });
  const common = {
    slug: "x",
    type: "web" as const,
    enabled: true,
    keys: [],
    domainAllowlist: [],
    labels: [],
    rateLimitRps: 1,
    parameters: {},
    secretParameters: {},
  };
  const integration = (owner: Owner, deletedAt: number | null): IntegrationState => ({
    ...{ ...KEPT, id: RECEIVER?.id ?? "", owner, deletedAt, name: "Demo receiver", vendor: "webhook", vendorName: "" },
    ...{ description: "", variant: "default", custom: false, revisions: [] },
  });
  return {
    ...state,
    pipelines: [
      ...(pipeline === undefined
        ? []
        : [{ ...KEPT, ...common, id: PIPELINE?.id ?? "", name: "My site", owner: pipeline }]),
      ...(other === undefined ? [] : [{ ...KEPT, ...common, id: "pip_other", name: "Other", owner: other }]),
    ],
    integrations:
      receiver === undefined ? [] : [receiver === "deleted" ? integration(null, 5) : integration(receiver, null)],
    lanes:
      lane === undefined
        ? []
        : [
            {
              ...KEPT,
              id: LANE?.id ?? "",
              pipelineId: PIPELINE?.id ?? "",
              integrationId: RECEIVER?.id ?? "",
              revision: null,
              enabled: true,
              owner: lane,
            },
          ],
    dataLayer: { ...state.dataLayer, owner: layer, config: hasLayer ? {} : null },
  };
}

type Brought = { pipeline: boolean; receiver: boolean; lane: boolean; layer: boolean; whole: boolean } | null;
const all = { pipeline: true, receiver: true, lane: true, layer: true, whole: true };
const none = { pipeline: false, receiver: false, lane: false, layer: false };
const demo: Given = { pipeline: "demo", receiver: "demo", lane: "demo", layer: "demo" };

const TABLE: [what: string, given: Given, developing: Brought, producing: Brought][] = [
  ["nothing", {}, all, { ...none, pipeline: true, whole: true }],
  [
    "nothing but a data layer of somebody's own",
    { hasLayer: true },
    { ...all, layer: false },
    { ...none, pipeline: true, whole: true },
  ],
  ["the demo as it was made", demo, all, { ...none, pipeline: true, whole: true }],
  ["the pipeline alone, of a production start", { pipeline: "demo" }, all, { ...none, pipeline: true, whole: true }],
  [
    "the demo whose receiver was deleted",
    { pipeline: "demo", receiver: "deleted" },
    all,
    { ...none, pipeline: true, whole: true },
  ],
  [
    "a demo whose assignment was taken away",
    { pipeline: "demo", receiver: "demo", layer: "demo" },
    { ...all, lane: false },
    { ...none, pipeline: true, whole: true },
  ],
  [
    "a demo whose assignment was changed",
    { ...demo, lane: null },
    { ...all, lane: false },
    { ...none, pipeline: true, whole: true },
  ],
  [
    "a demo whose data layer was changed",
    { ...demo, layer: null, hasLayer: true },
    { ...all, layer: false },
    { ...none, pipeline: true, whole: true },
  ],
  [
    "a demo whose data layer was taken away",
    { ...demo, layer: null },
    { ...all, layer: false },
    { ...none, pipeline: true, whole: true },
  ],
  [
    "a demo beside what somebody made",
    { ...demo, other: null },
    { ...all, whole: false },
    { ...none, pipeline: true, whole: true },
  ],
  [
    "a demo beside it, without its receiver",
    { pipeline: "demo", receiver: "deleted", other: null },
    { ...none, pipeline: true, whole: false },
    { ...none, pipeline: true, whole: true },
  ],
  [
    "a demo whose pipeline was changed",
    { ...demo, pipeline: null },
    { ...none, receiver: true, layer: true, whole: false },
    { ...none, whole: true },
  ],
  [
    "a demo whose pipeline was deleted, beside what somebody made",
    { receiver: "demo", layer: "demo", other: null },
    { ...none, receiver: true, layer: true, whole: false },
    { ...none, whole: true },
  ],
  ["what somebody made alone", { other: null }, null, null],
  ["a pipeline that somebody made of the demo's, alone", { pipeline: null, receiver: "deleted" }, null, null],
];
for (const [what, given, developing, producing] of TABLE) {
  for (const [words, settings, expected] of [
    ["developing", DEMO, developing],
    ["in production", null, producing],
  ] as const) {
    test(`${words}, a start without a file finds ${what}`, () => {
      const change = builtInChange(stateOf(given), KEY, settings);
      const brought: Brought = change && {
        pipeline: change.file.pipelines.length === 1,
        receiver: change.file.integrations.length === 1,
        lane: change.file.pipelines.some(({ assignments }) => assignments.length === 1),
        layer: change.file.dataLayer !== undefined,
        whole: change.whole,
      };
      assert.deepEqual(brought, expected);
    });
  }
}

test("what a file left behind is met in every kind of object", () => {
  assert.equal(hasFileObjects(stateOf(demo)), false);
  for (const part of ["pipeline", "receiver", "lane", "layer", "other"] as const)
    assert.equal(hasFileObjects(stateOf({ ...demo, [part]: "file" })), true, part);
  const state = stateOf({});
  assert.equal(hasFileObjects({ ...state, organisation: { ...state.organisation, owner: "file" } }), true);
});
