/** An e-mail address as accounts are told by it. */

const LONGEST = 254;

/** One address, however it is written. */
export function normalEmail(text: string): string {
  return text.toLowerCase().normalize("NFC");
}

/** What is wrong with one that did not pass a route's schema; null for a good one. */
export function emailFault(text: string): string | null {
  const isOne =
    text.length <= LONGEST && /^[^\s@\p{Cc}"(),:;<>[\]\\]{1,64}@[^\s@\p{Cc}"(),:;<>[\]\\]{1,190}$/u.test(text);
  return isOne ? null : "must be an e-mail address, as in jane@example.com";
}
