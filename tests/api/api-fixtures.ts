/** One object of each kind, so that operations on objects have something to work on. */
import type { OpenApiDocument } from "@datafly-signal/management-api/openapi";
import type { ApiRig } from "./api-rig.ts";

type Parameters = Record<string, string>;

/** By path of the API: the values of its parameters. Every path that has parameters is there. */
export async function openFixtures(rig: ApiRig, document: OpenApiDocument): Promise<Record<string, Parameters>> {
  const stamp = process.hrtime.bigint().toString(36);
  const pipeline = await rig.made("POST", "/pipelines", { name: `Shop ${stamp}` });
  const key = await rig.made("POST", `/pipelines/${pipeline.id}/keys`, {});
  const { template } = await rig.made<{ template: { id: string } }>("POST", "/integration-catalog/webhook/install", {
    name: `Orders ${stamp}`,
    config: { url: "https://hooks.example.com/" },
  });
  const lane = await rig.made("POST", `/pipelines/${pipeline.id}/integrations`, { integration_id: template.id });
  const invitation = await rig.made("POST", "/invitations", {
    email: `${stamp}@example.com`,
    role: "source_viewer",
  });
  const token = await rig.made("POST", "/api-tokens", { name: "Kept", scopes: ["pipelines:read"] });
  const user = await rig.made("GET", "/auth/me");
  const starts: readonly [start: string, values: Parameters][] = [
    ["/pipelines/", { id: pipeline.id, key_id: key.id, pi: lane.id }],
    ["/integration-templates/", { id: template.id, n: "1", a: "1", b: "1" }],
    ["/integration-catalog/", { key: "webhook" }],
    ["/invitations/", { id: invitation.id }],
    ["/api-tokens/", { id: token.id }],
    ["/users/", { id: user.id }],
    ["/mapping/", { key: "webhook", vendor: "webhook", event: "purchase" }],
  ];
  const paths = Object.keys(document.paths).filter((path) => path.includes("{"));
  return Object.fromEntries(paths.map((path) => [path, valuesFor(path, starts)]));
}

function valuesFor(path: string, starts: readonly [start: string, values: Parameters][]): Parameters {
  const values = starts.find(([start]) => path.startsWith(start))?.[1] ?? {};
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  return Object.fromEntries(
    names.map((name) => {
      const value = values[name];
      if (value === undefined) throw new Error(`there is nothing for ${name} of ${path}: add it to the fixtures`);
      return [name, value];
    }),
  );
}
