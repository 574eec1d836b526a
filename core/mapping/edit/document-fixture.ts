/** What the tests of editing share: a text with every style of writing in it, and how two texts differ. */
import assert from "node:assert/strict";
import { openMappingDocument, type MappingDocument } from "./mapping-document.ts";

export const TEXT = `# yaml-language-server: $schema=./mapping.schema.json
version: 2            # the newest

global:
    mappings:
        # who it is
        - {source: [userId,   anonymousId], target: visitor}   # keep the spaces
        - source: 'traits.email'     # quoted
          # and a comment within
          target: "user.em"
          transform:
              - normalize_email
              - sha256   # hashed

        -   value:  x
            target: y
    # nothing more

events:
    Order Completed: # the important one
        vendor_event_name: Purchase
        filter: >-
            properties.value > 0
            AND NOT properties.test
        mappings: [
            { source: canonical.value, target: value },   # one

            { source: canonical.currency, target: currency, default_value: EUR }
        ]
        enrichments: []
    page: {enabled: false}
defaults: { action: drop }
# the end
`;

export function open(text: string): MappingDocument {
  const made = openMappingDocument(text);
  assert.ok(!("faults" in made), JSON.stringify(made));
  return made;
}

/** Lines that are only in the one or only in the other. */
export function difference(before: string, after: string): string[] {
  const [old, now] = [before.split("\n"), after.split("\n")];
  let front = 0;
  while (front < Math.min(old.length, now.length) && old[front] === now[front]) front += 1;
  let back = 0;
  while (back < Math.min(old.length, now.length) - front && old.at(-1 - back) === now.at(-1 - back)) back += 1;
  return [
    ...old.slice(front, old.length - back).map((line) => `-${line}`),
    ...now.slice(front, now.length - back).map((line) => `+${line}`),
  ];
}
