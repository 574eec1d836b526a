import assert from "node:assert/strict";
import type { LookupAddress } from "node:dns";
import { describe, it } from "node:test";
import { BlockedAddressError, guardedLookup, refusedKind } from "./address-guard.ts";

const REFUSED: readonly (readonly [address: string, kind: string])[] = [
  ["127.0.0.1", "a loopback"],
  ["127.255.255.254", "a loopback"],
  ["0.0.0.0", "an unspecified"],
  ["0.1.2.3", "an unspecified"],
  ["10.0.0.1", "a private"],
  ["172.16.0.1", "a private"],
  ["172.31.255.255", "a private"],
  ["192.168.1.1", "a private"],
  ["169.254.1.1", "a link-local"],
  ["169.254.169.254", "a cloud metadata"],
  ["168.63.129.16", "a cloud metadata"],
  ["100.100.100.200", "a cloud metadata"],
  ["100.64.0.1", "a carrier-grade NAT"],
  ["100.127.255.255", "a carrier-grade NAT"],
  ["192.0.0.8", "a reserved"],
  ["192.0.2.1", "a reserved"],
  ["198.18.0.1", "a reserved"],
  ["198.19.255.255", "a reserved"],
  ["198.51.100.7", "a reserved"],
  ["203.0.113.7", "a reserved"],
  ["224.0.0.1", "a multicast"],
  ["239.255.255.255", "a multicast"],
  ["240.0.0.1", "a reserved"],
  ["255.255.255.255", "a reserved"],
  ["::1", "a loopback"],
  ["::", "an unspecified"],
  ["fe80::1", "a link-local"],
  ["fe80::1%eth0", "a link-local"],
  ["fc00::1", "a private"],
  ["fd12:3456::1", "a private"],
  ["fec0::1", "a private"],
  ["fd00:ec2::254", "a cloud metadata"],
  ["ff02::1", "a multicast"],
  ["::ffff:127.0.0.1", "an IPv4-in-IPv6"],
  ["::ffff:7f00:1", "an IPv4-in-IPv6"],
  ["::ffff:8.8.8.8", "an IPv4-in-IPv6"],
  ["::127.0.0.1", "an IPv4-in-IPv6"],
  ["64:ff9b::7f00:1", "an IPv4-in-IPv6"],
  ["64:ff9b:1::a00:1", "an IPv4-in-IPv6"],
  ["2002:7f00:1::", "an IPv4-in-IPv6"],
  ["2001:0:4136:e378:8000:63bf:3fff:fdd2", "an IPv4-in-IPv6"],
  ["2001:db8::1", "a reserved"],
  ["2001:10::1", "a reserved"],
  ["3fff::1", "a reserved"],
  ["100::1", "a reserved"],
  ["5f00::1", "a reserved"],
  ["4000::1", "a reserved"],
  ["not an address", "an unreadable"],
  ["", "an unreadable"],
];

const PERMITTED = [
  "1.1.1.1",
  "8.8.8.8",
  "9.255.255.255",
  "11.0.0.0",
  "100.63.255.255",
  "100.128.0.0",
  "126.255.255.255",
  "128.0.0.0",
  "169.253.255.255",
  "169.255.0.0",
  "172.15.255.255",
  "172.32.0.0",
  "192.167.255.255",
  "192.169.0.0",
  "198.17.255.255",
  "198.20.0.0",
  "223.255.255.255",
  "2606:4700:4700::1111",
  "2a00:1450:4001:81b::200e",
];

describe("refusedKind", () => {
  for (const [address, kind] of REFUSED) {
    it(`refuses ${address || "an empty text"} as ${kind}`, () => assert.equal(refusedKind(address), kind));
  }
  for (const address of PERMITTED) {
    it(`permits ${address}`, () => assert.equal(refusedKind(address), null));
  }
});

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
