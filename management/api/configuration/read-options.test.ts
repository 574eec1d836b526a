/** Files of locations: what is in use stays, whoever asks; another one is looked at. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyConfiguration } from "@datafly-signal/core";
import { readOptionsOf, type ReadServices } from "./read-change.ts";

test("a file that is in use is taken again, another one is checked for whoever names it", () => {
  const asked: [string, boolean][] = [];
  const services: ReadServices = {
    ...{ connectors: new Map(), environment: "production", allowPrivateAddresses: false },
    checkLocations(path, { anywhere }) {
      asked.push([path, anywhere]);
      return { fault: "not here" };
    },
  };
  const empty = emptyConfiguration({ id: "org_shop", name: "Shop", now: 0 });
  const state = { ...empty, dataLayer: { ...empty.dataLayer, config: { geo: { database: "/etc/places.mmdb" } } } };
  const byRequest = readOptionsOf(services, state).checkLocations;
  const byMachine = readOptionsOf(services, state, (path) => `/work/${path}`).checkLocations;
  assert.deepEqual(byRequest?.("/etc/places.mmdb"), { path: "/etc/places.mmdb" });
  assert.deepEqual(byRequest?.("other.mmdb"), { fault: "not here" });
  assert.deepEqual(byMachine?.("other.mmdb"), { fault: "not here" });
  assert.deepEqual(asked, [
    ["other.mmdb", false],
    ["/work/other.mmdb", true],
  ]);
});
