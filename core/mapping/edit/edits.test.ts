import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { difference, open, TEXT } from "./document-fixture.ts";
import { type Edited, type MappingDocument } from "./mapping-document.ts";

type Edit = (document: MappingDocument) => Edited;

/** Each edit, and the lines that it changes: all others are byte for byte the same. */
const EDITS: [name: string, edit: Edit, changed: string[]][] = [
  [
    "a value of a row in a line",
    (one) => one.setRow("global", "mappings", 0, { source: ["userId", "anonymousId"], target: "person" }),
    [
      "-        - {source: [userId,   anonymousId], target: visitor}   # keep the spaces",
      "+        - {source: [userId,   anonymousId], target: person}   # keep the spaces",
    ],
  ],
  [
    "a key more in a row in a line",
    (one) =>
      one.setRow("global", "mappings", 0, { source: ["userId", "anonymousId"], target: "visitor", required: true }),
    [
      "-        - {source: [userId,   anonymousId], target: visitor}   # keep the spaces",
      "+        - {source: [userId,   anonymousId], target: visitor, required: true}   # keep the spaces",
    ],
  ],
  [
    "a source less",
    (one) => one.setRow("global", "mappings", 0, { source: ["anonymousId"], target: "visitor" }),
    [
      "-        - {source: [userId,   anonymousId], target: visitor}   # keep the spaces",
      "+        - {source: [anonymousId], target: visitor}   # keep the spaces",
    ],
  ],
  [
    "quotes stay as they are",
    (one) =>
      one.setRow("global", "mappings", 1, {
        source: "traits.mail",
        target: "user.mail",
        transform: ["normalize_email", "sha256"],
      }),
    [
      "-        - source: 'traits.email'     # quoted",
      "-          # and a comment within",
      '-          target: "user.em"',
      "+        - source: 'traits.mail'     # quoted",
      "+          # and a comment within",
      '+          target: "user.mail"',
    ],
  ],
  [
    "a transform more in a list of lines",
    (one) =>
      one.setRow("global", "mappings", 1, {
        source: "traits.email",
        target: "user.em",
        transform: ["trim", "normalize_email", "sha256"],
      }),
    ["+              - trim"],
  ],
  [
    "a key less in a row of lines",
    (one) => one.setRow("global", "mappings", 1, { source: "traits.email", target: "user.em" }),
    ["-          transform:", "-              - normalize_email", "-              - sha256   # hashed"],
  ],
  [
    "the first key of a row of lines",
    (one) => one.setRow("global", "mappings", 2, { target: "y", source: "event" }),
    ["-        -   value:  x", "-            target: y", "+        -   target: y", "+            source: event"],
  ],
  [
    "a row of lines with a key more",
    (one) => one.setRow("global", "mappings", 2, { value: "x", target: "y", when: "event = 'a' AND NOT b" }),
    ["+            when: event = 'a' AND NOT b"],
  ],
  [
    "another row altogether",
    (one) => one.setRow("global", "mappings", 2, { source: "timestamp", target: "t", transform: "to_unix_seconds" }),
    [
      "-        -   value:  x",
      "-            target: y",
      "+        -   source: timestamp",
      "+            target: t",
      "+            transform: to_unix_seconds",
    ],
  ],
  [
    "a row at the end",
    (one) => one.addRow("global", "mappings", { source: "event", target: "name" }),
    ["+        - source: event", "+          target: name"],
  ],
  [
    "a row at the begin",
    (one) => one.addRow("global", "mappings", { source: "event", target: "name" }, 0),
    ["+        - { source: event, target: name }"],
  ],
  [
    "a row in between",
    (one) => one.addRow("global", "mappings", { source: "event", target: "name" }, 1),
    ["+        - { source: event, target: name }"],
  ],
  [
    "a row out, with its comment",
    (one) => one.removeRow("global", "mappings", 0),
    ["-        # who it is", "-        - {source: [userId,   anonymousId], target: visitor}   # keep the spaces"],
  ],
  [
    "the last row out",
    (one) => one.removeRow("global", "mappings", 2),
    ["-        -   value:  x", "-            target: y"],
  ],
  [
    "a row up",
    (one) => one.moveRow("global", "mappings", 2, 1),
    [
      "-        - source: 'traits.email'     # quoted",
      "-          # and a comment within",
      '-          target: "user.em"',
      "-          transform:",
      "-              - normalize_email",
      "-              - sha256   # hashed",
      "-",
      "-        -   value:  x",
      "-            target: y",
      "+        -   value:  x",
      "+            target: y",
      "+",
      "+        - source: 'traits.email'     # quoted",
      "+          # and a comment within",
      '+          target: "user.em"',
      "+          transform:",
      "+              - normalize_email",
      "+              - sha256   # hashed",
    ],
  ],
  [
    "a row in a list in brackets",
    (one) => one.setRow('events["Order Completed"]', "mappings", 0, { source: "canonical.value", target: "price" }),
    [
      "-            { source: canonical.value, target: value },   # one",
      "+            { source: canonical.value, target: price },   # one",
    ],
  ],
  [
    "the last row of a list in brackets out",
    (one) => one.removeRow('events["Order Completed"]', "mappings", 1),
    [
      "-            { source: canonical.value, target: value },   # one",
      "-",
      "-            { source: canonical.currency, target: currency, default_value: EUR }",
      "+            { source: canonical.value, target: value }   # one",
      "+",
    ],
  ],
  [
    "a row more in a list in brackets",
    (one) => one.addRow('events["Order Completed"]', "mappings", { value: 1, target: "n" }),
    [
      "-            { source: canonical.currency, target: currency, default_value: EUR }",
      "+            { source: canonical.currency, target: currency, default_value: EUR },",
      "+            { value: 1, target: n }",
    ],
  ],
  [
    "the first row of an empty list",
    (one) => one.addRow('events["Order Completed"]', "enrichments", { target: "region", value: "eu" }),
    ["-        enrichments: []", "+        enrichments:", "+            - { target: region, value: eu }"],
  ],
  [
    "a list that is not there yet",
    (one) => one.addRow('events["Order Completed"]', "transforms", { target: "value", transform: "round" }),
    ["+        transforms:", "+            - { target: value, transform: round }"],
  ],
  [
    "an option, in lines before",
    (one) => one.setOption('events["Order Completed"]', "filter", "properties.value > 1"),
    [
      "-        filter: >-",
      "-            properties.value > 0",
      "-            AND NOT properties.test",
      "+        filter: properties.value > 1",
    ],
  ],
  [
    "an option more, in its order",
    (one) => one.setOption('events["Order Completed"]', "enabled", false),
    ["+        enabled: false"],
  ],
  [
    "an option less",
    (one) => one.setOption('events["Order Completed"]', "vendor_event_name", undefined),
    ["-        vendor_event_name: Purchase"],
  ],
  [
    "an option in braces",
    (one) => one.setOption("events.page", "enabled", true),
    ["-    page: {enabled: false}", "+    page: {enabled: true}"],
  ],
  [
    "the only option out",
    (one) => one.setOption("events.page", "enabled", undefined),
    ["-    page: {enabled: false}", "+    page: {}"],
  ],
  [
    "another action",
    (one) => one.setOption("defaults", "action", "pass_through"),
    ["-defaults: { action: drop }", "+defaults: { action: pass_through }"],
  ],
  [
    "a section more",
    (one) =>
      one.addSection("refund", {
        vendor_event_name: "Refund",
        mappings: [{ source: "properties.value", target: "value" }],
      }),
    [
      "+    refund:",
      "+        vendor_event_name: Refund",
      "+        mappings:",
      "+            - { source: properties.value, target: value }",
    ],
  ],
  ["a section out", (one) => one.removeSection("events.page"), ["-    page: {enabled: false}"]],
  [
    "a section renamed",
    (one) => one.renameSection('events["Order Completed"]', "purchase"),
    ["-    Order Completed: # the important one", "+    purchase: # the important one"],
  ],
  ["defaults out", (one) => one.setDefaults(undefined), ["-defaults: { action: drop }"]],
  [
    "all rows of a list",
    (one) =>
      one.setRows("global", "enrichments", [
        { target: "a", value: 1 },
        { target: "b", value: "{{pipeline_param.b}}" },
      ]),
    [
      "+    enrichments:",
      "+        - { target: a, value: 1 }",
      '+        - { target: b, value: "{{pipeline_param.b}}" }',
    ],
  ],
  [
    "nothing new",
    (one) => one.setRow("global", "mappings", 0, { target: "visitor", source: ["userId", "anonymousId"] }),
    [],
  ],
];

for (const [name, edit, changed] of EDITS) {
  test(`edit: ${name}`, () => {
    const document = open(TEXT);
    assert.deepEqual(edit(document), { ok: true });
    assert.deepEqual(difference(TEXT, document.toString()), changed);
    assert.deepEqual(parse(document.toString()), document.toJSON());
    const windows = open(TEXT.replaceAll("\n", "\r\n"));
    assert.deepEqual(edit(windows), { ok: true });
    assert.equal(windows.toString(), document.toString().replaceAll("\n", "\r\n"), "with Windows line ends");
  });
}
