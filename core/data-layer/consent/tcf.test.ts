import assert from "node:assert/strict";
import { test } from "node:test";
import { TCModel, TCString, GVL } from "@iabtcf/core";
import fc from "fast-check";
import type { JsonObject } from "../../json.ts";
import { countVendors } from "./tcf-bounds.ts";
import { compileTcfDecoder, decodedView, findTcString } from "./tcf.ts";

/** A string as a consent platform writes it, by the IAB's own encoder; the vendor list is made here, nothing is fetched. */
function tcString(purposes: readonly number[], vendors: readonly number[], highest = 900): string {
  const byId = <T>(ids: readonly number[], make: (id: number) => T) =>
    Object.fromEntries(ids.map((id) => [id, make(id)]));
  const ids = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
  const named = (id: number) => ({ id, name: `n${id}`, description: "", descriptionLegal: "", illustrations: [] });
  const list = new GVL({
    gvlSpecificationVersion: 3,
    vendorListVersion: 100,
    tcfPolicyVersion: 4,
    lastUpdated: "2026-01-01T00:00:00Z",
    purposes: byId(ids(11), named),
    specialPurposes: {},
    features: {},
    specialFeatures: {},
    stacks: {},
    vendors: byId(ids(highest), (id) => ({
      id,
      name: `v${id}`,
      purposes: ids(11),
      legIntPurposes: [],
      flexiblePurposes: [],
      specialPurposes: [],
      features: [],
      specialFeatures: [],
      policyUrl: "https://example.com",
      usesCookies: true,
      cookieMaxAgeSeconds: 1,
      usesNonCookieAccess: false,
    })),
    // The list's type asks for more fields than a list needs to be read.
  } as unknown as ConstructorParameters<typeof GVL>[0] & object);
  const model = new TCModel(list);
  model.cmpId = 31;
  model.cmpVersion = 1;
  model.created = new Date(Date.UTC(2026, 1, 25));
  model.lastUpdated = model.created;
  model.purposeConsents.set([...purposes]);
  model.vendorConsents.set([...vendors]);
  return TCString.encode(model);
}

const decode = compileTcfDecoder(undefined);

/** The IAB's examples: string, purposes, vendors, CMP, vendor list. */
const published: [string, number[], number[], number, number][] = [
  [
    "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA.IFoEUQQgAIQwgIwQABAEAAAAOIAACAIAAAAQAIAgEAACEAAAAAgAQBAAAAAAAGBAAgAAAAAAAFAAECAAAgAAQARAEQAAAAAJAAIAAgAAAYQEAAAQmAgBC3ZAYzUw",
    [1, 2, 3],
    [2, 6, 8],
    27,
    15,
  ],
  ["CQSbk4AQSbk4ANwAAAENAwCgAAAAAAAAAAYgACPAAAAA.IDKQA4AAgAKAGQAygAAA.YAAAAAAAAAAA", [], [1, 2, 3, 4], 880, 48],
  ["COtybn4PA_zT4KjACBENAPCIAEBAAECAAIAAAAAAAAAA", [2, 10], [], 675, 15],
];

for (const [text, purposes, vendors, cmp, list] of published) {
  test(`TCF: published string of CMP ${cmp}`, () => {
    const view = decodedView(decode(text));
    assert.deepEqual(view, {
      valid: true,
      purposes,
      vendors,
      cmp_id: cmp,
      policy_version: 2,
      vendor_list_version: list,
    });
  });
}

test("strings of the IAB's encoder are read back, vendors as bits and as ranges", () => {
  const some = Array.from({ length: 900 }, (_, index) => index + 1);
  for (const vendors of [[], [755], [1, 2, 3, 900], some, some.filter((id) => id % 7 !== 0)]) {
    const view = decode(tcString([1, 2, 5, 9], vendors));
    assert.deepEqual(view?.consented, [1, 2, 5, 9]);
    assert.deepEqual(view.vendors, vendors);
    assert.equal(view.purposes["9"], true);
    assert.equal(view.purposes["3"], false);
  }
});

test("vendors are kept by choice", () => {
  const text = tcString([1], [3, 755, 800]);
  assert.deepEqual(compileTcfDecoder([755, 5])(text)?.vendors, [755]);
  assert.deepEqual(compileTcfDecoder([])(text)?.vendors, []);
});

test("what was decoded is not shared with the event", () => {
  const text = tcString([1], [3]);
  const first = decodedView(decode(text));
  (first["vendors"] as number[]).push(99);
  assert.deepEqual(decodedView(decode(text))["vendors"], [3]);
});

/** Bits as the characters of a TC string. */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
function written(bits: string): string {
  return (bits.padEnd(Math.ceil(bits.length / 6) * 6, "0").match(/.{6}/g) ?? [])
    .map((six) => ALPHABET[Number.parseInt(six, 2)])
    .join("");
}
const number = (value: number, bits: number) => value.toString(2).padStart(bits, "0");
const head = number(2, 6) + "0".repeat(207);
const ranges = (count: number, first: number, last: number) =>
  number(65_535, 16) + "1" + number(count, 12) + `1${number(first, 16)}${number(last, 16)}`.repeat(count);
const NO_VENDORS = number(0, 16) + "0";

/** Name and string that says nothing. */
const unreadable: [string, string][] = [
  ["empty", ""],
  ["no base64url", "hello world!"],
  ["cut short", "COtybn4PA_zT4KjACBEN"],
  ["cut in its vendors", "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEU"],
  ["version 1", "BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA"],
  ["version 3", `D${"A".repeat(60)}`],
  [
    "only another segment",
    "IFoEUQQgAIQwgIwQABAEAAAAOIAACAIAAAAQAIAgEAACEAAAAAgAQBAAAAAAAGBAAgAAAAAAAFAAECAAAgAAQARAEQAAAAAJAAIAAgAAAYQEAAAQmAgBC3ZAYzUw",
  ],
  ["longer than any", `${written(head + NO_VENDORS + NO_VENDORS + number(0, 12))}.${"A".repeat(9_000)}`],
  ["millions of vendors in a kilobyte", written(head + ranges(100, 1, 65_535) + NO_VENDORS + number(0, 12))],
  [
    "millions of restrictions",
    written(
      head +
        NO_VENDORS +
        NO_VENDORS +
        number(50, 12) +
        `${number(1, 8)}${number(1, 12)}1${number(1, 16)}${number(65_535, 16)}`.repeat(50),
    ),
  ],
  ["more vendors than there are", written(head + ranges(1, 1, 6_000) + NO_VENDORS + number(0, 12))],
];

for (const [name, text] of unreadable) {
  test(`TCF: ${name} is no string`, () => assert.equal(decode(text), null));
}

test("vendors are counted before they are written down", () => {
  const core = written(head + ranges(3, 1, 1_000) + number(500, 16) + "0" + "1".repeat(500) + number(0, 12));
  assert.equal(countVendors(core, 100_000), 3_500);
  assert.equal(countVendors(core, 1_000), 1_000);
  assert.equal(countVendors(core.slice(0, 40), 1_000), null);
});

test("no text makes it throw or take long", () => {
  const characters = fc.string({ unit: fc.constantFrom(...ALPHABET, "."), maxLength: 1_500 });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        characters,
        characters.map((text) => `CO${text}`),
      ),
      (text) => {
        const first = decode(text);
        assert.deepEqual(decode(text), first);
      },
    ),
    { numRuns: 2_000 },
  );
});

/** Consent object, the string found. */
const places: [JsonObject, string | undefined][] = [
  [{ tcf: "A" }, "A"],
  [{ tcf: { tcString: " A " } }, "A"],
  [{ tcf: { tc_string: "A" } }, "A"],
  [{ tc_string: "A" }, "A"],
  [{ tcString: "A" }, "A"],
  [{ IABTCF_TCString: "A" }, "A"],
  [{ "euconsent-v2": "A" }, "A"],
  [{ tcf: {}, tc_string: "B", tcString: "C" }, "B"],
  [{ tcf: true, tcString: "" }, undefined],
  [{ analytics: true }, undefined],
];

for (const [consent, expected] of places) {
  test(`TCF: string in ${JSON.stringify(consent)}`, () => assert.equal(findTcString(consent), expected));
}
