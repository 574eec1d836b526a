/** Takes parameters that identify a visitor out of addresses, in time linear in the text. */
import { isPersonalName } from "./personal-keys.ts";

/** An address in an address in an address. */
const MAX_ENCODINGS = 3;
const LONGEST_NAME = 200;

/**
 * The text without the parameters of query strings and fragments whose names are personal; `utm_*` and the others stay as
 * they were written. Addresses in parameters, percent-encoded, are looked through too.
 */
export function stripParameters(text: string, encodings = MAX_ENCODINGS): string {
  if (!text.includes("=")) return stripEncoded(text, encodings);
  const pieces = text.split(/([?&#;])/);
  const first = stripParameter(pieces[0] ?? "", encodings);
  let out = first ?? "";
  /** The sign before a parameter that was taken out, for the one that moves up; null when none was. */
  let open: string | null = first === null ? "" : null;
  for (let at = 1; at < pieces.length; at += 2) {
    const sign = pieces[at] ?? "";
    const parameter = stripParameter(pieces[at + 1] ?? "", encodings);
    const joins = sign === "&" || sign === ";";
    if (parameter === null) {
      if (!joins) open = sign;
      else open ??= sign;
    } else {
      out += (joins ? (open ?? sign) : sign) + parameter;
      open = null;
    }
  }
  return out;
}

/** One parameter, null when it goes. Names in an address hold no spaces, so that sentences stay. */
function stripParameter(text: string, encodings: number): string | null {
  const mark = text.indexOf("=");
  if (mark === -1) return stripEncoded(text, encodings);
  const name = text.slice(0, mark);
  if (name.length <= LONGEST_NAME && !/\s/.test(name) && isPersonalName(decoded(name) ?? name)) return null;
  return `${name}=${stripEncoded(text.slice(mark + 1), encodings)}`;
}

function stripEncoded(text: string, encodings: number): string {
  if (encodings === 0 || !text.includes("%")) return text;
  const plain = decoded(text);
  if (plain === null) return text;
  const after = stripParameters(plain, encodings - 1);
  return after === plain ? text : encodeURIComponent(after.toWellFormed());
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
