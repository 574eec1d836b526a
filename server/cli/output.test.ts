import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { createOutput, table } from "./output.ts";

const HOSTILE = "\u001b]0;owned\u0007\u001b[2Jevil\u009b31m";
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

test("what visitors send cannot drive the operator's terminal, in lines, tables and faults", async () => {
  const out = new PassThrough();
  const err = new PassThrough();
  const output = createOutput(false, { out, err });
  output.line(`an event ${HOSTILE}`);
  output.line(table(["name", "count"], [[`${HOSTILE}\nfake row  1`, 5]]));
  output.fault(`Add ${HOSTILE} to the allowlist`);
  out.end();
  err.end();
  const printed = String(await out.toArray());
  assert.doesNotMatch(printed + String(await err.toArray()), CONTROL);
  assert.match(printed, /evil/);
  assert.equal(printed.trimEnd().split("\n").length, 3);
});
