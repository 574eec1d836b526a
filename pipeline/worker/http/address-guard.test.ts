import assert from "node:assert/strict";
import type { LookupAddress } from "node:dns";
import { describe, it } from "node:test";
import { BlockedAddressError, guardedLookup } from "./address-guard.ts";

type Answer = { error: Error | null; address: string | LookupAddress[] | undefined; family: number | undefined };

function look(addresses: LookupAddress[], options: { all?: boolean; family?: number }): Answer {
  let answer: Answer | undefined;
  guardedLookup((_hostname, done) => done(null, addresses))("shop.example.com", options, (error, address, family) => {
    answer = { error, address, family };
  });
  assert.ok(answer);
  return answer;
}

describe("guardedLookup", () => {
  const outside = { address: "93.184.215.14", family: 4 };
  const outside6 = { address: "2606:4700:4700::1111", family: 6 };
  const inside = { address: "10.0.0.1", family: 4 };

  it("answers with the permitted addresses alone", () => {
    assert.deepEqual(look([inside, outside, outside6], { all: true }).address, [outside, outside6]);
  });

  it("answers with one address when one is asked for", () => {
    const answer = look([inside, outside], {});
    assert.deepEqual([answer.address, answer.family], [outside.address, 4]);
  });

  it("keeps to the family that is asked for", () => {
    assert.equal(look([outside, outside6], { family: 6 }).address, outside6.address);
  });

  it("refuses a name with refused addresses only, without telling which", () => {
    const { error } = look([inside], { all: true });
    assert.ok(error instanceof BlockedAddressError);
    assert.equal(
      error.message,
      "The URL leads to a private address, which is refused unless SIGNAL_ALLOW_PRIVATE_ADDRESSES=true is set.",
    );
  });

  it("refuses a name without addresses", () => {
    assert.ok(look([], { all: true }).error instanceof BlockedAddressError);
  });

  it("hands on what the resolver could not do", () => {
    let seen: Error | null = null;
    guardedLookup((_hostname, done) => done(new Error("ENOTFOUND"), []))("nowhere.example.com", {}, (error) => {
      seen = error;
    });
    assert.match(String(seen), /ENOTFOUND/);
  });
});
