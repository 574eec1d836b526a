import assert from "node:assert/strict";
import { BlockList, isIP } from "node:net";
import { describe, it } from "node:test";
import fc from "fast-check";
import { refusedKind, refusedKindOfUrl } from "./refused-address.ts";

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

it("reads addresses as the system does", () => {
  const bytes = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 16, maxLength: 16 });
  const hexadecimal = (all: number[]): string =>
    Buffer.from(all)
      .toString("hex")
      .match(/.{4}/g)
      ?.join(":")
      .replace(/(^|:)(0000(:|$))+/, "::") ?? "";
  const all = new BlockList();
  for (const [network, bits] of [
    ["10.0.0.0", 8],
    ["172.16.0.0", 12],
    ["192.168.0.0", 16],
  ] as const) {
    all.addSubnet(network, bits, "ipv4");
  }
  all.addSubnet("fc00::", 7, "ipv6");
  all.addSubnet("fec0::", 10, "ipv6");
  fc.assert(
    fc.property(bytes, fc.constantFrom(10, 172, 192, 93, 0xfc, 0xfe, 0x20), fc.boolean(), (given, first, isV4) => {
      const [, ...rest] = given;
      const address = isV4 ? [first, ...rest].slice(0, 4).join(".") : hexadecimal([first, ...rest]);
      if (isIP(address) === 0) return;
      assert.equal(refusedKind(address) === "a private", all.check(address, isV4 ? "ipv4" : "ipv6"), address);
    }),
  );
  for (const text of ["01.2.3.4", "1.2.3", "1.2.3.256", "1:2", ":::", "[::1]", "1.2.3.4:80"]) {
    assert.equal(refusedKind(text), "an unreadable", text);
  }
});

const URLS: [text: string, kind: string | null][] = [
  ["http://localhost:9000/in", "a loopback"],
  ["https://LOCALHOST./in", "a loopback"],
  ["https://orders.localhost/in", "a loopback"],
  ["http://127.1/", "a loopback"],
  ["http://0x7f000001/", "a loopback"],
  ["http://[::1]:80/", "a loopback"],
  ["https://192.168.0.7/in?to=https://hooks.example.com", "a private"],
  ["http://169.254.1.1/", "a link-local"],
  ["https://hooks.example.com/?next=http://127.0.0.1/", null],
  ["https://notlocalhost/", null],
  ["https://8.8.8.8/", null],
  ["127.0.0.1", null],
  ["ftp://127.0.0.1/", null],
  ["https://[", null],
  ["", null],
];
describe("refusedKindOfUrl", () => {
  for (const [text, kind] of URLS) it(text || "an empty text", () => assert.equal(refusedKindOfUrl(text), kind));
});
