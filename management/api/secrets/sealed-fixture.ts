/** For tests: a configuration whose secrets a key has sealed, in every place that has any. */
import { randomBytes } from "node:crypto";
import { loadConnectors } from "@datafly-signal/connectors";
import { createKeyring, emptyConfiguration, type Keyring } from "@datafly-signal/core";
import { type Database, insertIdempotencyRecord, saveConfiguration } from "@datafly-signal/ports/store";
import { changeUnasked } from "../configuration/change-unasked.ts";
import type { ConfigurationDocument } from "../configuration/configuration-changes.ts";
import { type ChangeServices, openConfigurationChanges } from "../configuration/open-configuration-changes.ts";
import { isFault } from "../http/route.ts";
import { COMMAND_LINE } from "../operator/command-line.ts";

export const ORGANISATION = "org_shop";
export const NOW = Date.parse("2026-11-21T09:00:00.000Z");
/** What must be told nowhere. */
export const SECRETS = { token: "planted-token-", parameter: "planted-parameter", salt: "planted-salt-of-the-shop" };

/** Keys are told by a letter. */
export function keyringOf(current: string, ...previous: string[]): Keyring {
  const key = (letter: string): Uint8Array => new Uint8Array(32).fill(letter.charCodeAt(0));
  return createKeyring({ current: key(current), previous: previous.map(key) });
}

let ids = 0;
export function newId(prefix: string): string {
  return `${prefix}${String((ids += 1)).padStart(8, "0")}`;
}

export const nonce = (): Uint8Array => randomBytes(12);

/** An integration `Orders` with as many revisions, each with a secret of its own; a secret parameter, a salt, a kept answer. */
export async function fill(database: Database, keyring: Keyring, revisions = 3): Promise<void> {
  const organisation = { id: ORGANISATION, name: "Shop", now: NOW };
  await database.transaction((queries) => saveConfiguration(queries, null, emptyConfiguration(organisation), NOW));
  for (let number = 1; number <= revisions; number += 1) {
    await change(database, keyring, { integrations: [orders(number)] });
  }
  await change(database, keyring, {
    integrations: [orders(revisions)],
    pipelines: [
      {
        id: "pip_shop",
        name: "Shop",
        pipeline_keys: ["dk_test_0123456789abcdef"],
        parameters: { region: "eu", token: SECRETS.parameter },
        integrations: [{ integration: "tmpl_leads", revision: 1 }],
      },
    ],
    data_layer: { pii_rules: { salt: SECRETS.salt } },
  });
  const address = { organisation: ORGANISATION, object: "idempotency_keys", field: "answer" };
  await insertIdempotencyRecord(database.queries, {
    owner: "usr_1",
    idempotency_key: keyring.currentKeyId,
    request_hash: "h",
    status: 201,
    answer: keyring.seal("{}", address, nonce()),
    created_at: NOW,
  });
}

export function orders(number: number) {
  return {
    id: "tmpl_orders",
    name: "Orders",
    vendor: "webhook",
    config: { url: `https://hooks.example.com/${number}`, authentication: "bearer" },
    secrets: { auth_token: `${SECRETS.token}${number}` },
    mapping: { version: 2, defaults: { action: "pass_through" } },
  };
}

function leads() {
  const config = { url: "https://hooks.example.com/{{pipeline_param.region}}", authentication: "bearer" };
  return {
    id: "tmpl_leads",
    name: "Leads",
    vendor: "webhook",
    config,
    secrets: { auth_token: "{{pipeline_param.token}}" },
  };
}

/** As the API makes it; answers the sentences. */
export async function change(database: Database, keyring: Keyring, document: ConfigurationDocument): Promise<string[]> {
  const services: ChangeServices = {
    keyring,
    nonce,
    connectors: await loadConnectors(),
    environment: "development",
    allowPrivateAddresses: true,
    waiting: async () => () => 0,
  };
  const whole = {
    ...document,
    ...(document.pipelines && { integrations: [...(document.integrations ?? []), leads()] }),
  };
  const { result } = await changeUnasked({ database, now: () => NOW, newId }, COMMAND_LINE, (call) =>
    openConfigurationChanges(services).apply(call, { document: whole }),
  );
  if (isFault(result)) throw new Error(JSON.stringify(result));
  return result.changes;
}
