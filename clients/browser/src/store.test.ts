import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeStorage } from "./storage-fixture.ts";
import { safeStore } from "./store.ts";

test("keys are those with the prefix, sorted", () => {
  const storage = fakeStorage();
  const store = safeStore(() => storage);
  for (const key of ["b.2", "a", "b.10", "b.1"]) assert.equal(store.set(key, key), true);
  assert.deepEqual(store.keys("b."), ["b.1", "b.10", "b.2"]);
  store.remove("b.1");
  assert.deepEqual([store.get("b.1"), store.get("a")], [null, "a"]);
});

const unusable: [string, () => Storage][] = [
  [
    "throws when it is opened",
    () => {
      throw new DOMException("no", "SecurityError");
    },
  ],
  ["is null", () => null as unknown as Storage],
  ["throws at every use", () => Object.assign(fakeStorage(), { isBlocked: true })],
];

for (const [what, open] of unusable) {
  test(`a storage that ${what} is empty and takes nothing`, () => {
    const store = safeStore(open);
    assert.equal(store.set("key", "value"), false);
    assert.equal(store.get("key"), null);
    assert.doesNotThrow(() => store.remove("key"));
  });
}
