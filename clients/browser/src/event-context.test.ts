import assert from "node:assert/strict";
import { test } from "node:test";
import { campaignOf } from "./event-context.ts";
import { routeOf } from "./page-views.ts";
import { scriptSettings } from "./script-settings.ts";

const campaigns: [search: string, campaign: object | undefined][] = [
  ["", undefined],
  ["?color=black", undefined],
  ["?utm_source=", undefined],
  [
    "?utm_source=news&utm_medium=email&utm_campaign=spring&utm_term=a+b&utm_content=%C3%A4",
    { source: "news", medium: "email", name: "spring", term: "a b", content: "ä" },
  ],
  ["?utm_id=7&xutm_source=no", { id: "7" }],
  ["?utm_source=%zz", { source: "%zz" }],
];

for (const [search, campaign] of campaigns) {
  test(`campaign of "${search}"`, () => assert.deepEqual(campaignOf(search), campaign));
}

const routes: [address: string, route: string][] = [
  ["https://shop.example.com/", "/"],
  ["https://shop.example.com/a?b=1", "/a?b=1"],
  ["https://shop.example.com/a?b=1#reviews", "/a?b=1"],
  ["https://shop.example.com/#/products", "/#/products"],
  ["https://shop.example.com/#!/products?x=1", "/#!/products?x=1"],
  ["https://shop.example.com/#", "/"],
];

for (const [address, route] of routes) {
  test(`route of ${address}`, () => assert.equal(routeOf(new URL(address)), route));
}

function tag(attributes: Record<string, string>): Element {
  return { getAttribute: (name: string) => attributes[name] ?? null } as unknown as Element;
}

const PAGE = "https://shop.example.com/products/";
const SRC = "https://data.example.com/sub/datafly.js?v=1";
const settings: [what: string, attributes: Record<string, string>, expected: object | undefined][] = [
  ["no key", { src: SRC }, undefined],
  ["an empty key", { src: SRC, "data-pipeline-key": "" }, undefined],
  ["a key alone", { src: SRC }, { endpoint: "https://data.example.com", alias: "_df", hasPageViews: true }],
  ["a path as source", { src: "/d.js" }, { endpoint: "https://shop.example.com" }],
  [
    "an endpoint",
    { src: SRC, "data-endpoint": "https://events.example.com/" },
    { endpoint: "https://events.example.com" },
  ],
  ["a path as endpoint", { src: SRC, "data-endpoint": "/collect/" }, { endpoint: "https://shop.example.com/collect" }],
  ["a name", { src: SRC, "data-global": "shopEvents" }, { alias: "shopEvents" }],
  ["no page views", { src: SRC, "data-auto-page": "false" }, { hasPageViews: false }],
];

for (const [what, attributes, expected] of settings) {
  test(`settings of a tag with ${what}`, () => {
    const found = scriptSettings(
      tag(expected === undefined ? attributes : { "data-pipeline-key": "dk", ...attributes }),
      PAGE,
    );
    if (expected === undefined) assert.equal(found, undefined);
    else assert.deepEqual({ ...found, ...expected }, found);
  });
}
