import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isHeaderName, isSendersHeader } from "./header-names.ts";

describe("a header's name", () => {
  for (const name of ["X-A", "x", "1", "!#$%&'*+.^_`|~-", "constructor", "a".repeat(200)])
    it(`is ${name.slice(0, 20)}`, () => assert.equal(isHeaderName(name), true));
  const wrong = ["", " ", "X A", "X-A:", "X-A\r\nX-B", "X-A\n", "\0", "ü", "a/b", "(a)", "a,b", '"a"', "a".repeat(201)];
  for (const name of wrong)
    it(`is not ${JSON.stringify(name.slice(0, 20))}`, () => assert.equal(isHeaderName(name), false));
});

describe("a header of the sender's", () => {
  const senders =
    "Host Content-Length Transfer-Encoding Connection Keep-Alive Upgrade TE Trailer Expect Proxy-Authorization " +
    "Proxy-Connection Accept-Encoding Content-Encoding";
  for (const name of senders.split(" ")) {
    it(`is ${name}, in whatever case`, () => {
      for (const one of [name, name.toLowerCase(), name.toUpperCase()]) assert.equal(isSendersHeader(one), true, one);
    });
  }
  for (const name of ["Content-Type", "User-Agent", "Authorization", "X-Host", "Host-X", "constructor", ""])
    it(`is not ${name === "" ? "an empty one" : name}`, () => assert.equal(isSendersHeader(name), false));
});
