import assert from "node:assert/strict";
import { test } from "node:test";
import { layered } from "../layered-fixture.ts";
import { compileDevice } from "./device.ts";

const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1";
const LINUX = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

function contextAfter(context: object): object {
  const subject = layered({ context });
  assert.equal(compileDevice({})?.(subject), null);
  return subject.event.context;
}

test("a phone and a computer", () => {
  assert.deepEqual(contextAfter({ userAgent: IPHONE }), {
    userAgent: IPHONE,
    device: { type: "mobile", manufacturer: "Apple", model: "iPhone" },
    os: { name: "iOS", version: "17.0" },
    browser: { name: "Mobile Safari", version: "17.0" },
  });
  const { device, os, browser } = contextAfter({ userAgent: LINUX }) as Record<string, unknown>;
  assert.deepEqual(
    [device, os, browser],
    [{ type: "desktop" }, { name: "Linux", version: "x86_64" }, { name: "Chrome", version: "140.0.0.0" }],
  );
});

test("what the client said itself stays", () => {
  const { device, os } = contextAfter({ userAgent: IPHONE, device: { model: "iPhone16,1" }, os: "iOS 17" }) as Record<
    string,
    unknown
  >;
  assert.deepEqual(device, { type: "mobile", manufacturer: "Apple", model: "iPhone16,1" });
  assert.equal(os, "iOS 17");
});

test("events do not share what was parsed once", () => {
  const step = compileDevice({});
  const [one, other] = [layered({ context: { userAgent: IPHONE } }), layered({ context: { userAgent: IPHONE } })];
  step?.(one);
  (one.event.context["device"] as Record<string, string>)["model"] = "changed";
  step?.(other);
  assert.equal((other.event.context["device"] as Record<string, string>)["model"], "iPhone");
});

test("no user agent, a strange one, and one that is too long add nothing", () => {
  for (const userAgent of [undefined, "", 5, "x".repeat(513), "?"]) {
    const context = userAgent === undefined ? {} : { userAgent };
    assert.deepEqual(contextAfter(context), context);
  }
  assert.equal(compileDevice(undefined), null);
  assert.equal(compileDevice({ enabled: false }), null);
});
