import assert from "node:assert/strict";
import { test } from "node:test";
import { eventOf } from "./event-fixture.ts";
import { isPersonalName } from "./personal-keys.ts";
import { stripParameters } from "./strip-parameters.ts";
import { compileStrip } from "./strip.ts";

const personal = [
  ...["gclid", "GCLID", "fbp", "_fbc", "ga_client_id", "_ga", "ip_addr", "ip.addr", "adId", "ad_id", "li_fat_id"],
  ...["email_address_sha256", "hashed_email", "sha256_phone_number", "EmailMD5", "first.name", "user[email]"],
  ...["customer_name", "Date of Birth", "ip_hash"],
];
for (const name of personal) test(`personal: ${name}`, () => assert.equal(isPersonalName(name), true));
for (const name of ["utm_source", "hash", "sha256", "item_id", "name", "product_name", "image", "__proto__", ""]) {
  test(`not personal: ${name}`, () => assert.equal(isPersonalName(name), false));
}

/** Text, and what is left of it. */
const addresses: [string, string][] = [
  ["https://a.example/p?gclid=1&fbclid=2&user_id=77", "https://a.example/p"],
  ["https://a.example/p?gclid=1&utm_source=x&FBCLID=2&q=a%20b#top", "https://a.example/p?utm_source=x&q=a%20b#top"],
  ["https://a.example/?x=1&gclid=2#gclid=3&y=4", "https://a.example/?x=1#y=4"],
  ["https://a.example/p?a=1;uid=2;b=3", "https://a.example/p?a=1;b=3"],
  ["?gclid=1&utm_id=2", "?utm_id=2"],
  ["gclid=1&utm_id=2", "utm_id=2"],
  ["?%67clid=1&x", "?x"],
  ["/go?to=https%3A%2F%2Fa.example%2F%3Fgclid%3D1%26b%3D2", "/go?to=https%3A%2F%2Fa.example%2F%3Fb%3D2"],
  ["https%3A%2F%2Fa.example%2F%3Fgclid%3D1", "https%3A%2F%2Fa.example%2F"],
  ["/go?to=%253Fgclid%253D1%2526b%253D2", "/go?to=%253Fb%253D2"],
  ["?x=100%&y=%zz&gclid=1", "?x=100%&y=%zz"],
  ["Is her age = 5? Yes & no; a=b", "Is her age = 5? Yes & no; a=b"],
  ["", ""],
];
for (const [text, left] of addresses) test(`address: ${text}`, () => assert.equal(stripParameters(text), left));

test("long hostile addresses take time in proportion", () => {
  for (const text of ["?gclid=1&", "%25", "=", "?", "a=%253D&", "md5", "&;#"]) {
    const long = text.repeat(Math.ceil(1_000_000 / text.length));
    const started = process.cpuUsage().user;
    stripParameters(long);
    isPersonalName(long);
    // Quadratic work on a million characters would take minutes.
    assert.ok(process.cpuUsage().user - started < 10_000_000, text);
  }
});

test("nothing identifying is left in addresses, context and properties", () => {
  const url = "https://shop.example.com/?gclid=SECRET&fbclid=SECRET&user_id=SECRET&utm_source=news";
  const secret = "SECRET";
  const event = eventOf({
    context: {
      page: { url, referrer: url, search: "?gclid=SECRET&utm_source=news", title: "T" },
      ...{ gclid: secret, fbp: secret, fbc: secret },
      campaign: { gclid: secret, source: "news" },
      device: { adId: secret, model: "M" },
    },
    properties: {
      ...{ fbp: secret, ga_client_id: secret, ip_addr: secret, email_address_sha256: secret, customer_name: secret },
      ...{ "first.name": secret, url, links: [url], value: 5 },
    },
  });
  compileStrip(undefined)(event);
  const left = "https://shop.example.com/?utm_source=news";
  assert.deepEqual(event.context, {
    page: { url: left, referrer: left, search: "?utm_source=news", title: "T" },
    campaign: { source: "news" },
    device: { model: "M" },
  });
  assert.deepEqual(event["properties"], { url: left, links: [left], value: 5 });
});
