import assert from "node:assert/strict";
import { test } from "node:test";
import { type DemoVisitor, refuseVisitor } from "./visitor-check.ts";

const local: DemoVisitor = {
  host: "localhost:8084",
  remoteAddress: "127.0.0.1",
  localAddress: "127.0.0.1",
  forwarded: false,
};

const seen: [string, Partial<DemoVisitor>, string][] = [
  ["localhost", {}, "127.0.0.1"],
  ["in capitals", { host: "LocalHost:8084" }, "127.0.0.1"],
  ["a name under localhost", { host: "shop.localhost:8084" }, "127.0.0.1"],
  ["without a port", { host: "127.0.0.1" }, "127.0.0.1"],
  ["IPv6", { host: "[::1]:8084", remoteAddress: "::1", localAddress: "::1" }, "::1"],
  ["IPv4 on a socket of both kinds", { remoteAddress: "::ffff:127.0.0.1", localAddress: "::ffff:127.0.0.1" }, "::"],
  [
    "the machine's own address",
    { host: "192.0.2.7:8084", remoteAddress: "192.0.2.7", localAddress: "192.0.2.7" },
    "192.0.2.7",
  ],
];
for (const [what, visitor, bound] of seen) {
  test(`may see the demo: ${what}`, () => assert.equal(refuseVisitor({ ...local, ...visitor }, bound), null));
}

const refused: [string, Partial<DemoVisitor>, string, RegExp][] = [
  ["a name that resolves to this machine", { host: "rebound.example.com:8084" }, "127.0.0.1", /only under localhost/],
  ["a name that ends like localhost", { host: "evil-localhost" }, "127.0.0.1", /only under localhost/],
  ["a name that begins like an address", { host: "127.0.0.1.example.com" }, "127.0.0.1", /only under localhost/],
  ["an address that is not the bound one", { host: "192.0.2.8:8084" }, "192.0.2.7", /only under localhost/],
  ["all interfaces as a name", { host: "0.0.0.0:8084" }, "127.0.0.1", /only under localhost/],
  ["a proxy on this machine", { forwarded: true }, "127.0.0.1", /no password/],
  ["no Host", { host: undefined }, "127.0.0.1", /only under localhost/],
  ["markup as Host", { host: 'localhost"><script>' }, "127.0.0.1", /only under localhost/],
  ["a space in Host", { host: "localhost :8084" }, "127.0.0.1", /only under localhost/],
  ["another machine", { remoteAddress: "192.0.2.9", localAddress: "192.0.2.7" }, "0.0.0.0", /no password/],
  ["another machine that says localhost", { remoteAddress: "::ffff:192.0.2.9" }, "0.0.0.0", /no password/],
  ["a connection that is gone", { remoteAddress: undefined }, "127.0.0.1", /no password/],
];
for (const [what, visitor, bound, why] of refused) {
  test(`may not see the demo: ${what}`, () => assert.match(refuseVisitor({ ...local, ...visitor }, bound) ?? "", why));
}
