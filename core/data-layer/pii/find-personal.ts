/** Finds e-mail addresses, phone numbers and card numbers in text, in time linear in the text. */

/** A find: where it stands, and the form it is hashed in. */
interface Find {
  start: number;
  end: number;
  form: string;
}

/** Replaces every find of a text; undefined when the find is all of the text and nothing is to be left. */
export type Replace = (form: string) => string | undefined;

type Finder = (text: string, from: number) => Find | null;

/** Longest parts of an address, RFC 5321. */
const MAX_LOCAL = 64;
const MAX_DOMAIN = 255;
/** Letters of any script count as part of an address; quotes, spaces and dashes of typography do not. */
const LOCAL = /[\p{L}\p{N}._+-]/u;
const DOMAIN = /[\p{L}\p{N}.-]/u;
/**
 * Domain labels of up to 63 with a dot between. The last begins with a letter; what stands behind it, as the full stop of
 * a sentence, is none of it.
 */
const WHOLE_DOMAIN = /^[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62}\.)+\p{L}[\p{L}\p{N}-]{0,61}[\p{L}\p{N}](?![\p{L}\p{N}])/u;
/** Names of pictures for dense displays: logo@2x.png. */
const PICTURE = /^\d{1,2}x\.(?:png|jpe?g|gif|webp|svg|avif)$/i;

function findEmail(text: string, from: number): Find | null {
  for (let at = text.indexOf("@", from); at !== -1; at = text.indexOf("@", at + 1)) {
    let start = at;
    while (start > from && at - start < MAX_LOCAL && LOCAL.test(text.charAt(start - 1))) start -= 1;
    const [domain] = WHOLE_DOMAIN.exec(text.slice(at + 1, endOfDomain(text, at + 1))) ?? [""];
    if (start === at || domain === "" || PICTURE.test(domain)) continue;
    // Addresses glued together are one find, so that no half of one is left.
    let end = at + 1 + domain.length;
    while (text[end] === "@") end = endOfDomain(text, end + 1);
    return { start, end, form: text.slice(start, end).toLowerCase() };
  }
  return null;
}

function endOfDomain(text: string, from: number): number {
  let end = from;
  while (end < text.length && end - from < MAX_DOMAIN && DOMAIN.test(text.charAt(end))) end += 1;
  return end;
}

/** E.164 with its plus: 8 to 15 digits, brackets, dots, spaces or hyphens between them; then an extension: x12, ext. 12. */
const PHONE = /(\+[1-9](?:[ \u00a0().-]{0,2}[0-9]){7,14})(?: ?(?:x|ext\.?) ?[0-9]{1,8})?(?![0-9A-Za-z])/gi;
/** A plus behind one of these is a space of a query string, or part of something else. */
const JOINS_PLUS = /[0-9A-Za-z+]/;

function findPhone(text: string, from: number): Find | null {
  PHONE.lastIndex = from;
  for (let match = PHONE.exec(text); match !== null; match = PHONE.exec(text)) {
    const { index } = match;
    const stands = index === from || !JOINS_PLUS.test(text.charAt(index - 1));
    if (stands) return { start: index, end: PHONE.lastIndex, form: `+${match[1]?.replace(/\D/g, "")}` };
    PHONE.lastIndex = index + 1;
  }
  return null;
}

/**
 * 13 to 19 digits in one piece, or in the groups that cards print: 4-4-4-4(-1 to 3) and 4-6-4 or 4-6-5, with the same sign
 * between them once or twice.
 */
const CARD =
  /(?<![0-9A-Za-z])(?:\d{13,19}|\d{4}([ \u00a0+.-])\1?\d{4}\1{1,2}\d{4}\1{1,2}\d{4}(?:\1{1,2}\d{1,3})?|\d{4}([ \u00a0+.-])\2?\d{6}\2{1,2}\d{4,5})(?![0-9A-Za-z])/g;
/** Number ranges of the card schemes by first digits and length, so that other long numbers stay. */
const ISSUED =
  /^(?:4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|3(?:0[0-59]|[68]\d)\d{11,16}|35(?:2[89]|[3-8]\d)\d{12,15}|6(?:011|4[4-9]\d|5\d\d)\d{12,15}|62\d{14,17}|(?:50|5[6-8]|6[37])\d{11,17})$/;

const FOUR_GROUPS = /^\d{4}(?:\D{1,2}\d{4}){3}/;

function findCard(text: string, from: number): Find | null {
  CARD.lastIndex = from;
  for (let match = CARD.exec(text); match !== null; match = CARD.exec(text)) {
    // A date may stand behind a card's four groups: then the number ends before it.
    for (const found of [match[0], FOUR_GROUPS.exec(match[0])?.[0] ?? ""]) {
      const form = found.replace(/\D/g, "");
      if (ISSUED.test(form) && fitsLuhn(form)) return { start: match.index, end: match.index + found.length, form };
    }
    // The groups of another number may stand before: the next try begins one digit further.
    CARD.lastIndex = match.index + 1;
  }
  return null;
}

/** The check digit of card numbers, ISO/IEC 7812-1. */
function fitsLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = digits.length - 1, double = false; index >= 0; index -= 1, double = !double) {
    const digit = digits.charCodeAt(index) - 48;
    const counted = double ? digit * 2 : digit;
    sum += counted > 9 ? counted - 9 : counted;
  }
  return sum % 10 === 0;
}

/** The text with every find replaced, the same text when there is none. */
function replaceAll(text: string, find: Finder, replace: Replace): string | undefined {
  let found = find(text, 0);
  if (found === null) return text;
  let out = "";
  let from = 0;
  for (; found !== null; found = find(text, from)) {
    const made = replace(found.form);
    if (made === undefined && text.slice(found.start, found.end) === text.trim()) return undefined;
    out += text.slice(from, found.start) + (made ?? REDACTED);
    from = found.end;
  }
  return out + text.slice(from);
}

/** Stands where a find was taken out of a longer text. */
export const REDACTED = "[redacted]";

export const replaceEmails = (text: string, replace: Replace): string | undefined =>
  text.includes("@") ? replaceAll(text, findEmail, replace) : text;

export const replacePhones = (text: string, replace: Replace): string | undefined =>
  text.includes("+") ? replaceAll(text, findPhone, replace) : text;

export const replaceCards = (text: string, replace: Replace): string | undefined =>
  text.length < 13 ? text : replaceAll(text, findCard, replace);
