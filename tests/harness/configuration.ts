/** Configurations for tests, as `signal.yaml` text. */

export const KEY = "dk_test_0123456789abcdef";

export interface WebhookOptions {
  name: string;
  url: string;
  /** Further lines of the integration, indented by four spaces. */
  more?: string;
  /** Further fields of its `config`, as flow YAML: `batch_enabled: true`. */
  config?: string;
}

/** One pipeline that sends to the given webhooks; limits high enough not to matter. */
export function configuration(webhooks: readonly WebhookOptions[]): string {
  return [
    "version: 1",
    "pipelines:",
    "  - name: Shop",
    `    pipeline_key: ${KEY}`,
    "    domain_allowlist: [shop.example.com]",
    "    rate_limit_rps: 1000000",
    webhooks.length === 0 ? "    integrations: []" : "    integrations:",
    ...webhooks.map((webhook) => `      - { integration: ${webhook.name} }`),
    webhooks.length === 0 ? "integrations: []" : "integrations:",
    ...webhooks.flatMap((webhook) => [
      `  - name: ${webhook.name}`,
      "    vendor: webhook",
      `    config: { url: "${webhook.url}"${webhook.config === undefined ? "" : `, ${webhook.config}`} }`,
      ...(webhook.more === undefined ? [] : [webhook.more]),
    ]),
    "",
  ].join("\n");
}

/** A mapping that keeps the messageId, so that receivers can count. */
export const SIMPLE_MAPPING = `    mapping:
      version: 2
      global:
        mappings:
          - { source: messageId, target: id }
          - { source: userId, target: user }
      events:
        purchase:
          vendor_event_name: Purchase
          mappings:
            - { value: Purchase, target: name }
            - { source: [properties.value, properties.revenue], target: amount, transform: to_number }
            - { source: "properties.items[].item_id", target: "lines[].sku" }
      defaults: { action: map, mappings: [{ source: event, target: name }] }`;
