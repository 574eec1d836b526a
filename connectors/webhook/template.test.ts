import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonObject } from "@datafly-signal/core";
import fastCheck from "fast-check";
import { readTemplate } from "./template-reader.ts";
import { renderTemplate, type Escape, type Rendered } from "./template-renderer.ts";

const CONTEXT: JsonObject = {
  event: {
    name: 'Zoë "Z" <z@example.com>\n',
    zero: 0,
    yes: true,
    no: false,
    nothing: null,
    empty: "",
    list: [1, "two", null],
    none: [],
    object: { a: 1, "b c": 2, this: 3 },
    items: [
      { id: "A", tags: ["x", "y"] },
      { id: "B", tags: [] },
    ],
    "0": "zero key",
  },
  payload: { value: 79.99 },
};

function render(source: string, escape: Escape = "none", context: JsonObject = CONTEXT): Rendered {
  const template = readTemplate(source);
  assert.ok(!("faults" in template), JSON.stringify(template));
  return renderTemplate(template, context, escape);
}

function faults(source: string): string[] {
  const template = readTemplate(source);
  assert.ok("faults" in template, source);
  return template.faults.map(({ message, line, column }) => `${line}:${column} ${message}`);
}

describe("templates: what they write", () => {
  const cases: readonly (readonly [source: string, expected: string])[] = [
    ["", ""],
    ["plain { text }", "plain { text }"],
    ["{{payload.value}}|{{event.yes}}|{{event.no}}|{{event.zero}}", "79.99|true|false|0"],
    ["[{{event.nothing}}{{event.missing}}{{event.missing.deeper}}{{payload.value.deeper}}]", "[]"],
    ["{{event.list}} {{event.object}}", '[1,"two",null] {"a":1,"b c":2,"this":3}'],
    ["{{event.list.[1]}} {{event.items.0.id}} {{event.list.length}} {{event.list.[9]}}", "two A 3 "],
    ["{{event.object.[b c]}} {{event.object.[this]}} {{event.[0]}}", "2 3 zero key"],
    ["{{json event.name}}", '"Zoë \\"Z\\" <z@example.com>\\n"'],
    ["{{json event.missing}} {{json event.nothing}} {{json event.list}}", 'null null [1,"two",null]'],
    ['{{json "a\\"}} {{json 5}} {{json true}} {{json null}} {{json undefined}}', '"a\\\\" 5 true null null'],
    ["{{! a comment }}a{{!-- another }} --}}b", "ab"],
    ["a  {{~event.zero~}}  b", "a0b"],
    ["\\{{event.zero}}", "{{event.zero}}"],
    ["{{#if event.yes}}a{{else}}b{{/if}}{{#if event.no}}c{{else}}d{{/if}}", "ad"],
    ["{{#if event.zero}}a{{else if event.empty}}b{{else if event.yes}}c{{else}}d{{/if}}", "c"],
    ["{{#if event.zero includeZero=true}}a{{/if}}{{#unless event.zero includeZero=true}}b{{/unless}}", "a"],
    [
      "{{#if event.none}}a{{/if}}{{#if event.list}}b{{/if}}{{#if event.object}}c{{/if}}{{#if event.nothing}}d{{/if}}",
      "bc",
    ],
    ["{{#unless event.missing}}a{{else}}b{{/unless}}{{^if event.yes}}c{{else}}d{{/if}}", "ad"],
    ["{{#each event.items}}{{@index}}{{id}}{{#unless @last}},{{/unless}}{{/each}}", "0A,1B"],
    [
      "{{#each event.items}}{{id}}:{{#each tags}}{{../id}}{{this}}{{@../index}}{{else}}-{{/each}};{{/each}}",
      "A:Ax0Ay0;B:-;",
    ],
    ["{{#each event.object}}{{@key}}={{this}}{{#if @first}}!{{/if}} {{/each}}", "a=1! b c=2 this=3 "],
    ["{{#each event.list}}{{@key}}{{.}} {{/each}}", "00 1two 2 ".replace("00", "01")],
    ["{{#each event.missing}}a{{else}}none{{/each}}{{#each event.name}}b{{/each}}", "none"],
    ["{{#each event.items}}{{@root.payload.value}}{{../payload.value}} {{/each}}", "79.9979.99 79.9979.99 "],
    ["{{#each event.items}}{{#if tags}}{{../payload.value}}{{/if}}{{/each}}", "79.99"],
    ["{{#each event.items}}\n  {{id}}\n{{/each}}\n", "  A\n  B\n"],
  ];
  for (const [source, expected] of cases) {
    it(JSON.stringify(source), () => assert.deepEqual(render(source), { text: expected }));
  }

  it("escapes for the place it writes into", () => {
    const text = "a\"b\\c\n<&>'é=";
    const context = { event: { text, list: ["<"] }, payload: null };
    const all = (escape: Escape): string[] =>
      ["{{event.text}}", "{{{event.text}}}", "{{json event.list}}", "{{event.list}}"].map((source) => {
        const result = render(source, escape, context);
        return "text" in result ? result.text : result.fault;
      });
    assert.deepEqual(all("json"), ["a\\\"b\\\\c\\n<&>'é=", text, '["<"]', '["<"]']);
    assert.deepEqual(all("form"), ["a%22b%5Cc%0A%3C%26%3E'%C3%A9%3D", text, "%5B%22%3C%22%5D", "%5B%22%3C%22%5D"]);
    assert.deepEqual(all("xml"), [
      "a&quot;b\\c\n&lt;&amp;&gt;&#39;é=",
      text,
      "[&quot;&lt;&quot;]",
      "[&quot;&lt;&quot;]",
    ]);
    assert.deepEqual(all("none"), [text, text, '["<"]', '["<"]']);
  });

  it("stands lone surrogates", () => {
    const context = { event: { text: "\ud800" }, payload: null };
    for (const escape of ["json", "form", "xml", "none"] as const)
      assert.ok("text" in render("{{event.text}}", escape, context));
  });
});

describe("templates: what they never reach", () => {
  for (const path of [
    "event.constructor",
    "event.__proto__",
    "event.toString",
    "event.list.push",
    "event.list.constructor.name",
    "event.name.length",
    "event.name.constructor",
    "event.hasOwnProperty",
    "payload.__proto__.polluted",
    "@root.event.constructor",
    "event.[__proto__]",
  ]) {
    it(path, () => assert.deepEqual(render(`[{{${path}}}]`), { text: "[]" }));
  }

  it("reads a field that is named like one of the prototype's as what the event holds", () => {
    const context = JSON.parse('{"event":{"__proto__":{"a":1},"constructor":"c"},"payload":null}') as JsonObject;
    assert.deepEqual(render("{{event.__proto__.a}}{{event.constructor}}", "none", context), { text: "1c" });
  });
});

describe("templates: faults at configuration", () => {
  const cases: readonly (readonly [source: string, ...expected: string[]])[] = [
    ["{{evnt.a}}", '1:3 There is no "evnt". A template sees event, payload and batch.'],
    ["{{event.a}}\n  {{pipeline_param.host}}", '2:5 The pipeline has no parameter "host".'],
    ["{{#each event.items}}{{../../event}}{{/each}}", '1:24 "../../event" leads above the top.'],
    ["{{@index}}", '1:3 "@index" stands outside of #each.'],
    ["{{#each event.items}}{{@../index}}{{/each}}", '1:24 "@../index" stands outside of #each.'],
    ["{{@root.evnt}}", '1:3 There is no "evnt". A template sees event, payload and batch.'],
    [
      "{{#each event.items}}{{@nope}}{{/each}}",
      '1:24 There is no "@nope". There are @index, @key, @first, @last and @root.',
    ],
    ["{{upper event.a}}", '1:1 There is no helper "upper". The only helper is json.'],
    ["{{lookup event 'a'}}", '1:1 There is no helper "lookup". The only helper is json.'],
    ["{{#with event}}{{/with}}", '1:1 There is no block "with". Blocks are #if, #unless and #each.'],
    ["{{#event.items}}{{/event.items}}", '1:1 There is no block "event.items". Blocks are #if, #unless and #each.'],
    ["{{#if}}{{/if}}", "1:1 if takes exactly one value."],
    ["{{#if event.a event.b}}{{/if}}", "1:1 if takes exactly one value."],
    ["{{json}}", "1:1 json takes exactly one value."],
    ["{{json event.a pretty=true}}", '1:1 json has no option "pretty".'],
    [
      "{{#each event.items as |item|}}{{/each}}",
      "1:1 Block parameters (as |name|) are not supported; use this, @index and @key.",
    ],
    ["{{#each 5}}{{/each}}", "1:1 #each goes over a path, not over a literal."],
    ["{{json (json event)}}", "1:8 A value is a path or a literal; nested helpers are not supported."],
    ["{{(json event)}}", "1:1 A value is named by a path such as event.userId."],
    ['{{"event"}}', "1:1 A value is named by a path such as event.userId."],
    ["{{> partial}}", "1:1 Partials and decorators are not supported."],
    ["{{#> layout}}{{/layout}}", "1:1 Partials and decorators are not supported."],
    ["{{#*inline 'a'}}{{/inline}}", "1:1 Partials and decorators are not supported."],
    ["{{* log}}", "1:1 Partials and decorators are not supported."],
    ["{{{{raw}}}} {{a}} {{{{/raw}}}}", '1:1 There is no block "raw". Blocks are #if, #unless and #each.'],
    ["a\nb {{#if event.a}}", "2:18 The template ends inside an open block or tag."],
    ["{{#if event.a}}{{/each}}", "1:4 if doesn't match each."],
    ["{{event/../a}}", "1:3 Invalid path: event/... "],
    ["{{}}", '1:3 "}}" is not expected here.'],
    ['{"a":{{event.a}}}', "1:15 }}} ends only what {{{ began. Put a space between the tag's }} and the } after it."],
    ["{{event.a", '1:9 A tag is not closed, or "a" may not stand in it.'],
    ["{{event.list.1}}", "1:14 Write a place in a list in brackets: items.[1]."],
    [
      "{{a}}\n{{#with b}}{{/with}}\n{{@index}}",
      '1:3 There is no "a". A template sees event, payload and batch.',
      '2:1 There is no block "with". Blocks are #if, #unless and #each.',
      '3:3 "@index" stands outside of #each.',
    ],
  ];
  for (const [source, ...expected] of cases) {
    it(JSON.stringify(source), () =>
      assert.deepEqual(
        faults(source),
        expected.map((each) => each.trimEnd()),
      ),
    );
  }

  it("knows whether a template reaches the batch", () => {
    for (const [source, expected] of [
      ["{{#each batch}}{{json payload}}{{/each}}", true],
      ["{{json batch}}", true],
      ["{{json this}}", true],
      ["{{json @root}}", true],
      ["{{#each event.items}}{{json ../batch}}{{/each}}", true],
      ["{{#each event.items}}{{json @root.batch}}{{/each}}", true],
      ["{{json payload}}", false],
      ["{{#each event.items}}{{batch}}{{/each}}", false],
      ["{{#if batch}}{{/if}}", true],
    ] as const) {
      const template = readTemplate(source);
      assert.ok(!("faults" in template));
      assert.equal(template.readsBatch, expected, source);
    }
  });
});

describe("templates: bounds", () => {
  it("refuses templates that cost more to read than they are worth", () => {
    for (const source of [
      "x".repeat(65_537),
      `${"{{#if event.a}}".repeat(300)}${"{{/if}}".repeat(300)}`,
      `{{#if event.a}}${"{{else if event.a}}".repeat(300)}{{/if}}`,
      `{{#if event.a}}${"{{~ else if event.a}}".repeat(300)}{{/if}}`,
      "{{^event}}{{/event}}".repeat(300),
      `{{json ${"(json ".repeat(5_000)}event${")".repeat(5_000)}}}`,
    ]) {
      assert.equal(faults(source).length, 1, source.slice(0, 40));
    }
  });

  it("reads the most that is permitted", () => {
    assert.deepEqual(render(`${"{{#if event.yes}}".repeat(250)}x${"{{/if}}".repeat(250)}`), { text: "x" });
  });

  it("stops at a megabyte of output", () => {
    const big = { event: { text: "é".repeat(600_000) }, payload: null };
    assert.deepEqual(render("{{event.text}}", "none", big), { fault: "the text is larger than 1048576 bytes" });
    const many = { event: { list: Array.from({ length: 1_000 }, () => 1), text: "x".repeat(2_000) }, payload: null };
    assert.ok("fault" in render("{{#each event.list}}{{@root.event.text}}{{/each}}", "none", many));
  });

  it("stops at its number of steps", () => {
    const list = Array.from({ length: 1_000 }, () => 1);
    const context = { event: { list }, payload: null };
    const source =
      "{{#each event.list}}{{#each @root.event.list}}{{#each @root.event.list}}{{/each}}{{/each}}{{/each}}";
    assert.deepEqual(render(source, "none", context), { fault: "the template takes more than 200000 steps" });
  });

  it("says so when a value is nested too deep", () => {
    let deep: JsonObject = {};
    for (let level = 0; level < 100_000; level += 1) deep = { deep };
    assert.deepEqual(render("{{json event}}", "none", { event: deep }), {
      fault: "a value is nested too deep to be written",
    });
  });

  it("reads and renders whatever it is given without throwing", () => {
    const piece = fastCheck.oneof(
      fastCheck.string({ unit: "binary", maxLength: 6 }),
      fastCheck.constantFrom(
        "{{",
        "}}",
        "{{{",
        "}}}",
        "{{#if ",
        "{{#each ",
        "{{/if}}",
        "{{/each}}",
        "{{else}}",
        "{{~",
        "~}}",
        "{{{{",
        "}}}}",
      ),
      fastCheck.constantFrom(
        "event",
        ".items",
        "../",
        "this",
        "@index",
        "@root",
        "json ",
        "[",
        "]",
        "(",
        ")",
        "|",
        "=",
        '"',
        "!--",
        ">",
        "&",
        "*",
      ),
    );
    fastCheck.assert(
      fastCheck.property(fastCheck.array(piece, { maxLength: 20 }), (pieces) => {
        const template = readTemplate(pieces.join(""));
        if ("faults" in template) {
          for (const { message, line, column } of template.faults)
            assert.ok(message !== "" && line >= 1 && column >= 1);
        } else assert.equal(typeof renderTemplate(template, CONTEXT, "json"), "object");
      }),
      { numRuns: 2_000 },
    );
  });
});
