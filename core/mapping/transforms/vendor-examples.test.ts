/** The vendors' own examples: what they publish about a field, with the page it stands on and the day it was read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type JsonValue } from "../../json.ts";
import { compileTransform } from "./table.ts";

interface Page {
  vendor: string;
  url: string;
  /** When the page was last read, or the date it carries. */
  read: string;
}

const META: Page = {
  vendor: "Meta",
  url: "https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/customer-information-parameters",
  read: "2026-11-21",
};
const META_PIXEL: Page = {
  vendor: "Meta",
  url: "https://developers.facebook.com/docs/meta-pixel/advanced/advanced-matching",
  read: "2026-11-21",
};
const META_SDK: Page = {
  vendor: "Meta",
  url: "https://github.com/facebook/facebook-nodejs-business-sdk/blob/main/src/objects/serverside/utils.js",
  read: "2026-11-21",
};
const SNAPCHAT: Page = {
  vendor: "Snapchat",
  url: "https://developers.snap.com/api/marketing-api/Conversions-API/Parameters",
  read: "2026-11-21",
};
const SNAPCHAT_HYGIENE: Page = {
  vendor: "Snapchat",
  url: "https://developers.snap.com/api/marketing-api/Conversions-API/BestPractices",
  read: "2026-11-21",
};
const GOOGLE: Page = {
  vendor: "Google",
  url: "https://developers.google.com/data-manager/api/get-started/formatting",
  read: "2026-11-21",
};
const GOOGLE_ADS: Page = {
  vendor: "Google",
  url: "https://developers.google.com/google-ads/api/docs/conversions/upload-online",
  read: "2026-11-21",
};
const GOOGLE_GA4: Page = {
  vendor: "Google",
  url: "https://developers.google.com/analytics/devguides/collection/ga4/uid-data",
  read: "2026-11-21",
};
const PINTEREST: Page = {
  vendor: "Pinterest",
  url: "https://www.rubydoc.info/gems/pinterest_sdk/PinterestSdkClient/ConversionEventsUserDataProperties",
  read: "2026-11-21",
};
const TIKTOK: Page = {
  vendor: "TikTok",
  url: "https://ads.tiktok.com/help/article/how-to-create-a-custom-audience-with-a-customer-file",
  read: "2026-11-21",
};
const LINKEDIN: Page = {
  vendor: "LinkedIn",
  url: "https://developers.qodex.ai/linkedin-marketing-solutions-versioned-apis/conversions-api/conversion-events-streaming-workflow/10-stream-multiple-conversion-events-to-the-conversion-rule",
  read: "2026-11-21",
};
const X: Page = { vendor: "X", url: "https://docs.x.com/x-ads-api/audiences/reference", read: "2026-11-21" };

interface Example {
  page: Page;
  field: string;
  chain: readonly JsonValue[];
  input: JsonValue;
  /** Before the digest. */
  normalized: JsonValue;
  /** SHA-256, where the page gives one; where it only states the rule, none. */
  digest?: string;
}

const META_PHONE = [{ e164: "US" }, "digits_only"];

const EXAMPLES: readonly Example[] = [
  {
    page: META,
    field: "em",
    chain: ["normalize_email"],
    input: "John_Smith@gmail.com",
    normalized: "john_smith@gmail.com",
    digest: "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
  },
  {
    page: META,
    field: "ph",
    chain: META_PHONE,
    input: "(650)555-1212",
    normalized: "16505551212",
    digest: "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176",
  },
  {
    page: META,
    field: "fn",
    chain: ["normalize_name"],
    input: "Mary",
    normalized: "mary",
    digest: "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec",
  },
  {
    page: META,
    field: "fn",
    chain: ["normalize_name"],
    input: "정",
    normalized: "정",
    digest: "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14",
  },
  {
    page: META,
    field: "fn",
    chain: ["normalize_name"],
    input: "Valéry",
    normalized: "valéry",
    digest: "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c",
  },
  { page: META_PIXEL, field: "ct", chain: ["normalize_city"], input: "Menlo Park", normalized: "menlopark" },
  { page: META_PIXEL, field: "st", chain: ["normalize_state"], input: "CA", normalized: "ca" },
  { page: META_PIXEL, field: "zp", chain: ["normalize_zip"], input: "94025", normalized: "94025" },
  { page: META_PIXEL, field: "country", chain: ["country_iso2"], input: "US", normalized: "us" },
  { page: META_PIXEL, field: "ge", chain: ["gender_initial"], input: "Female", normalized: "f" },
  { page: META_PIXEL, field: "db", chain: [{ date_format: "yyyyMMdd" }], input: "1991-05-26", normalized: "19910526" },
  { page: META_PIXEL, field: "ph", chain: META_PHONE, input: "(650) 555-4444", normalized: "16505554444" },
  { page: META_SDK, field: "ct", chain: ["normalize_city"], input: "St. Paul (2)", normalized: "stpaul" },
  { page: META_SDK, field: "st", chain: ["normalize_state"], input: "N. Holland", normalized: "nholland" },
  { page: META_SDK, field: "zp", chain: ["normalize_zip"], input: "94025-1234", normalized: "94025" },
  { page: META_SDK, field: "zp", chain: ["normalize_zip"], input: "M1 1AE", normalized: "m11ae" },

  {
    page: SNAPCHAT,
    field: "em",
    chain: ["normalize_email"],
    input: " Person@Example.com ",
    normalized: "person@example.com",
    digest: "542d240129883c019e106e3b1b2d3f3cb3537c43c425364de8e951d5a3083345",
  },
  {
    page: SNAPCHAT,
    field: "ph",
    chain: ["e164", "digits_only"],
    input: "+44 844 412 4653",
    normalized: "448444124653",
    digest: "dc008fda46e2e64002cf2f82a4906236282d431c4f75e5b60bfe79fc48546383",
  },
  {
    page: SNAPCHAT,
    field: "fn",
    chain: ["normalize_name"],
    input: "John",
    normalized: "john",
    digest: "96d9632f363564cc3032521409cf22a852f2032eec099ed5967c0d000cec607a",
  },
  {
    page: SNAPCHAT,
    field: "fn",
    chain: ["normalize_name"],
    input: "Raphaël",
    normalized: "raphaël",
    digest: "e74bb89e718fe1e19c422a48382870399f8bf7ca8dfa008739e75b0be76627b7",
  },
  // "Remove any double 0 in front of the country code. If the number itself begins with a 0, this should be removed."
  {
    page: SNAPCHAT_HYGIENE,
    field: "ph",
    chain: ["e164", "digits_only"],
    input: "0044 844 412 4653",
    normalized: "448444124653",
  },
  {
    page: SNAPCHAT_HYGIENE,
    field: "ph",
    chain: [{ e164: "GB" }, "digits_only"],
    input: "0844 412 4653",
    normalized: "448444124653",
  },

  { page: GOOGLE, field: "phone_number", chain: [{ e164: "US" }], input: "(800)555-0100", normalized: "+18005550100" },
  // "Trim leading, trailing and intermediate whitespace"; the dots of gmail.com and googlemail.com go.
  {
    page: GOOGLE,
    field: "email_address",
    chain: ["normalize_email_google"],
    input: " Jane . Doe@Gmail.com ",
    normalized: "janedoe@gmail.com",
  },
  {
    page: GOOGLE,
    field: "email_address",
    chain: ["normalize_email_google"],
    input: "jane.doe@googlemail.com",
    normalized: "janedoe@googlemail.com",
  },
  {
    page: GOOGLE,
    field: "email_address",
    chain: ["normalize_email_google"],
    input: "Jane.Doe@example.com",
    normalized: "jane.doe@example.com",
  },
  { page: GOOGLE, field: "given_name", chain: ["normalize_name_google"], input: " Jane ", normalized: "jane" },
  { page: GOOGLE, field: "region_code", chain: ["country_iso2", "uppercase"], input: "usa", normalized: "US" },
  {
    page: GOOGLE,
    field: "postal_code",
    chain: ["normalize_zip_google"],
    input: "94303-5300 ",
    normalized: "94303-5300",
  },
  {
    page: GOOGLE_ADS,
    field: "hashed_email",
    chain: ["normalize_email_google"],
    input: "Jane.Doe+newsletter@gmail.com",
    normalized: "janedoe@gmail.com",
  },
  // "Remove digit and symbol characters, lowercase, remove leading and trailing spaces."
  {
    page: GOOGLE_GA4,
    field: "sha256_first_name",
    chain: ["normalize_name_google"],
    input: " J4ne! ",
    normalized: "jne",
  },
  {
    page: GOOGLE_GA4,
    field: "sha256_street",
    chain: ["normalize_street"],
    input: " 12, High Street ",
    normalized: "12 high street",
  },
  { page: GOOGLE_GA4, field: "city", chain: ["normalize_city_google"], input: " New York 1", normalized: "new york" },
  {
    page: GOOGLE_GA4,
    field: "region",
    chain: ["normalize_city_google"],
    input: "North Rhine-Westphalia",
    normalized: "north rhinewestphalia",
  },
  { page: GOOGLE_GA4, field: "postal_code", chain: ["normalize_zip_google"], input: "9.40~25", normalized: "94025" },
  {
    page: GOOGLE_GA4,
    field: "sha256_phone_number",
    chain: [{ e164: "GB" }],
    input: "020 7946 0958",
    normalized: "+442079460958",
  },

  // Lower case; digits with country code; "without spaces or punctuation"; digits only; f, m, or n for non-binary.
  {
    page: PINTEREST,
    field: "em",
    chain: ["normalize_email"],
    input: "Jane@Example.com",
    normalized: "jane@example.com",
  },
  { page: PINTEREST, field: "ph", chain: META_PHONE, input: "+1 (650) 555-1212", normalized: "16505551212" },
  { page: PINTEREST, field: "ct", chain: ["normalize_city"], input: "New York", normalized: "newyork" },
  { page: PINTEREST, field: "st", chain: ["normalize_state"], input: "New York", normalized: "ny" },
  { page: PINTEREST, field: "zp", chain: ["normalize_zip", "digits_only"], input: "94025-1234", normalized: "94025" },
  { page: PINTEREST, field: "country", chain: ["country_iso2"], input: "United States", normalized: "us" },
  {
    page: PINTEREST,
    field: "ge",
    chain: [{ gender_initial: { non_binary: "n" } }],
    input: "non-binary",
    normalized: "n",
  },
  { page: PINTEREST, field: "db", chain: [{ date_format: "yyyyMMdd" }], input: "1995-07-03", normalized: "19950703" },

  {
    page: TIKTOK,
    field: "email",
    chain: ["normalize_email"],
    input: " JaneDoe@gmail.com",
    normalized: "janedoe@gmail.com",
    digest: "d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69",
  },
  // "+", country code, number.
  { page: TIKTOK, field: "phone", chain: [{ e164: "US" }], input: "(213) 373-4253", normalized: "+12133734253" },

  {
    page: LINKEDIN,
    field: "SHA256_EMAIL",
    chain: ["normalize_email"],
    input: " Jane@Example.com ",
    normalized: "jane@example.com",
  },
  { page: LINKEDIN, field: "userInfo.firstName", chain: ["normalize_name"], input: "Mike", normalized: "mike" },
  {
    page: LINKEDIN,
    field: "userInfo.countryCode",
    chain: ["country_iso2", "uppercase"],
    input: "us",
    normalized: "US",
  },

  {
    page: X,
    field: "hashed_phone_number",
    chain: ["e164"],
    input: "+1 123 456 7890",
    normalized: "+11234567890",
    digest: "1fa6b8d986d9b9cd01bf36951815158bbde9f520c0567c835dfe34783d0a4231",
  },
];

function run(chain: readonly JsonValue[], input: JsonValue): JsonValue | undefined {
  let value: JsonValue | undefined = input;
  for (const step of chain) {
    const [name = "", args] = typeof step === "string" ? [step] : (Object.entries(step ?? {})[0] ?? []);
    const made = compileTransform(name, args, { predicate: () => ({ fault: "" }) });
    assert.equal(typeof made, "function", JSON.stringify(made));
    value = (made as Exclude<typeof made, { fault: string }>)(value);
  }
  return value;
}

for (const { page, field, chain, input, normalized, digest } of EXAMPLES) {
  test(`${page.vendor} ${field}: ${JSON.stringify(input)} → ${JSON.stringify(normalized)} (${page.url}, ${page.read})`, () => {
    assert.equal(run(chain, input), normalized);
    if (digest !== undefined) assert.equal(run([...chain, "sha256"], input), digest);
    if (
      chain.includes("uppercase") ||
      chain.some((step) => typeof step === "object" && step !== null && "date_format" in step)
    )
      return;
    const hashed = run([...chain, "sha256"], input) ?? null;
    assert.equal(run([...chain, "sha256"], hashed), hashed, "a digest goes through the whole chain untouched");
  });
}

test("every vendor of the list has examples for e-mail or phone", () => {
  const vendors = new Set(EXAMPLES.map(({ page }) => page.vendor));
  for (const vendor of ["Meta", "Google", "TikTok", "Pinterest", "Snapchat", "LinkedIn"])
    assert.ok(vendors.has(vendor));
});
