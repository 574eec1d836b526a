/** Holds a vendor's catalogue entry and README to the contract. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Subject } from "./contract-subject-case.ts";

const CATEGORIES = new Set(["advertising", "analytics", "attribution", "cdp", "cloud_storage", "other"]);

export function catalogueSuite({ key, connector, folder, sources }: Subject): void {
  describe(`${key}: catalogue entry`, () => {
    it("says who it is", () => {
      assert.match(connector.key, /^[a-z][a-z0-9_]*$/);
      assert.ok(connector.name.length > 0 && connector.name.length <= 60);
      assert.match(connector.description, /\.$/);
      assert.ok(CATEGORIES.has(connector.category));
      assert.ok(["ga", "beta", "alpha"].includes(connector.status));
      assert.equal(new URL(connector.website).protocol, "https:");
    });

    it("names the version of the vendor's API once, with a link to its documentation", () => {
      const { version, documentation } = connector.api;
      assert.equal(new URL(documentation).protocol, "https:");
      assert.ok(version.length > 0);
      const lines = sources.flatMap(({ file, text }) => text.split("\n").map((line) => ({ file, line })));
      const numbered = /^v?\d+\.\d/.test(version) || /^\d{4}-\d\d/.test(version);
      const named = lines.filter(({ line }) => line.includes(`"${version}"`) || line.includes(`/${version}/`));
      if (numbered)
        assert.equal(
          named.length,
          1,
          `${version} stands in ${named.map(({ file }) => file).join(", ")}: use the constant`,
        );
    });

    it("has a mark: its own drawing or a slug of simple-icons", async () => {
      const logo = join(folder, "logo.svg");
      assert.ok(existsSync(logo) !== (connector.simple_icon !== undefined), "one of the two");
      if (!existsSync(logo)) return;
      const svg = await readFile(logo, "utf8");
      assert.match(svg, /^<svg [^>]*viewBox=/);
      assert.doesNotMatch(svg, /<script|href=|url\(|\son\w+=/i);
      assert.ok(svg.length < 8_192);
    });

    it("sets limits", () => {
      const { rps, daily, batch, concurrency, burst } = connector.limits;
      for (const limit of [rps, batch.size, batch.bytes, concurrency, burst ?? 1])
        assert.ok(Number.isFinite(limit) && limit > 0);
      assert.ok(daily >= 0 && batch.intervalMs >= 0);
      assert.ok(connector.maxEventAgeMs === undefined || connector.maxEventAgeMs > 0);
    });

    it("has a default variant, and variants that set fields it has", () => {
      assert.ok(connector.variants.some((variant) => variant.key === "default"));
      assert.equal(new Set(connector.variants.map((variant) => variant.key)).size, connector.variants.length);
      const fields = new Set(connector.config_fields.map((field) => field.key));
      for (const variant of connector.variants) {
        assert.ok(variant.name.length > 0 && variant.description.length > 0);
        for (const field of Object.keys(variant.default_config)) assert.ok(fields.has(field), field);
      }
    });

    it("has no field twice", () => {
      const keys = connector.config_fields.map((field) => field.key);
      assert.deepEqual(keys, [...new Set(keys)]);
    });

    for (const field of connector.config_fields) {
      it(`documents ${field.key}`, () => {
        assert.match(field.key, /^[a-z][a-z0-9_]*$/);
        assert.ok(field.label.length > 0 && field.label.length <= 60);
        assert.match(field.help_text, /\.$/);
        assert.equal(field.type === "select", field.options !== undefined);
        if (field.options !== undefined)
          assert.ok(field.default === undefined || field.options.includes(String(field.default)));
        if (field.type === "secret") assert.equal(field.default, undefined);
        if (field.pattern !== undefined && field.example !== undefined)
          assert.match(field.example, new RegExp(field.pattern, "u"));
      });
    }

    it("describes the vendor's fields, each once", () => {
      const { fields = [], events = {} } = connector.schema ?? {};
      for (const list of [fields, ...Object.values(events)]) {
        const paths = list.map(({ path }) => path);
        assert.deepEqual(paths, [...new Set(paths)]);
        for (const { path, description } of list) assert.match(description, /\.$/, path);
      }
    });
  });
}

const HEADINGS = [
  "## Overview",
  "## Prerequisites",
  "## Configuration",
  "### Management UI",
  "### Management API",
  "## Events",
  "## Testing",
  "## Troubleshooting",
];

export function readmeSuite({ key, connector, readme, cases }: Subject): void {
  describe(`${key}: README`, () => {
    for (const heading of [`# ${connector.name}`, ...HEADINGS]) {
      it(`has ${heading}`, () => assert.ok(readme.split("\n").includes(heading)));
    }

    it("has ## Set-up", () => assert.match(readme, /^## (?:Set-up|Signal Setup)$/m));

    it("shows the install call and how it stands in signal.yaml", () => {
      assert.ok(readme.includes(`/v1/admin/integration-catalog/${key}/install`));
      assert.ok(readme.includes(`vendor: ${key}`));
    });

    it("says when it was held against the vendor's documentation", () => {
      const { documentation } = connector.api;
      assert.ok(readme.includes(documentation), `it links ${documentation}`);
      assert.match(readme, /\b20\d\d-\d\d-\d\d\b/, "with a date, as in 2026-11-21");
    });

    it("explains statuses that have a case with their outcome", () => {
      const table = readme.split("\n## Troubleshooting\n")[1] ?? "";
      const named = [...table.matchAll(/^\|[^|]*?\b([1-5]\d\d)\b/gm)].map(([, status]) => Number(status));
      assert.ok(named.length > 0, "it names no status");
      const shown = new Set(
        cases.flatMap(({ content }) => (content.answers ?? []).map(({ response }) => response.status)),
      );
      for (const status of named) assert.ok(shown.has(status), `no case answers ${status}`);
    });
  });
}
