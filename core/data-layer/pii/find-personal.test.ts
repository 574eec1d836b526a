import assert from "node:assert/strict";
import { test } from "node:test";
import { replaceCards, replaceEmails, replacePhones } from "./find-personal.ts";

type Replacer = typeof replaceEmails;

/** Text, and what is found in it in the form it is hashed in. */
function finds(name: string, replacer: Replacer, cases: readonly [string, ...string[]][]): void {
  for (const [text, ...forms] of cases) {
    test(`${name}: ${text.slice(0, 60)}`, () => {
      const found: string[] = [];
      const out = replacer(text, (form) => {
        found.push(form);
        return "#";
      });
      assert.deepEqual(found, forms);
      if (forms.length === 0) assert.equal(out, text);
    });
  }
}

finds("e-mail", replaceEmails, [
  ["jane@example.com", "jane@example.com"],
  ["Write to Jane.Doe+shop@Mail.Example.co.uk, please.", "jane.doe+shop@mail.example.co.uk"],
  ["<jane@example.com>, (joe_b@example.org)", "jane@example.com", "joe_b@example.org"],
  ["jürgen@bücher.example", "jürgen@bücher.example"],
  ["x@xn--bcher-kva.xn--p1ai", "x@xn--bcher-kva.xn--p1ai"],
  ["https://shop.example.com/?email=jane@example.com&x=1", "jane@example.com"],
  ["mailto:jane@example.com.", "jane@example.com"],
  [`${"a".repeat(80)}@example.com`, `${"a".repeat(64)}@example.com`],
  ["jane@example.com@joe@example.org!", "jane@example.com@joe@example.org"],
  ["jane@example.com.0 and jane@example.com.-", "jane@example.com", "jane@example.com"],
  ["jane@example.com0", "jane@example.com0"],
  ["@datafly/collector"],
  ["https://maps.example.com/@51.5,-0.12,15z"],
  ["logo@2x.png"],
  ["pkg@1.2.3"],
  ["user@localhost"],
  ["a@b@c@"],
  ["@@@@"],
  ["jane@-example-.com"],
]);

finds("phone", replacePhones, [
  ["+441632960960", "+441632960960"],
  ["call +44 (0)1632 960-960 now", "+4401632960960"],
  ["tel:+1.202.555.0134", "+12025550134"],
  ["+44\u00a01632\u00a0960960", "+441632960960"],
  ["+441632960960+12025550134", "+441632960960", "+12025550134"],
  ["+1-650-555-1212x12", "+16505551212"],
  ["call +1 650 555 1212 ext. 12 now", "+16505551212"],
  ["+1234567"],
  ["+1234567890123456"],
  ["01632 960960"],
  ["2026-02-25T14:30:00+01:00"],
  ["GMT+0100 12345678"],
  ["a+441632960960"],
  ["+441632960960x"],
  ["q=size+42+1234567890"],
]);

// Test numbers that the card schemes publish.
finds("card", replaceCards, [
  ["4111111111111111", "4111111111111111"],
  ["Paid by 4111 1111 1111 1111 12/27.", "4111111111111111"],
  ["4111-1111-1111-1111", "4111111111111111"],
  ["4111+1111+1111+1111", "4111111111111111"],
  ["4111.1111.1111.1111", "4111111111111111"],
  ["4111  1111 1111  1111", "4111111111111111"],
  ["4111  1111  1111  1111  12/27", "4111111111111111"],
  ["1234 4111 1111 1111 1111", "4111111111111111"],
  ["5555555555554444", "5555555555554444"],
  ["2223003122003222", "2223003122003222"],
  ["378282246310005", "378282246310005"],
  ["3782 822463 10005", "378282246310005"],
  ["3056 930902 5904", "30569309025904"],
  ["6011111111111117", "6011111111111117"],
  ["3530111333300000", "3530111333300000"],
  ["6200000000000005", "6200000000000005"],
  ["4222222222222", "4222222222222"],
  ["4111111111111112"],
  ["4111 1111-1111 1111"],
  ["1760000000000"],
  ["fb.1.1558571054389.1098115397"],
  ["123e4567-e89b-42d3-a456-426614174000"],
  ["x4111111111111111"],
  ["41111111111111111111111111111111"],
  ["0000000000000000"],
]);

test("what was found is taken out: alone it leaves nothing, in a text a mark", () => {
  const gone = () => undefined;
  assert.equal(replaceEmails(" jane@example.com ", gone), undefined);
  assert.equal(replaceEmails("I am jane@example.com", gone), "I am [redacted]");
  assert.equal(replaceCards("4111111111111111 4111111111111111", gone), "[redacted] [redacted]");
});

test("long hostile texts take time in proportion", () => {
  const texts = [
    "@",
    "a@",
    "a.",
    "+1",
    "+1 ",
    "1 1 ",
    "4111 ",
    "4111  ",
    "+1 650 555 1212 ext",
    "a@b.c@",
    "%40",
    "9",
    "a-@a.-",
  ];
  for (const text of texts) {
    const long = text.repeat(Math.ceil(1_000_000 / text.length));
    const started = process.cpuUsage().user;
    for (const replacer of [replaceEmails, replacePhones, replaceCards]) replacer(long, () => "#");
    // Quadratic work on a million characters would take minutes.
    assert.ok(process.cpuUsage().user - started < 10_000_000, text);
  }
});
