import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigSnapshot, JsonObject } from "@datafly-signal/core";
import type { SetAside, SetAsideFilter } from "@datafly-signal/management-api";
import { ControlError } from "./control-server.ts";
import { setAsideMethods } from "./set-aside-methods.ts";

const snapshot = { pipelines: [{ id: "pip_1", name: "Shop", slug: "shop" }] } as unknown as ConfigSnapshot;
let asked: SetAsideFilter[] = [];
const setAside = {
  list: (filter: SetAsideFilter) => {
    asked.push(filter);
    return Promise.resolve({ data: [], nextCursor: null });
  },
  show: () => Promise.resolve(undefined),
} as unknown as SetAside;
const methods = setAsideMethods({
  management: { setAside },
  snapshots: { current: () => snapshot },
  inject: () => Promise.resolve({ ok: true, messageId: "m" }),
});

const WRONG: [method: string, args: JsonObject, code: string, words: RegExp][] = [
  ["events-show", {}, "bad_request", /position or messageId/],
  ["events-show", { wanted: "7" }, "not_found", /No event 7 was set aside/],
  ["events-list", { error: "schema_validation" }, "bad_request", /Did you mean schema_validation_failed\?/],
  ["events-list", { state: "shut" }, "bad_request", /There is no state shut/],
  ["events-list", { cursor: "x" }, "bad_request", /not a cursor/],
  ["events-list", { from: "soon" }, "bad_request", /--from is not a time/],
  ["events-list", { pipeline: "shpo" }, "not_found", /Did you mean Shop\?/],
];
for (const [method, args, code, words] of WRONG) {
  test(`${method} ${JSON.stringify(args)} is refused`, async () => {
    const call = async () => methods[method]?.(args, new AbortController().signal);
    await assert.rejects(
      call,
      (error) => error instanceof ControlError && error.code === code && words.test(error.message),
    );
  });
}

test("a pipeline is found by its name; one that was removed by its id", async () => {
  asked = [];
  for (const pipeline of ["shop", "pip_gone"])
    await methods["events-list"]?.({ pipeline }, new AbortController().signal);
  assert.deepEqual(asked, [{ pipelineId: "pip_1" }, { pipelineId: "pip_gone" }]);
});
