/** What stands before the body: keys, origins, cookies, forwarding headers, methods and paths; true ones, false ones and nonsense. */
import assert from "node:assert/strict";
import { type Arena, OTHER_KEY, SHOP_KEY, type Check } from "./arena.ts";
import { inGroups } from "./in-groups.ts";
import type { Post } from "./wire.ts";

interface HeadCase extends Post {
  name: string;
  label: string;
  pipeline?: "shop" | "other";
  check?: Check;
  /** Further fields of the event. */
  fields?: Record<string, unknown>;
}

const bearer = (key: string): string => `Authorization: Bearer ${key}`;
const basic = (text: string): string => `Authorization: Basic ${Buffer.from(text).toString("base64")}`;

const keys: HeadCase[] = [
  { name: "none", key: null, label: "401 missing_pipeline_key" },
  { name: "empty_bearer", key: null, headers: ["Authorization: Bearer "], label: "401 missing_pipeline_key" },
  { name: "no_scheme", key: null, headers: [`Authorization: ${SHOP_KEY}`], label: "401 missing_pipeline_key" },
  { name: "digest", key: null, headers: ['Authorization: Digest username="a"'], label: "401 missing_pipeline_key" },
  { name: "basic_of_rubbish", key: null, headers: ["Authorization: Basic ////"], label: "401 invalid_pipeline_key" },
  { name: "basic_of_nothing", key: null, headers: ["Authorization: Basic "], label: "401 missing_pipeline_key" },
  { name: "unknown", key: "dk_test_nobody", label: "401 invalid_pipeline_key" },
  { name: "of_the_machinery", key: "__proto__", label: "401 invalid_pipeline_key" },
  { name: "of_the_machinery_too", key: "constructor", label: "401 invalid_pipeline_key" },
  { name: "long", key: "k".repeat(15_000), label: "401 invalid_pipeline_key" },
  { name: "other_case", key: SHOP_KEY.toUpperCase(), label: "401 invalid_pipeline_key" },
  { name: "with_latin1", key: `${SHOP_KEY}\xe9`, label: "401 invalid_pipeline_key" },
  { name: "cut", key: SHOP_KEY.slice(0, -1), label: "401 invalid_pipeline_key" },
  { name: "basic", key: null, headers: [basic(`${SHOP_KEY}:`)], label: "200" },
  { name: "basic_of_somebody", headers: [`X-Write-Key: ${SHOP_KEY}`, basic("jane:x")], key: null, label: "200" },
  { name: "query", key: null, path: `/v1/t?writeKey=${SHOP_KEY}&wk=${SHOP_KEY}`, label: "200" },
  { name: "body", key: null, fields: { writeKey: SHOP_KEY }, label: "200" },
  { name: "masked_beside", headers: ["X-Write-Key: dk_t***"], label: "200" },
  { name: "body_of_other_type", fields: { writeKey: { a: 1 } }, label: "200" },
  { name: "two_headers", headers: [`X-Write-Key: ${OTHER_KEY}`], label: "400 conflicting_keys" },
  { name: "header_and_query", path: `/v1/t?wk=${OTHER_KEY}`, label: "400 conflicting_keys" },
  { name: "header_and_body", fields: { writeKey: OTHER_KEY }, label: "400 conflicting_keys" },
  { name: "query_twice", key: null, path: `/v1/t?wk=a&wk=b`, label: "400 conflicting_keys" },
  {
    name: "query_and_body",
    key: null,
    path: `/v1/t?wk=${SHOP_KEY}`,
    fields: { writeKey: "b" },
    label: "400 conflicting_keys",
  },
  { name: "known_and_unknown", headers: ["X-Pipeline-Key: nobody"], label: "400 conflicting_keys" },
  { name: "one_header_twice", key: null, headers: [bearer(SHOP_KEY), bearer("second")], label: "200" },
  { name: "query_of_nonsense", path: `/v1/t?%ZZ=%FF&&=&wk&__proto__=1&${"a".repeat(8_000)}`, label: "200" },
  { name: "query_of_many", path: `/v1/t?${"a=&".repeat(4_000)}`, label: "200" },
  { name: "other_pipeline", key: OTHER_KEY, pipeline: "other", label: "200" },
];

const FORBIDDEN = "403 origin_not_allowed";
const origins: HeadCase[] = [
  { name: "allowed", headers: ["Origin: https://shop.example.com"], label: "200" },
  { name: "capitals", headers: ["Origin: HTTPS://SHOP.EXAMPLE.COM"], label: "200" },
  { name: "null", headers: ["Origin: null"], label: FORBIDDEN },
  { name: "nothing", headers: ["Origin:"], label: FORBIDDEN },
  { name: "other", headers: ["Origin: https://evil.example"], label: FORBIDDEN },
  { name: "suffix", headers: ["Origin: https://shop.example.com.evil.example"], label: FORBIDDEN },
  { name: "prefix", headers: ["Origin: https://evilshop.example.com"], label: FORBIDDEN },
  { name: "user", headers: ["Origin: https://shop.example.com@evil.example"], label: FORBIDDEN },
  { name: "list", headers: ["Origin: https://shop.example.com, https://evil.example"], label: FORBIDDEN },
  { name: "star", headers: ["Origin: *"], label: FORBIDDEN },
  { name: "file", headers: ["Origin: file://"], label: FORBIDDEN },
  { name: "script", headers: ["Origin: javascript:alert(1)"], label: FORBIDDEN },
  { name: "latin1", headers: ["Origin: https://sh\xf6p.example.com"], label: FORBIDDEN },
  { name: "brackets", headers: ["Origin: http://[::ffff:1"], label: FORBIDDEN },
  { name: "port", headers: ["Origin: https://shop.example.com:99999"], label: FORBIDDEN },
  { name: "long", headers: [`Origin: https://${"a.".repeat(7_000)}example.com`], label: FORBIDDEN },
];

const browser = "Sec-Fetch-Site: same-site";
const anyVisitor: Check = ({ anonymousId }) => assert.match(String(anonymousId), /^[0-9a-f-]{36}$/);
const others: HeadCase[] = [
  ...[
    "_dfid=",
    "_dfid=not-a-uuid",
    `_dfid=${"x".repeat(12_000)}`,
    "_dfid=\x01\xff",
    "_dfid=%00",
    "=;=;;; ; ,",
    "__proto__=1; _dfid[a]=1",
    `${"_dfid=a;".repeat(1_500)}`,
    'a="; _dfid=1; "',
  ].map((cookie, index) => ({
    name: `cookie_${index}`,
    headers: [browser, `Cookie: ${cookie}`],
    label: cookie.includes("\x01") ? "400 bad_request" : "200",
    check: anyVisitor,
  })),
  ...[
    "X-Forwarded-For: 6.6.6.6",
    "X-Forwarded-For: ,,,,",
    `X-Forwarded-For: ${"1.1.1.1,".repeat(1_800)}`,
    "X-Forwarded-For: ::ffff:999.1.1.1, [::1, <script>",
    'Forwarded: for="[2001:db8::1]";;;=,for=_hidden;for=',
    "X-Real-IP: 6.6.6.6",
    "CF-Connecting-IP: 6.6.6.6",
    "X-Forwarded-Proto: gopher",
    "X-Forwarded-Host: evil.example",
    "X-HTTP-Method-Override: DELETE",
    "X-Original-URL: /admin",
  ].map((header, index) => ({
    name: `forwarded_${index}`,
    headers: [browser, header],
    label: "200",
    // No proxy is trusted: the address is the socket's.
    check: (({ context }) => assert.equal((context as { ip?: string }).ip, "127.0.0.1")) satisfies Check,
  })),
  {
    name: "long_facts",
    headers: [browser, `User-Agent: ${"u".repeat(7_000)}`, `Referer: ${"r".repeat(7_000)}`],
    label: "200",
    check: ({ context }) => assert.equal((context as { userAgent: string }).userAgent.length, 1_024),
  },
  { name: "facts_of_latin1", headers: [browser, "User-Agent: \xff\xfe", "Referer: \x80"], label: "200" },
  { name: "content_type_nonsense", headers: ["Content-Type: ;;;=/\xff", "Accept: no/thing"], label: "200" },
  { name: "range", headers: ["Range: bytes=0-0,0-0,0-0", "If-Match: *"], label: "200" },
  { name: "upgrade_to_websocket", headers: ["Connection: Upgrade", "Upgrade: websocket"], label: "200" },
  {
    name: "upgrade_to_h2c",
    headers: ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"],
    label: "200",
  },
  { name: "expects_the_unknown", headers: ["Expect: a-miracle"], label: "200" },
  { name: "whole_url", path: "http://evil.example/v1/t", label: "200" },
  { name: "doubled_slashes", path: "//v1///t//", label: "200" },
];

const paths: HeadCase[] = [
  ..."/ /v1 /v1/ /v1/tt /v1/T /v1/t/x /V1/t /x/../v1/t /v1/%74 /v1/t%00 /__proto__ /constructor /v1/__proto__ /%2e%2e/%2e%2e/etc/passwd /v1/t;a=b /.git/config"
    .split(" ")
    .map((path) => ({ name: `path ${path}`, path, label: "404 not_found" })),
  { name: "path long", path: `/v1/${"t".repeat(15_000)}`, label: "404 not_found" },
  ..."GET PUT DELETE PATCH TRACE PROPFIND PURGE QUERY M-SEARCH SOURCE LINK".split(" ").map((method) => ({
    name: `method ${method}`,
    method,
    label: "405 method_not_allowed",
  })),
];

export async function keysAndHeads(arena: Arena): Promise<void> {
  const rows = [
    ...keys.map((one) => ({ ...one, name: `key_${one.name}` })),
    ...origins.map((one) => ({ ...one, name: `origin_${one.name}` })),
    ...others,
    ...paths,
  ];
  await inGroups(rows, async ({ name, label, fields, pipeline = "shop", check, ...post }) => {
    const messageId = `head-${name}`;
    const body = JSON.stringify({ type: "track", event: "H", messageId, ...fields });
    await arena.expect(name, label, { ...post, body });
    if (label === "200") arena.accepted(messageId, check, pipeline);
  });
}

/** Bodies on paths that take none are read past, so that the answer is seen and the next request understood. */
export async function unaskedBodies(arena: Arena): Promise<void> {
  const next = `POST /v1/t HTTP/1.1\r\n${bearer(SHOP_KEY)}\r\nContent-Length: `;
  const event = '{"type":"track","event":"H","messageId":"after-a-large-body"}';
  const large = Buffer.alloc(3_000_000, "POST /v1/t HTTP/1.1\r\n");
  const head = (line: string): string => `${line} HTTP/1.1\r\nContent-Length: ${large.length}\r\n\r\n`;
  await arena.expectBytes(
    "large bodies nobody asked for",
    ["404 not_found", "405 method_not_allowed", "200", "413 payload_too_large", "200"],
    [
      head("POST /nowhere"),
      large,
      head("PUT /v1/t"),
      large,
      head("POST /v1/m"),
      large,
      head("POST /v1/t"),
      large,
      `${next}${event.length}\r\n\r\n${event}`,
    ],
  );
  arena.accepted("after-a-large-body");
}
