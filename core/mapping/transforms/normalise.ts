/** Identifiers in the form vendors publish for hashing. What cannot be normalised is missing; a SHA-256 digest is left alone. */
import { parsePhoneNumberFromString, type CountryCode, isSupportedCountry } from "libphonenumber-js/min";
import { Type } from "typebox";
import { COUNTRY_BY_NAME, US_STATES } from "./places.ts";
import { onText, type TransformDefinition, type TransformExample } from "./definition.ts";

const DIGEST = /^[0-9a-f]{64}$/i;
const NOT_LETTER_OR_DIGIT = /[^\p{L}\p{M}\p{N}]+/gu;
const PUNCTUATION = /[\p{P}\p{S}]+/gu;
const DIGITS = /\p{N}+/gu;

/** Empty is missing. */
const orMissing = (text: string): string | undefined => (text === "" ? undefined : text);

interface Rule {
  name: string;
  summary: string;
  examples: readonly TransformExample[];
  rule: (text: string) => string | undefined;
}

const normaliser = ({ name, summary, examples, rule }: Rule): TransformDefinition =>
  onText({
    name,
    family: "normalise",
    summary,
    unusable: "missing",
    examples,
    make: () => (text) => (DIGEST.test(text) ? text : rule(text)),
  });

function email(text: string): string | undefined {
  const plain = text.replace(/\s+/g, "").toLowerCase();
  const at = plain.indexOf("@");
  return at > 0 && at === plain.lastIndexOf("@") && at < plain.length - 1 ? plain : undefined;
}

const GOOGLE_HOSTS = new Set(["gmail.com", "googlemail.com"]);

/** Google ignores dots and everything from `+` on in the local part of its own addresses. */
function googleEmail(text: string): string | undefined {
  const plain = email(text);
  if (plain === undefined) return undefined;
  const at = plain.indexOf("@");
  if (!GOOGLE_HOSTS.has(plain.slice(at + 1))) return plain;
  const [local = ""] = plain.slice(0, at).split("+");
  const bare = local.replaceAll(".", "");
  return bare === "" ? undefined : bare + plain.slice(at);
}

function phone(text: string, country: CountryCode | undefined): string | undefined {
  const international = text.trim().replace(/^00(?=[1-9])/, "+");
  if (international.length > 60) return undefined;
  const parsed = parsePhoneNumberFromString(international, country);
  if (parsed?.isPossible()) return parsed.number;
  return country === undefined ? withoutPlus(international) : undefined;
}

/** `16505551212` can only be a number with its country's code: national numbers have a leading zero, or fewer digits. */
function withoutPlus(text: string): string | undefined {
  const digits = text.replace(/[\s().-]+/g, "");
  const parsed = /^[1-9]\d{10,14}$/.test(digits) ? parsePhoneNumberFromString(`+${digits}`) : undefined;
  return parsed?.isValid() ? parsed.number : undefined;
}

function zip(text: string): string | undefined {
  const trimmed = text.trim().toLowerCase();
  const plusFour = /^(\d{5})-\d{4}$/.exec(trimmed);
  return plusFour?.[1] ?? orMissing(trimmed.replace(NOT_LETTER_OR_DIGIT, ""));
}

const GENDERS: ReadonlyMap<string, string> = new Map([
  ...["m", "male", "man", "boy"].map((word): [string, string] => [word, "m"]),
  ...["f", "female", "woman", "girl", "w"].map((word): [string, string] => [word, "f"]),
  ...["n", "nb", "nonbinary", "enby", "x", "diverse"].map((word): [string, string] => [word, "n"]),
]);

function gender(text: string, nonBinary: string | undefined): string | undefined {
  const initial = GENDERS.get(text.toLowerCase().replace(/[^a-z]+/g, ""));
  return initial === "n" ? nonBinary : initial;
}

const collapsed = (text: string): string => text.trim().replace(/\s+/g, " ");

const CONTACT: readonly TransformDefinition[] = [
  normaliser({
    name: "normalize_email",
    summary: "Lower case without whitespace; missing when it is no address.",
    examples: [
      { input: " John_Smith@Gmail.com ", output: "john_smith@gmail.com" },
      { input: "not an address" },
      {
        input: "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
        output: "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
      },
    ],
    rule: email,
  }),
  normaliser({
    name: "normalize_email_google",
    summary: "As normalize_email; in addresses at gmail.com and googlemail.com dots and +suffix of the local part go.",
    examples: [
      { input: "Jane.Doe+shop@gmail.com", output: "janedoe@gmail.com" },
      { input: "jane.doe+shop@example.com", output: "jane.doe+shop@example.com" },
    ],
    rule: googleEmail,
  }),
  onText({
    name: "e164",
    family: "normalise",
    summary:
      "A phone number as +, country code, number; national numbers need the country as argument, the + may be left out of those of 11 digits and more; missing when it is no possible number.",
    args: Type.String({
      pattern: "^[A-Z]{2}$",
      description: "ISO 3166 code of the country that national numbers belong to.",
    }),
    optional: true,
    unusable: "missing",
    examples: [
      { input: "+44 844 412 4653", output: "+448444124653" },
      { input: "(650) 555-1212", args: "US", output: "+16505551212" },
      { input: "0044 20 7946 0958", output: "+442079460958" },
      { input: 16505551212, output: "+16505551212" },
      { input: "12" },
      { input: "020 7946 0958", args: "GB", output: "+442079460958" },
      { input: "020 7946 0958" },
    ],
    make: (country) => {
      if (country !== undefined && !isSupportedCountry(country)) return { fault: `no country ${country}.` };
      return (text) => (DIGEST.test(text) ? text : phone(text, country));
    },
  }),
  normaliser({
    name: "digits_only",
    summary: "The digits of a text; missing when there are none.",
    examples: [{ input: "+1 (650) 555-1212", output: "16505551212" }, { input: 42, output: "42" }, { input: "none" }],
    rule: (text) => orMissing(text.replace(/\D+/g, "")),
  }),
];

const PERSON: readonly TransformDefinition[] = [
  normaliser({
    name: "normalize_name",
    summary: "Lower case without punctuation, whitespace collapsed; letters of other alphabets stay.",
    examples: [
      { input: "Mary", output: "mary" },
      { input: "Valéry", output: "valéry" },
      { input: "O'Neil-Smith", output: "oneilsmith" },
      { input: "정", output: "정" },
    ],
    rule: (text) => orMissing(collapsed(text.toLowerCase().replace(PUNCTUATION, ""))),
  }),
  normaliser({
    name: "normalize_name_google",
    summary: "As normalize_name, and without digits: what Google hashes of first and last names.",
    examples: [
      { input: " Mary-Anne 2 ", output: "maryanne" },
      { input: "Ana María", output: "ana maría" },
    ],
    rule: (text) => orMissing(collapsed(text.toLowerCase().replace(PUNCTUATION, "").replace(DIGITS, ""))),
  }),
  onText({
    name: "gender_initial",
    family: "normalise",
    summary: "m or f; missing for anything else. With non_binary also that letter (Pinterest takes n).",
    args: Type.Object(
      { non_binary: Type.String({ pattern: "^[a-z]$", description: "The letter for non-binary." }) },
      { additionalProperties: false },
    ),
    optional: true,
    unusable: "missing",
    examples: [
      { input: "Female", output: "f" },
      { input: "M", output: "m" },
      { input: "unknown" },
      { input: "non-binary" },
      { input: "Non-Binary", args: { non_binary: "n" }, output: "n" },
    ],
    make: (args) => (text) => (DIGEST.test(text) ? text : gender(text, args?.non_binary)),
  }),
];

const ADDRESS: readonly TransformDefinition[] = [
  normaliser({
    name: "normalize_city",
    summary: "Lower case letters only: without punctuation, whitespace and digits.",
    examples: [
      { input: "New York", output: "newyork" },
      { input: "St. John's 2", output: "stjohns" },
      { input: "München", output: "münchen" },
    ],
    rule: (text) => orMissing(text.toLowerCase().replace(/[^\p{L}\p{M}]+/gu, "")),
  }),
  normaliser({
    name: "normalize_state",
    summary: "US states as their two letters in lower case; others in lower case without punctuation and whitespace.",
    examples: [
      { input: "California", output: "ca" },
      { input: "NY", output: "ny" },
      { input: "Nordrhein-Westfalen", output: "nordrheinwestfalen" },
    ],
    rule: (text) => {
      const plain = text.toLowerCase().replace(NOT_LETTER_OR_DIGIT, "");
      return orMissing(US_STATES.get(plain) ?? plain);
    },
  }),
  normaliser({
    name: "normalize_zip",
    summary: "Lower case without whitespace and punctuation; US ZIP+4 is cut to five digits.",
    examples: [
      { input: "94025-1234", output: "94025" },
      { input: "M1 1AE", output: "m11ae" },
      { input: 94025, output: "94025" },
    ],
    rule: zip,
  }),
  normaliser({
    name: "country_iso2",
    summary:
      "A country's ISO 3166 two-letter code in lower case, from that code, the three-letter one or the English name; missing for anything else.",
    examples: [
      { input: "US", output: "us" },
      { input: "DEU", output: "de" },
      { input: "United Kingdom", output: "gb" },
      { input: "Côte d’Ivoire", output: "ci" },
      { input: "Atlantis" },
    ],
    rule: (text) =>
      COUNTRY_BY_NAME.get(
        text
          .toLowerCase()
          .normalize("NFD")
          .replace(/[^a-z]+/g, ""),
      ),
  }),
];

/** Google's rules for addresses, where they are others than those of Meta and the vendors that follow it. */
const GOOGLE_ADDRESS: readonly TransformDefinition[] = [
  normaliser({
    name: "normalize_street",
    summary: "Lower case without punctuation and symbols, whitespace collapsed; digits stay (Google hashes it).",
    examples: [
      { input: " 1600 Amphitheatre Pkwy. ", output: "1600 amphitheatre pkwy" },
      { input: "Königstraße 5/2", output: "königstraße 52" },
    ],
    rule: (text) => orMissing(collapsed(text.toLowerCase().replace(PUNCTUATION, ""))),
  }),
  normaliser({
    name: "normalize_city_google",
    summary: "Lower case without digits and symbols; words stay apart, other than with normalize_city.",
    examples: [
      { input: "New York", output: "new york" },
      { input: "St. John's 2", output: "st johns" },
    ],
    rule: (text) => orMissing(collapsed(text.toLowerCase().replace(PUNCTUATION, "").replace(DIGITS, ""))),
  }),
  normaliser({
    name: "normalize_zip_google",
    summary: "Without `.` and `~`, whitespace collapsed; US ZIP+4 keeps its four digits, which Google matches better.",
    examples: [
      { input: " 94303-5300 ", output: "94303-5300" },
      { input: "WC2H  8LG", output: "WC2H 8LG" },
      { input: 94303, output: "94303" },
    ],
    rule: (text) => orMissing(collapsed(text.replace(/[.~]+/g, ""))),
  }),
];

export const NORMALISE: readonly TransformDefinition[] = [...CONTACT, ...PERSON, ...ADDRESS, ...GOOGLE_ADDRESS];
