/** What a password must be: long, not among those that are tried first, not the account's own name. */

export const PASSWORD_LENGTH = { least: 12, most: 256 };

/** What the passwords that are tried first are made of (lists of leaked ones), without digits and signs at either end. */
const COMMON = new Set(
  [
    "password passwort passwords passphrase letmein welcome changeme changeit secret default administrator admin root test",
    "testing guest login master access qwerty qwertyuiop qwertz qwertzuiop azerty asdfgh asdfghjkl zxcvbn zxcvbnm iloveyou",
    "monkey dragon football baseball basketball superman batman sunshine princess shadow michael jennifer charlie trustno",
    "starwars whatever freedom computer internet google facebook samsung liverpool chelsea arsenal barcelona pokemon",
    "correcthorsebatterystaple unknown nothing example summer winter spring autumn january december monday company",
    "datafly signal dataflysignal management organisation organization user username newpassword mypassword yourpassword",
    "temporary temp hello helloworld goodbye love lovely blink killer hunter ninja mustang corvette ferrari cheese",
  ].flatMap((line) => line.split(" ")),
);

const ROWS = [
  "abcdefghijklmnopqrstuvwxyz",
  "012345678901234567890123456789",
  "qwertyuiopasdfghjklzxcvbnm",
  "qwertzuiopasdfghjklyxcvbnm",
];
const LOOKALIKES: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "i",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "@": "a",
  $: "s",
  "!": "i",
};

/**
 * Why a password is not taken, as what it must be; null for a good one.
 * @param email of the account
 */
export function passwordFault(password: string, email: string): string | null {
  const { least, most } = PASSWORD_LENGTH;
  const length = [...password].length;
  if (length < least) return `must have at least ${least} characters`;
  if (length > most) return `must have at most ${most} characters`;
  if (password.includes("\0")) return "must not contain the character NUL";
  const text = password.toLowerCase();
  const [name = ""] = email.split("@");
  if (text === email || core(text) === name || core(text) === email)
    return "must not be the e-mail address or its name";
  if (isCommon(text))
    return "is among the passwords that are tried first: choose another one, several words for example";
  return null;
}

function isCommon(text: string): boolean {
  const unit = repeatedUnit(text);
  if (unit !== null && unit.length <= 8) return true;
  if (ROWS.some((row) => follows(row, text))) return true;
  const letters = core(text);
  return COMMON.has(letters) || COMMON.has(core(readable(text))) || COMMON.has(repeatedUnit(letters) ?? letters);
}

/** Without the digits and signs that are added to a word. */
function core(text: string): string {
  return text.replace(/^[^\p{L}]+/u, "").replace(/[^\p{L}]+$/u, "");
}

function readable(text: string): string {
  const trimmed = text.replace(/[\d\W_]+$/, "");
  return [...trimmed].map((sign) => LOOKALIKES[sign] ?? sign).join("");
}

/** What it repeats at least twice; null for what does not repeat. */
function repeatedUnit(text: string): string | null {
  for (let length = 1; length <= text.length / 2; length += 1) {
    const unit = text.slice(0, length);
    if (unit.repeat(Math.ceil(text.length / length)).startsWith(text)) return unit;
  }
  return null;
}

/** Whether it is a piece of a keyboard's row, forwards or backwards. */
function follows(row: string, text: string): boolean {
  return row.includes(text) || [...row].toReversed().join("").includes(text);
}
