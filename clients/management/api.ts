/** Written by `npm run client` from the routes of the management API: what its operations take and answer. */
/* oxlint-disable max-lines */
import type { OperationFacts } from "./request.ts";

export interface ApiToken {
  /** tok_… */
  id: string;
  name: string;
  /** How the token begins. */
  prefix: string;
  /** Whose it is. */
  user_id: string;
  user_email: string;
  /** Permissions it has at most; what its owner may not do, it may not either. */
  scopes: string[];
  status: "active" | "expired" | "revoked";
  /** ISO 8601, UTC. */
  created_at: string;
  /** ISO 8601, UTC. */
  expires_at: string | null;
  /** ISO 8601, UTC. */
  last_used_at: string | null;
  /** ISO 8601, UTC. */
  revoked_at: string | null;
}

export interface AppliedConfiguration {
  /** True where nothing was changed. */
  dry_run: boolean;
  /** In sentences; empty where everything is as the text says. */
  changes: string[];
  objects: {
    action: string;
    resource_type: string;
    resource_id: string;
    changes: Record<string, { old: unknown; new: unknown }>;
  }[];
  warnings: { path: string; message: string; line: number; column: number }[];
}

export interface CatalogueEntry {
  key: string;
  name: string;
  description: string;
  category: "advertising" | "analytics" | "attribution" | "cdp" | "cloud_storage" | "other";
  tags: string[];
  status: "ga" | "beta" | "alpha";
  website: string;
  /** The vendor's own, of the API that events go to. */
  documentation: string;
  /** A path on this server that needs no token. */
  logo_url?: string | undefined;
  config_fields: {
    key: string;
    label: string;
    type: "string" | "secret" | "select" | "textarea";
    /** An install without it is refused, unless it has a default. */
    required: boolean;
    placeholder?: string | undefined;
    help_text: string;
    /** Of a select. */
    options?: string[] | undefined;
    /** What holds where it is left out. */
    default?: unknown;
  }[];
  variants: { key: string; name: string; description: string; default_config: Record<string, unknown> }[];
  blueprints: { key: string; name: string; description: string; vertical: string }[];
  /** What an install takes that names none. */
  consent_categories: string[];
  /** What holds where an integration sets none; a daily limit of 0 is none. */
  rate_limits: { rate_limit_rps: number; rate_limit_burst: number; rate_limit_daily: number };
  /** How many integrations there are of it. */
  installed: number;
}

export interface DataLayer {
  org_id: string;
  config: DataLayerConfig;
  /** Null until something was configured. */
  updated_at: string | null;
  /** A user's id; null of the configuration file and the server itself. */
  updated_by: string | null;
  /** What alone changes it: the configuration file, the built-in demo; null is the API. */
  managed_by: "file" | "demo" | null;
  version: number;
}

export interface DataLayerConfig {
  /** JSON Schemas of events. All that fit an event are asked, in this order. */
  schemas?:
    | {
        /** The event it is for: a track's name or any of its known aliases, page, "page:<name>", identify, group, or "*" for every event. */
        event: string;
        /** Only events of this type; all when left out. */
        type?: "track" | "page" | "identify" | "group" | undefined;
        /** What the schema describes: the whole event, or one object in it, which counts as {} when missing. */
        part?: "event" | "properties" | "traits" | "context" | undefined;
        /** JSON Schema, draft 2020-12, that stands by itself. It checks and never changes an event. */
        schema: Record<string, unknown>;
        /** warn sends the event on with context.schema_violations, quarantine sets it aside on dlq-events, drop counts it as schema_dropped. */
        on_violation?: "warn" | "quarantine" | "drop" | undefined;
      }[]
    | undefined;
  /** Which events of bots are dropped; events by a server's key never are. */
  bot_filtering?:
    | {
        /** false drops nothing; bots are flagged all the same. */
        enabled?: boolean | undefined;
        /** Drop events whose user agent is a known bot's. */
        block_known_bots?: boolean | undefined;
        /** Drop events without a user agent. */
        block_empty_user_agent?: boolean | undefined;
        /** Further user agents that are bots': patterns in RE2 syntax, found anywhere in the text, whatever the case. */
        custom_patterns?: string[] | undefined;
      }
    | undefined;
  /** Personal data that is hashed or taken out before any integration sees it. */
  pii_rules?:
    | {
        /** false leaves every event as it is. */
        enabled?: boolean | undefined;
        /** Paths of fields that are replaced by their hash, as in traits.email or properties.items[].sku. */
        hash_fields?: string[] | undefined;
        /** Paths of fields that are taken out of the event. */
        redact_fields?: string[] | undefined;
        /** How values are hashed: SHA-256, in hexadecimal. */
        hash_algorithm?: "sha256" | undefined;
        /** It is set. */
        salt?: { set: true } | undefined;
        /** Personal data that is looked for in every text of an event. */
        detect?:
          | {
              /** What becomes of e-mail addresses found in any text. */
              emails?: "hash" | "redact" | "off" | undefined;
              /** What becomes of international phone numbers (+44 20 7946 0958) found in any text. */
              phones?: "hash" | "redact" | "off" | undefined;
              /** What becomes of payment card numbers found in any text. */
              card_numbers?: "hash" | "redact" | "off" | undefined;
            }
          | undefined;
      }
    | undefined;
  /** Adds context.location from context.ip. */
  geo?:
    | {
        /** false looks no address up. */
        enabled?: boolean | undefined;
        /** Path of an MMDB file with cities or countries (GeoLite2, DB-IP and others), beside this file or absolute. */
        database: string;
        /** The language of names, where the file has it. */
        language?: string | undefined;
        /** What becomes of context.ip afterwards: mask sets the last 8 bits of IPv4, the last 80 of IPv6 to zero. */
        ip?: "keep" | "mask" | "remove" | undefined;
      }
    | undefined;
  /** Adds context.device {type, manufacturer, model}, context.os and context.browser {name, version}. */
  device?:
    | {
        /** false leaves the context as it came. */
        enabled?: boolean | undefined;
      }
    | undefined;
  /** Adds context.session {id, number, is_new, started_at} to events of visitors. */
  session?:
    | {
        /** false knows no sessions. */
        enabled?: boolean | undefined;
        /** A pause longer than this ends a session. */
        timeout_minutes?: number | undefined;
        /** A session ends after this long, however busy it is. */
        max_duration_hours?: number | undefined;
        /** Make an event session_start before the first one of a session. */
        track_session_start?: boolean | undefined;
        /** Make an event session_end for the session before, when the visitor's next one begins. */
        track_session_end?: boolean | undefined;
      }
    | undefined;
  /** Adds vendor_ids: click ids and vendors' own ids of the visitor, also of earlier events. */
  identity?:
    | {
        /** false remembers no ids; users are linked all the same. */
        enabled?: boolean | undefined;
        /** Take click ids (gclid, fbclid, …) from the page's address. */
        click_ids?: boolean | undefined;
        /** How long an id is put on later events. */
        keep_days?: number | undefined;
      }
    | undefined;
  /** The operator's own code, run on every event without any access to the machine. */
  custom_js?:
    | {
        /** false runs no code. */
        enabled?: boolean | undefined;
        /** JavaScript: the body of a function of event, or a function transform(event). It returns the event, or null to drop it. */
        code: string;
        /** What the code is for. */
        description?: string | undefined;
        /** What becomes of an event that the code fails on: pass sends it as it was before. */
        on_error?: "pass" | "drop" | undefined;
      }
    | undefined;
  /** Rules in their order: the first whose condition is true decides; without one the event goes on. */
  routing_rules?:
    | {
        /** An expression on the event, as in event == 'Internal Test'. */
        condition: string;
        /** drop sends the event nowhere; pass lets it go on past the rules below. */
        action: "drop" | "pass";
        description?: string | undefined;
      }[]
    | undefined;
}

export interface DataLayerConfigPatch {
  schemas?:
    | {
        /** The event it is for: a track's name or any of its known aliases, page, "page:<name>", identify, group, or "*" for every event. */
        event: string;
        /** Only events of this type; all when left out. */
        type?: "track" | "page" | "identify" | "group" | undefined;
        /** What the schema describes: the whole event, or one object in it, which counts as {} when missing. */
        part?: "event" | "properties" | "traits" | "context" | undefined;
        /** JSON Schema, draft 2020-12, that stands by itself. It checks and never changes an event. */
        schema: Record<string, unknown>;
        /** warn sends the event on with context.schema_violations, quarantine sets it aside on dlq-events, drop counts it as schema_dropped. */
        on_violation?: "warn" | "quarantine" | "drop" | undefined;
      }[]
    | null
    | undefined;
  bot_filtering?:
    | {
        enabled?: boolean | null | undefined;
        block_known_bots?: boolean | null | undefined;
        block_empty_user_agent?: boolean | null | undefined;
        custom_patterns?: string[] | null | undefined;
      }
    | null
    | undefined;
  pii_rules?:
    | {
        enabled?: boolean | null | undefined;
        hash_fields?: string[] | null | undefined;
        redact_fields?: string[] | null | undefined;
        hash_algorithm?: "sha256" | null | undefined;
        salt?: string | null | { set: true } | null | undefined;
        detect?:
          | {
              emails?: "hash" | "redact" | "off" | null | undefined;
              phones?: "hash" | "redact" | "off" | null | undefined;
              card_numbers?: "hash" | "redact" | "off" | null | undefined;
            }
          | null
          | undefined;
      }
    | null
    | undefined;
  geo?:
    | {
        enabled?: boolean | null | undefined;
        database?: string | null | undefined;
        language?: string | null | undefined;
        ip?: "keep" | "mask" | "remove" | null | undefined;
      }
    | null
    | undefined;
  device?: { enabled?: boolean | null | undefined } | null | undefined;
  session?:
    | {
        enabled?: boolean | null | undefined;
        timeout_minutes?: number | null | undefined;
        max_duration_hours?: number | null | undefined;
        track_session_start?: boolean | null | undefined;
        track_session_end?: boolean | null | undefined;
      }
    | null
    | undefined;
  identity?:
    | {
        enabled?: boolean | null | undefined;
        click_ids?: boolean | null | undefined;
        keep_days?: number | null | undefined;
      }
    | null
    | undefined;
  custom_js?:
    | {
        enabled?: boolean | null | undefined;
        code?: string | null | undefined;
        description?: string | null | undefined;
        on_error?: "pass" | "drop" | null | undefined;
      }
    | null
    | undefined;
  routing_rules?:
    | {
        /** An expression on the event, as in event == 'Internal Test'. */
        condition: string;
        /** drop sends the event nowhere; pass lets it go on past the rules below. */
        action: "drop" | "pass";
        description?: string | undefined;
      }[]
    | null
    | undefined;
}

export interface DataLayerPatch {
  config: DataLayerConfigPatch;
  /** The version that the change was made from: another one is refused with VERSION_CONFLICT. */
  version?: number | undefined;
}

export interface ExportedConfiguration {
  /** The text of signal.yaml. */
  yaml: string;
  /** The number of the configuration, which every change raises. */
  number: number;
  /** What stands for secrets, which are not exported. */
  variables: {
    name: string;
    /** What holds the secret: an integration, a pipeline, or data_layer. */
    resource_id: string;
    field: string;
  }[];
}

export interface Integration {
  /** tmpl_…; integration_id everywhere else. */
  id: string;
  org_id: string;
  name: string;
  description: string;
  /** The connector that delivers. */
  vendor: string;
  /** The vendor as people call it; of a custom integration freely chosen. */
  vendor_name: string;
  custom: boolean;
  /** Null of a custom integration. */
  catalog_vendor_key: string | null;
  /** Null of a custom integration. */
  catalog_variant_key: string | null;
  latest_revision: number;
  /** Where it is used, by name. */
  pipelines: {
    pipeline_integration_id: string;
    pipeline_id: string;
    pipeline_name: string;
    revision_number: number;
    follows_latest: boolean;
    enabled: boolean;
  }[];
  /** What alone changes it: the configuration file, the built-in demo; null is the API. */
  managed_by: "file" | "demo" | null;
  version: number;
  /** ISO 8601. */
  created_at: string;
  /** ISO 8601. */
  updated_at: string;
}

export interface Invitation {
  /** inv_… */
  id: string;
  email: string;
  /** The role that the account will have. */
  role: string;
  status: "open" | "expired" | "accepted" | "revoked";
  /** A user's id. */
  invited_by: string | null;
  /** ISO 8601, UTC. */
  created_at: string;
  /** ISO 8601, UTC. */
  expires_at: string;
  /** ISO 8601, UTC. */
  accepted_at: string | null;
  /** ISO 8601, UTC. */
  revoked_at: string | null;
}

export interface Me {
  /** usr_… */
  id: string;
  email: string;
  name: string;
  /** One of the five roles. */
  role: string;
  status: "active" | "disabled";
  /** Until the password is changed, nothing else is allowed. */
  must_change_password: boolean;
  /** ISO 8601, UTC. */
  locked_until: string | null;
  /** ISO 8601, UTC. */
  last_login_at: string | null;
  version: number;
  /** ISO 8601, UTC. */
  created_at: string;
  /** ISO 8601, UTC. */
  updated_at: string;
  org_id: string;
  /** What this call may do: of an API token, what its scopes leave. */
  permissions: (
    | "organisation:read"
    | "organisation:write"
    | "team:read"
    | "team:write"
    | "pipelines:read"
    | "pipelines:write"
    | "pipelines:create"
    | "integrations:read"
    | "integrations:write"
    | "integrations:publish"
    | "data_layer:read"
    | "data_layer:write"
    | "audit_logs:read"
    | "metrics:read"
    | "configuration:export"
    | "configuration:apply"
  )[];
}

export interface NewApiToken {
  /** tok_… */
  id: string;
  name: string;
  /** How the token begins. */
  prefix: string;
  /** Whose it is. */
  user_id: string;
  user_email: string;
  /** Permissions it has at most; what its owner may not do, it may not either. */
  scopes: string[];
  status: "active" | "expired" | "revoked";
  /** ISO 8601, UTC. */
  created_at: string;
  /** ISO 8601, UTC. */
  expires_at: string | null;
  /** ISO 8601, UTC. */
  last_used_at: string | null;
  /** ISO 8601, UTC. */
  revoked_at: string | null;
  /** Shown this once. */
  token: string;
}

export interface NewDataLayer {
  config: NewDataLayerConfig;
  /** The version that the change was made from: another one is refused with VERSION_CONFLICT. */
  version?: number | undefined;
}

export interface NewDataLayerConfig {
  /** JSON Schemas of events. All that fit an event are asked, in this order. */
  schemas?:
    | {
        /** The event it is for: a track's name or any of its known aliases, page, "page:<name>", identify, group, or "*" for every event. */
        event: string;
        /** Only events of this type; all when left out. */
        type?: "track" | "page" | "identify" | "group" | undefined;
        /** What the schema describes: the whole event, or one object in it, which counts as {} when missing. */
        part?: "event" | "properties" | "traits" | "context" | undefined;
        /** JSON Schema, draft 2020-12, that stands by itself. It checks and never changes an event. */
        schema: Record<string, unknown>;
        /** warn sends the event on with context.schema_violations, quarantine sets it aside on dlq-events, drop counts it as schema_dropped. */
        on_violation?: "warn" | "quarantine" | "drop" | undefined;
      }[]
    | undefined;
  /** Which events of bots are dropped; events by a server's key never are. */
  bot_filtering?:
    | {
        /** false drops nothing; bots are flagged all the same. */
        enabled?: boolean | undefined;
        /** Drop events whose user agent is a known bot's. */
        block_known_bots?: boolean | undefined;
        /** Drop events without a user agent. */
        block_empty_user_agent?: boolean | undefined;
        /** Further user agents that are bots': patterns in RE2 syntax, found anywhere in the text, whatever the case. */
        custom_patterns?: string[] | undefined;
      }
    | undefined;
  /** Personal data that is hashed or taken out before any integration sees it. */
  pii_rules?:
    | {
        /** false leaves every event as it is. */
        enabled?: boolean | undefined;
        /** Paths of fields that are replaced by their hash, as in traits.email or properties.items[].sku. */
        hash_fields?: string[] | undefined;
        /** Paths of fields that are taken out of the event. */
        redact_fields?: string[] | undefined;
        /** How values are hashed: SHA-256, in hexadecimal. */
        hash_algorithm?: "sha256" | undefined;
        /** A secret that hashes are made with. Kept when left out or given as {set: true}; null removes it. */
        salt?: string | null | { set: true } | undefined;
        /** Personal data that is looked for in every text of an event. */
        detect?:
          | {
              /** What becomes of e-mail addresses found in any text. */
              emails?: "hash" | "redact" | "off" | undefined;
              /** What becomes of international phone numbers (+44 20 7946 0958) found in any text. */
              phones?: "hash" | "redact" | "off" | undefined;
              /** What becomes of payment card numbers found in any text. */
              card_numbers?: "hash" | "redact" | "off" | undefined;
            }
          | undefined;
      }
    | undefined;
  /** Adds context.location from context.ip. */
  geo?:
    | {
        /** false looks no address up. */
        enabled?: boolean | undefined;
        /** Path of an MMDB file with cities or countries (GeoLite2, DB-IP and others), beside this file or absolute. */
        database: string;
        /** The language of names, where the file has it. */
        language?: string | undefined;
        /** What becomes of context.ip afterwards: mask sets the last 8 bits of IPv4, the last 80 of IPv6 to zero. */
        ip?: "keep" | "mask" | "remove" | undefined;
      }
    | undefined;
  /** Adds context.device {type, manufacturer, model}, context.os and context.browser {name, version}. */
  device?:
    | {
        /** false leaves the context as it came. */
        enabled?: boolean | undefined;
      }
    | undefined;
  /** Adds context.session {id, number, is_new, started_at} to events of visitors. */
  session?:
    | {
        /** false knows no sessions. */
        enabled?: boolean | undefined;
        /** A pause longer than this ends a session. */
        timeout_minutes?: number | undefined;
        /** A session ends after this long, however busy it is. */
        max_duration_hours?: number | undefined;
        /** Make an event session_start before the first one of a session. */
        track_session_start?: boolean | undefined;
        /** Make an event session_end for the session before, when the visitor's next one begins. */
        track_session_end?: boolean | undefined;
      }
    | undefined;
  /** Adds vendor_ids: click ids and vendors' own ids of the visitor, also of earlier events. */
  identity?:
    | {
        /** false remembers no ids; users are linked all the same. */
        enabled?: boolean | undefined;
        /** Take click ids (gclid, fbclid, …) from the page's address. */
        click_ids?: boolean | undefined;
        /** How long an id is put on later events. */
        keep_days?: number | undefined;
      }
    | undefined;
  /** The operator's own code, run on every event without any access to the machine. */
  custom_js?:
    | {
        /** false runs no code. */
        enabled?: boolean | undefined;
        /** JavaScript: the body of a function of event, or a function transform(event). It returns the event, or null to drop it. */
        code: string;
        /** What the code is for. */
        description?: string | undefined;
        /** What becomes of an event that the code fails on: pass sends it as it was before. */
        on_error?: "pass" | "drop" | undefined;
      }
    | undefined;
  /** Rules in their order: the first whose condition is true decides; without one the event goes on. */
  routing_rules?:
    | {
        /** An expression on the event, as in event == 'Internal Test'. */
        condition: string;
        /** drop sends the event nowhere; pass lets it go on past the rules below. */
        action: "drop" | "pass";
        description?: string | undefined;
      }[]
    | undefined;
}

export interface NewInvitation {
  /** inv_… */
  id: string;
  email: string;
  /** The role that the account will have. */
  role: string;
  status: "open" | "expired" | "accepted" | "revoked";
  /** A user's id. */
  invited_by: string | null;
  /** ISO 8601, UTC. */
  created_at: string;
  /** ISO 8601, UTC. */
  expires_at: string;
  /** ISO 8601, UTC. */
  accepted_at: string | null;
  /** ISO 8601, UTC. */
  revoked_at: string | null;
  /** Shown this once. */
  token: string;
  /** To be passed on: whoever has it can make the account. */
  accept_url: string;
}

export interface NewPipeline {
  /** What people call the website, app or server; once in the organisation. */
  name: string;
  /** Short name for addresses, once in the organisation; made from the name when left out. */
  slug?: string | undefined;
  /** Where its events come from. */
  type?: "web" | "app" | "server" | undefined;
  /** Whose pages may send: host, *.host, host:port, a full origin, or * for all. Empty allows no browser in production. */
  domain_allowlist?: string[] | undefined;
  /** What to find it by: env:production, or a plain word. */
  labels?: string[] | undefined;
  /** Requests a second for each key. */
  rate_limit_rps?: number | undefined;
  /** False refuses its keys, and so all that is sent to it. True when left out. */
  enabled?: boolean | undefined;
  /** What {{pipeline_param.KEY}} stands for in the settings and mappings of its integrations. */
  parameters?: Record<string, string> | undefined;
}

export interface NewPipelineKey {
  /** The other keys are accepted for this long still, then refused; 0 revokes them at once. They stay when left out. */
  expires_previous_in_seconds?: number | undefined;
}

export interface Organisation {
  /** org_… */
  id: string;
  name: string;
  settings: OrganisationSettings;
  /** What alone changes it: the configuration file, the built-in demo; null is the API. */
  managed_by: "file" | "demo" | null;
  version: number;
  created_at: string;
  updated_at: string;
}

export interface OrganisationPatch {
  /** What people call it. */
  name?: string | undefined;
  settings?: OrganisationSettingsPatch | undefined;
  /** The version that the change was made from: another one is refused with VERSION_CONFLICT. */
  version?: number | undefined;
}

/** What holds for all pipelines. */
export interface OrganisationSettings {
  /** Consent of visitors: what codes mean, what holds without consent, and the policy. */
  consent?:
    | {
        /** The purpose that each category code of the consent platform stands for, beside the known codes of Cookiebot, OneTrust and IAB TCF; none takes a known one away. Upper and lower case are equal. */
        mapping?:
          | Record<string, "essential" | "functional" | "analytics" | "marketing" | "personalization" | "none">
          | undefined;
        /** What counts as granted and refused for an event that says nothing of consent, by category. */
        default_policy?: Record<string, boolean> | undefined;
        /** What is done with events of visitors who have not consented, before any integration. */
        policy?:
          | {
              /** Categories that the visitor must have granted, all of them. */
              required?: string[] | undefined;
              /** What becomes of an event without them: allow leaves it to the integrations' consent_categories, drop sends it nowhere, strip takes personal data out. */
              action?: "allow" | "drop" | "strip" | undefined;
              /** The types of pipelines whose events it is asked of. */
              pipeline_types?: ("web" | "app" | "server")[] | undefined;
            }
          | undefined;
        /** The IAB vendors, by number, whose consent is kept in context.tcf_decoded.vendors; all of them when left out. */
        tcf_vendors?: number[] | undefined;
      }
    | undefined;
}

/** What holds for all pipelines. */
export interface OrganisationSettingsPatch {
  consent?:
    | {
        mapping?:
          | Record<string, "essential" | "functional" | "analytics" | "marketing" | "personalization" | "none" | null>
          | null
          | undefined;
        default_policy?: Record<string, boolean | null> | null | undefined;
        policy?:
          | {
              required?: string[] | null | undefined;
              action?: "allow" | "drop" | "strip" | null | undefined;
              pipeline_types?: ("web" | "app" | "server")[] | null | undefined;
            }
          | null
          | undefined;
        tcf_vendors?: number[] | null | undefined;
      }
    | null
    | undefined;
}

export interface Pipeline {
  /** pip_… */
  id: string;
  org_id: string;
  name: string;
  slug: string;
  /** Where its events come from. */
  type: "web" | "app" | "server";
  /** The key to use: the newest of those that stay. Null when none is accepted now. */
  pipeline_key: string | null;
  /** The keys that are accepted now, the newest first. */
  pipeline_keys: PipelineKey[];
  /** Whose pages may send. */
  domain_allowlist: string[];
  labels: string[];
  /** Requests a second for each key. */
  rate_limit_rps: number;
  /** What {{pipeline_param.KEY}} stands for. Of one that a secret setting is made of, only that it is set. */
  parameters: Record<string, string | { set: true }>;
  /** False refuses its keys, and so all that is sent to it. */
  enabled: boolean;
  /** What alone changes it: the configuration file, the built-in demo; null is the API. */
  managed_by: "file" | "demo" | null;
  version: number;
  /** How many integrations are assigned, disabled ones included. */
  integrations_count: number;
  created_at: string;
  updated_at: string;
}

export interface PipelineIntegration {
  /** pi_… */
  id: string;
  pipeline_id: string;
  integration_id: string;
  integration_name: string;
  vendor: string;
  vendor_name: string;
  revision_id: string;
  /** What is delivered by now. */
  revision_number: number;
  /** New revisions go live here at once. */
  follows_latest: boolean;
  latest_revision: number;
  enabled: boolean;
  /** What alone changes it: the configuration file, the built-in demo; null is the API. */
  managed_by: "file" | "demo" | null;
  version: number;
  /** ISO 8601. */
  created_at: string;
  /** ISO 8601. */
  updated_at: string;
}

export interface PipelineKey {
  /** key_… */
  id: string;
  /** What clients send. It stands in pages, so it is no secret. */
  key: string;
  created_at: string;
  /** From then on it is refused; null of a key that stays. */
  expires_at: string | null;
  /** Since then it is refused; null of a key that was not revoked. */
  revoked_at: string | null;
}

export interface PipelinePatch {
  /** What people call the website, app or server; once in the organisation. */
  name?: string | undefined;
  /** Short name for addresses, once in the organisation; made from the name when left out. */
  slug?: string | undefined;
  /** Where its events come from. */
  type?: "web" | "app" | "server" | undefined;
  /** Whose pages may send: host, *.host, host:port, a full origin, or * for all. Empty allows no browser in production. */
  domain_allowlist?: string[] | undefined;
  /** What to find it by: env:production, or a plain word. */
  labels?: string[] | undefined;
  /** Requests a second for each key. */
  rate_limit_rps?: number | undefined;
  /** False refuses its keys, and so all that is sent to it. True when left out. */
  enabled?: boolean | undefined;
  /** What {{pipeline_param.KEY}} stands for in the settings and mappings of its integrations. Merged: null removes one, what is left out stays, and so does a secret one given as {set: true}. */
  parameters?: Record<string, string | null | { set: true }> | undefined;
  /** The version that the change was made from: another one is refused with VERSION_CONFLICT. */
  version?: number | undefined;
}

export interface PipelineSnippet {
  pipeline_id: string;
  pipeline_key: string;
  /** Where the gateway serves datafly.js. */
  script_url: string;
  /** For the head of every page. */
  html: string;
  /** The same without holding up the page: calls that come before the script wait in a queue. */
  html_async: string;
  /** An event from a server, for a shell. */
  curl: string;
}

export interface Revision {
  /** rev_… */
  id: string;
  integration_id: string;
  org_id: string;
  revision_number: number;
  vendor: string;
  variant: string;
  delivery_mode: "server_side";
  /** The settings as an install takes them; of a secret only {set: true}. */
  config: Record<string, unknown>;
  consent_categories: string[];
  /** Null takes the vendor's own. */
  rate_limits: { rate_limit_rps: number | null; rate_limit_burst: number | null; rate_limit_daily: number | null };
  /** Null takes the vendor's own. */
  batch: { size: number | null; bytes: number | null; interval_ms: number | null };
  change_summary: string;
  /** A user's id; null of the configuration file and the server itself. */
  created_by: string | null;
  /** ISO 8601. */
  created_at: string;
  /** Without its parameters, which are in config; null sends events as they are. */
  mapping: Record<string, unknown> | null;
  /** The mapping as its author wrote it; null where it came as an object. */
  mapping_text: string | null;
  delivery_spec: Record<string, unknown> | null;
}

export interface Session {
  /** A JWT, sent as `Authorization: Bearer …`. */
  access_token: string;
  /** For one use. */
  refresh_token: string;
  token_type: "Bearer";
  /** Seconds that the access token lives. */
  expires_in: number;
  user: User;
}

export interface User {
  /** usr_… */
  id: string;
  email: string;
  name: string;
  /** One of the five roles. */
  role: string;
  status: "active" | "disabled";
  /** Until the password is changed, nothing else is allowed. */
  must_change_password: boolean;
  /** ISO 8601, UTC. */
  locked_until: string | null;
  /** ISO 8601, UTC. */
  last_login_at: string | null;
  version: number;
  /** ISO 8601, UTC. */
  created_at: string;
  /** ISO 8601, UTC. */
  updated_at: string;
}

/** One of several faults of a request. */
export interface ErrorDetail {
  /** Where, as in `config.url` or `mapping.events.purchase.mappings[2].source`; empty for the whole. */
  path: string;
  message: string;
  /** In a text of several lines. */
  line?: number | undefined;
  column?: number | undefined;
}

/** Of every operation. */
export type EveryError = "BAD_REQUEST" | "VALIDATION_FAILED" | "RATE_LIMITED" | "INTERNAL" | "UNAVAILABLE";

/** Of every operation that needs a token. */
export type TokenError = "MISSING_TOKEN" | "INVALID_TOKEN" | "EXPIRED_TOKEN" | "PASSWORD_CHANGE_REQUIRED";

/** Of what takes nothing. */
export interface NoInput {
  params?: never;
  query?: never;
  body?: never;
}

/** By name: what a call takes, what it answers, and the codes of its errors. */
export interface Operations {
  /** Sign in with e-mail address and password Five wrong passwords in a row lock the account for fifteen minutes, for the right one too. An account that does not exist answers like one that does. */
  login: {
    input: {
      body: {
        /** In any case; kept in lower case. */
        email: string;
        password: string;
      };
    };
    answer: Session;
    error: EveryError | "INVALID_CREDENTIALS" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "ACCOUNT_LOCKED";
  };

  /** Exchange a refresh token for a new pair of tokens A refresh token is for one use. One that is used again was copied: all sessions of its user end. A client therefore refreshes once at a time, and keeps the new token before it uses it. */
  refreshSession: {
    input: { body: { refresh_token: string } };
    answer: Session;
    error: EveryError | "INVALID_REFRESH_TOKEN" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** End the session that a refresh token belongs to Its access tokens end with it. A token that is not known, or whose session is over, answers the same. */
  logout: {
    input: { body: { refresh_token: string } };
    answer: undefined;
    error: EveryError | "CONFLICT" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** Make the account that one was invited to, and sign in */
  acceptInvitation: {
    input: {
      body: {
        token: string;
        name: string;
        /** Not the e-mail address, not one of those that are tried first. */
        password: string;
      };
    };
    answer: Session;
    error: EveryError | "INVALID_TOKEN" | "CONFLICT" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** Tell who calls, and what they may do */
  getMe: { input: NoInput; answer: Me; error: EveryError | TokenError };

  /** Change the own name or password A new password needs the current one, and ends all other sessions of the account; API tokens stay. Not with an API token. */
  updateMe: {
    input: {
      body: {
        name?: string | undefined;
        /** Not the e-mail address, not one of those that are tried first. */
        password?: string | undefined;
        current_password?: string | undefined;
      };
    };
    answer: Me;
    error:
      | EveryError
      | TokenError
      | "INVALID_CREDENTIALS"
      | "FORBIDDEN"
      | "PAYLOAD_TOO_LARGE"
      | "UNSUPPORTED_MEDIA_TYPE"
      | "ACCOUNT_LOCKED";
  };

  /** List API tokens, the newest first One's own; those who may see the team see everybody's. Not with an API token. */
  listApiTokens: {
    input: {
      query?:
        | {
            /** The `next_cursor` of the page before. */
            cursor?: string | undefined;
            /** How many at most. */
            limit?: number | undefined;
            status?: "active" | "expired" | "revoked" | undefined;
            /** Whose, for administrators. */
            user_id?: string | undefined;
          }
        | undefined;
    };
    answer: {
      data: ApiToken[];
      /** Of the next page; null on the last. */
      next_cursor: string | null;
      has_more: boolean;
    };
    error: EveryError | TokenError | "FORBIDDEN";
  };

  /** Make an API token The answer holds it, this once. Not with an API token. */
  createApiToken: {
    input: {
      body: {
        name: string;
        scopes: (
          | "organisation:read"
          | "organisation:write"
          | "team:read"
          | "team:write"
          | "pipelines:read"
          | "pipelines:write"
          | "pipelines:create"
          | "integrations:read"
          | "integrations:write"
          | "integrations:publish"
          | "data_layer:read"
          | "data_layer:write"
          | "audit_logs:read"
          | "metrics:read"
          | "configuration:export"
          | "configuration:apply"
        )[];
        /** At most a year from now; 90 days where it is left out. */
        expires_at?: string | undefined;
      };
    };
    answer: NewApiToken;
    error: EveryError | TokenError | "FORBIDDEN" | "CONFLICT" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** Show an API token, without the token itself */
  getApiToken: {
    input: {
      params: {
        /** tok_… */
        id: string;
      };
    };
    answer: ApiToken;
    error: EveryError | TokenError | "FORBIDDEN" | "NOT_FOUND";
  };

  /** Revoke an API token, at once One's own; administrators anybody's. One that is revoked already stays so. */
  revokeApiToken: {
    input: {
      params: {
        /** tok_… */
        id: string;
      };
    };
    answer: undefined;
    error: EveryError | TokenError | "FORBIDDEN" | "NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** List users, in the order of their addresses */
  listUsers: {
    input: {
      query?:
        | {
            /** The `next_cursor` of the page before. */
            cursor?: string | undefined;
            /** How many at most. */
            limit?: number | undefined;
            /** What the person may do. */
            role?:
              | "org_admin"
              | "source_admin"
              | "source_editor"
              | "data_governance_admin"
              | "source_viewer"
              | undefined;
            status?: "active" | "disabled" | undefined;
            /** Part of the name or the address, in any case. */
            search?: string | undefined;
          }
        | undefined;
    };
    answer: {
      data: User[];
      /** Of the next page; null on the last. */
      next_cursor: string | null;
      has_more: boolean;
    };
    error: EveryError | TokenError | "FORBIDDEN";
  };

  /** Show a user */
  getUser: {
    input: {
      params: {
        /** usr_… */
        id: string;
      };
    };
    answer: User;
    error: EveryError | TokenError | "FORBIDDEN" | "NOT_FOUND";
  };

  /** Change a user's name, role or status Counts at once. Who is disabled loses all sessions and API tokens; who is no administrator any more, the invitations that were still open. The last active administrator stays one. */
  updateUser: {
    input: {
      params: {
        /** usr_… */
        id: string;
      };
      body: {
        name?: string | undefined;
        /** What the person may do. */
        role?: "org_admin" | "source_admin" | "source_editor" | "data_governance_admin" | "source_viewer" | undefined;
        status?: "active" | "disabled" | undefined;
        /** As it was read: 409 if it is another one by now. */
        version?: number | undefined;
      };
    };
    answer: User;
    error:
      | EveryError
      | TokenError
      | "FORBIDDEN"
      | "NOT_FOUND"
      | "CONFLICT"
      | "VERSION_CONFLICT"
      | "PAYLOAD_TOO_LARGE"
      | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** Remove a user, with all sessions and API tokens What they did stays in the audit log. The last active administrator cannot be removed. */
  deleteUser: {
    input: {
      params: {
        /** usr_… */
        id: string;
      };
    };
    answer: undefined;
    error:
      | EveryError
      | TokenError
      | "FORBIDDEN"
      | "NOT_FOUND"
      | "CONFLICT"
      | "PAYLOAD_TOO_LARGE"
      | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** List invitations, the newest first */
  listInvitations: {
    input: {
      query?:
        | {
            /** The `next_cursor` of the page before. */
            cursor?: string | undefined;
            /** How many at most. */
            limit?: number | undefined;
            status?: "open" | "expired" | "accepted" | "revoked" | undefined;
            /** Part of the name or the address, in any case. */
            search?: string | undefined;
          }
        | undefined;
    };
    answer: {
      data: Invitation[];
      /** Of the next page; null on the last. */
      next_cursor: string | null;
      has_more: boolean;
    };
    error: EveryError | TokenError | "FORBIDDEN";
  };

  /** Invite somebody The answer holds the link, this once. It can be used for seven days, by anyone who has it. */
  createInvitation: {
    input: {
      body: {
        /** In any case; kept in lower case. */
        email: string;
        /** What the person may do. */
        role: "org_admin" | "source_admin" | "source_editor" | "data_governance_admin" | "source_viewer";
      };
    };
    answer: NewInvitation;
    error: EveryError | TokenError | "FORBIDDEN" | "CONFLICT" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** Give an invitation another link and seven more days The link before stops working. */
  resendInvitation: {
    input: {
      params: {
        /** inv_… */
        id: string;
      };
    };
    answer: NewInvitation;
    error:
      | EveryError
      | TokenError
      | "FORBIDDEN"
      | "NOT_FOUND"
      | "CONFLICT"
      | "PAYLOAD_TOO_LARGE"
      | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** Revoke an invitation: its link stops working */
  revokeInvitation: {
    input: {
      params: {
        /** inv_… */
        id: string;
      };
    };
    answer: undefined;
    error:
      | EveryError
      | TokenError
      | "FORBIDDEN"
      | "NOT_FOUND"
      | "CONFLICT"
      | "PAYLOAD_TOO_LARGE"
      | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** Show the organisation */
  getOrganisation: { input: NoInput; answer: Organisation; error: EveryError | TokenError | "FORBIDDEN" };

  /** Change the organisation The settings are merged (RFC 7396): what is left out stays, null removes, lists are replaced. */
  updateOrganisation: {
    input: { body: OrganisationPatch };
    answer: Organisation;
    error:
      | EveryError
      | TokenError
      | "FORBIDDEN"
      | "CONFLICT"
      | "VERSION_CONFLICT"
      | "MANAGED_BY_FILE"
      | "PAYLOAD_TOO_LARGE"
      | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** List pipelines */
  listPipelines: {
    input: {
      query?:
        | {
            /** The `next_cursor` of the page before. */
            cursor?: string | undefined;
            /** How many at most. */
            limit?: number | undefined;
            /** A part of name, slug or id, in any case. */
            search?: string | undefined;
            /** Where its events come from. */
            type?: "web" | "app" | "server" | undefined;
            enabled?: boolean | undefined;
            /** One of its labels, as written. */
            label?: string | undefined;
            /** With a minus the other way round: last name, or newest, first. */
            sort?: "name" | "-name" | "created_at" | "-created_at" | undefined;
          }
        | undefined;
    };
    answer: {
      data: Pipeline[];
      /** Of the next page; null on the last. */
      next_cursor: string | null;
      has_more: boolean;
    };
    error: EveryError | TokenError | "FORBIDDEN";
  };

  /** Make a pipeline with a key */
  createPipeline: {
    input: {
      body: NewPipeline;
      /** Your own, new for each intent. Sent again with it, the same request is answered as the first time and changes nothing more. */
      idempotencyKey?: string | undefined;
    };
    answer: Pipeline;
    error:
      | EveryError
      | TokenError
      | "FORBIDDEN"
      | "CONFLICT"
      | "IDEMPOTENCY_CONFLICT"
      | "PAYLOAD_TOO_LARGE"
      | "UNSUPPORTED_MEDIA_TYPE"
      | "IDEMPOTENCY_KEY_REUSED";
  };

  /** Show a pipeline */
  getPipeline: {
    input: {
      params: {
        /** The pipeline's id: pip_… */
        id: string;
      };
    };
    answer: Pipeline;
    error: EveryError | TokenError | "FORBIDDEN" | "NOT_FOUND";
  };

  /** Change a pipeline What is left out stays. Lists are replaced, parameters are merged. Parameters that the connection of an assigned integration is made of need integrations:publish too. */
  updatePipeline: {
    input: {
      params: {
        /** The pipeline's id: pip_… */
        id: string;
      };
      body: PipelinePatch;
    };
    answer: Pipeline;
    error:
      | EveryError
      | TokenError
      | "FORBIDDEN"
      | "NOT_FOUND"
      | "CONFLICT"
      | "VERSION_CONFLICT"
      | "MANAGED_BY_FILE"
      | "PAYLOAD_TOO_LARGE"
      | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** Delete a pipeline Its keys are refused at once. The integrations stay, without this pipeline. */
  deletePipeline: {
    input: {
      params: {
        /** The pipeline's id: pip_… */
        id: string;
      };
      query?:
        | {
            /** Gives up the deliveries that wait for it: they become dead letters. */
            discard_waiting?: boolean | undefined;
          }
        | undefined;
    };
    answer: undefined;
    error:
      | EveryError
      | TokenError
      | "FORBIDDEN"
      | "NOT_FOUND"
      | "MANAGED_BY_FILE"
      | "HAS_WAITING_DELIVERIES"
      | "PAYLOAD_TOO_LARGE"
      | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** List a pipeline's keys The newest first, revoked and expired ones included. */
  listPipelineKeys: {
    input: {
      params: {
        /** The pipeline's id: pip_… */
        id: string;
      };
      query?:
        | {
            /** The `next_cursor` of the page before. */
            cursor?: string | undefined;
            /** How many at most. */
            limit?: number | undefined;
          }
        | undefined;
    };
    answer: {
      data: PipelineKey[];
      /** Of the next page; null on the last. */
      next_cursor: string | null;
      has_more: boolean;
    };
    error: EveryError | TokenError | "FORBIDDEN" | "NOT_FOUND";
  };

  /** Make a further key Rotates where it also says how long the other keys are still accepted. */
  createPipelineKey: {
    input: {
      params: {
        /** The pipeline's id: pip_… */
        id: string;
      };
      body?: NewPipelineKey | undefined;
      /** Your own, new for each intent. Sent again with it, the same request is answered as the first time and changes nothing more. */
      idempotencyKey?: string | undefined;
    };
    answer: PipelineKey;
    error:
      | EveryError
      | TokenError
      | "FORBIDDEN"
      | "NOT_FOUND"
      | "CONFLICT"
      | "MANAGED_BY_FILE"
      | "IDEMPOTENCY_CONFLICT"
      | "PAYLOAD_TOO_LARGE"
      | "UNSUPPORTED_MEDIA_TYPE"
      | "IDEMPOTENCY_KEY_REUSED";
  };

  /** Show a key */
  getPipelineKey: {
    input: {
      params: {
        /** The pipeline's id: pip_… */
        id: string;
        /** The key's id: key_… */
        key_id: string;
      };
    };
    answer: PipelineKey;
    error: EveryError | TokenError | "FORBIDDEN" | "NOT_FOUND";
  };

  /** Revoke a key It is refused within a second. One that is revoked already stays so. */
  revokePipelineKey: {
    input: {
      params: {
        /** The pipeline's id: pip_… */
        id: string;
        /** The key's id: key_… */
        key_id: string;
      };
    };
    answer: undefined;
    error:
      | EveryError
      | TokenError
      | "FORBIDDEN"
      | "NOT_FOUND"
      | "MANAGED_BY_FILE"
      | "IN_USE"
      | "PAYLOAD_TOO_LARGE"
      | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** Give the code for pages and servers */
  getPipelineSnippet: {
    input: {
      params: {
        /** The pipeline's id: pip_… */
        id: string;
      };
    };
    answer: PipelineSnippet;
    error: EveryError | TokenError | "FORBIDDEN" | "NOT_FOUND" | "CONFLICT";
  };

  /** List the integrations of a pipeline, in the order in which they were assigned */
  listPipelineIntegrations: {
    input: {
      params: {
        /** pip_… */
        id: string;
      };
      query?:
        | {
            /** The `next_cursor` of the page before. */
            cursor?: string | undefined;
            /** How many at most. */
            limit?: number | undefined;
          }
        | undefined;
    };
    answer: {
      data: PipelineIntegration[];
      /** Of the next page; null on the last. */
      next_cursor: string | null;
      has_more: boolean;
    };
    error: EveryError | TokenError | "FORBIDDEN" | "NOT_FOUND";
  };

  /** Assign an integration to a pipeline, at its latest revision unless another one is named */
  assignIntegration: {
    input: {
      params: {
        /** pip_… */
        id: string;
      };
      body: {
        /** tmpl_… */
        integration_id: string;
        /** A number to stay at, or latest to follow: new revisions then go live at once. */
        revision?: "latest" | number | undefined;
        enabled?: boolean | undefined;
      };
      /** Your own, new for each intent. Sent again with it, the same request is answered as the first time and changes nothing more. */
      idempotencyKey?: string | undefined;
    };
    answer: PipelineIntegration;
    error:
      | EveryError
      | TokenError
      | "FORBIDDEN"
      | "NOT_FOUND"
      | "CONFLICT"
      | "MANAGED_BY_FILE"
      | "IDEMPOTENCY_CONFLICT"
      | "PAYLOAD_TOO_LARGE"
      | "UNSUPPORTED_MEDIA_TYPE"
      | "IDEMPOTENCY_KEY_REUSED";
  };

  /** Show an integration on a pipeline */
  getPipelineIntegration: {
    input: {
      params: {
        /** pip_… */
        id: string;
        /** pi_… */
        pi: string;
      };
    };
    answer: PipelineIntegration;
    error: EveryError | TokenError | "FORBIDDEN" | "NOT_FOUND";
  };

  /** Pin an integration on a pipeline to a revision, upgrade it, roll it back, enable or disable it What waits for a disabled one stays and is not sent; new events are counted as filtered. An older revision rolls back. */
  updatePipelineIntegration: {
    input: {
      params: {
        /** pip_… */
        id: string;
        /** pi_… */
        pi: string;
      };
      body: {
        /** A number to stay at, or latest to follow: new revisions then go live at once. */
        revision?: "latest" | number | undefined;
        enabled?: boolean | undefined;
        /** The version that the change was made from: another one is refused with VERSION_CONFLICT. */
        version?: number | undefined;
      };
    };
    answer: PipelineIntegration;
    error:
      | EveryError
      | TokenError
      | "FORBIDDEN"
      | "NOT_FOUND"
      | "CONFLICT"
      | "VERSION_CONFLICT"
      | "MANAGED_BY_FILE"
      | "PAYLOAD_TOO_LARGE"
      | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** Take an integration off a pipeline One with waiting deliveries is refused, unless discard_waiting=true gives them up. */
  removePipelineIntegration: {
    input: {
      params: {
        /** pip_… */
        id: string;
        /** pi_… */
        pi: string;
      };
      query?:
        | {
            /** Gives up the deliveries that wait for it: they become dead letters. */
            discard_waiting?: boolean | undefined;
          }
        | undefined;
    };
    answer: undefined;
    error:
      | EveryError
      | TokenError
      | "FORBIDDEN"
      | "NOT_FOUND"
      | "MANAGED_BY_FILE"
      | "HAS_WAITING_DELIVERIES"
      | "PAYLOAD_TOO_LARGE"
      | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** List the vendors that can be installed, by key */
  listCatalogue: {
    input: {
      query?:
        | {
            /** The `next_cursor` of the page before. */
            cursor?: string | undefined;
            /** How many at most. */
            limit?: number | undefined;
            category?: "advertising" | "analytics" | "attribution" | "cdp" | "cloud_storage" | "other" | undefined;
            status?: "ga" | "beta" | "alpha" | undefined;
            /** Words that all stand in key, name, description, category or tags. */
            search?: string | undefined;
          }
        | undefined;
    };
    answer: {
      data: CatalogueEntry[];
      /** Of the next page; null on the last. */
      next_cursor: string | null;
      has_more: boolean;
    };
    error: EveryError | TokenError | "FORBIDDEN";
  };

  /** Show a vendor with its settings, variants and blueprints */
  getCatalogueEntry: {
    input: {
      params: {
        /** The vendor's key, as in webhook. */
        key: string;
      };
    };
    answer: CatalogueEntry;
    error: EveryError | TokenError | "FORBIDDEN" | "NOT_FOUND";
  };

  /** Show the vendor's mark as SVG */
  getCatalogueLogo: {
    input: {
      params: {
        /** The vendor's key, as in webhook. */
        key: string;
      };
    };
    answer: string;
    error: EveryError | "NOT_FOUND";
  };

  /** Install a vendor: makes an integration and its revision 1 The variant's settings apply under the given config. Without consent_categories the vendor's own are taken. Nothing is delivered before the integration is assigned to a pipeline. */
  installIntegration: {
    input: {
      params: {
        /** The vendor's key, as in webhook. */
        key: string;
      };
      body: {
        /** What people call it; once in the organisation. */
        name: string;
        /** For people. */
        description?: string | undefined;
        /** A variant of the vendor. */
        variant?: string | undefined;
        /** The vendor's settings by the keys of its config_fields, secrets among them. */
        config?: Record<string, unknown> | undefined;
        delivery_mode?: "server_side" | undefined;
        /** The visitor must have granted all of them. An empty list delivers every event. */
        consent_categories?: string[] | undefined;
        /** Limits of the requests to the vendor; null takes the vendor's own. */
        rate_limits?:
          | {
              rate_limit_rps?: number | null | undefined;
              rate_limit_burst?: number | null | undefined;
              rate_limit_daily?: number | null | undefined;
            }
          | undefined;
        /** How events are gathered into requests; null takes the vendor's own way. */
        batch?:
          | {
              size?: number | null | undefined;
              bytes?: number | null | undefined;
              interval_ms?: number | null | undefined;
            }
          | undefined;
        /** YAML text, kept with its comments, or the same as an object; null sends events as they are. */
        mapping?: string | Record<string, unknown> | null | undefined;
        /** How to deliver to an API of your own, of vendors that take one. */
        delivery_spec?: Record<string, unknown> | null | undefined;
        /** A blueprint of the vendor, which becomes the mapping; not together with mapping. Without either, the one that is called as the variant, else the default one; mapping null sends events as they are. */
        blueprint?: string | undefined;
      };
      /** Your own, new for each intent. Sent again with it, the same request is answered as the first time and changes nothing more. */
      idempotencyKey?: string | undefined;
    };
    answer: {
      template: Integration;
      revision: Revision;
      /** What was taken and may not be meant. */
      warnings: { path: string; message: string }[];
    };
    error:
      | EveryError
      | TokenError
      | "FORBIDDEN"
      | "NOT_FOUND"
      | "CONFLICT"
      | "IDEMPOTENCY_CONFLICT"
      | "PAYLOAD_TOO_LARGE"
      | "UNSUPPORTED_MEDIA_TYPE"
      | "IDEMPOTENCY_KEY_REUSED";
  };

  /** List the integrations, by name */
  listIntegrations: {
    input: {
      query?:
        | {
            /** The `next_cursor` of the page before. */
            cursor?: string | undefined;
            /** How many at most. */
            limit?: number | undefined;
            /** A part of name, description or vendor. */
            search?: string | undefined;
            /** A vendor's key. */
            vendor?: string | undefined;
            category?: "advertising" | "analytics" | "attribution" | "cdp" | "cloud_storage" | "other" | undefined;
            /** A pipeline's id: those that deliver for it now. */
            enabled_on?: string | undefined;
          }
        | undefined;
    };
    answer: {
      data: Integration[];
      /** Of the next page; null on the last. */
      next_cursor: string | null;
      has_more: boolean;
    };
    error: EveryError | TokenError | "FORBIDDEN";
  };

  /** Make a custom integration: a vendor of your own, delivered to by webhook Its config is the webhook's. Vendors of the catalogue are installed from there. */
  createCustomIntegration: {
    input: {
      body: {
        /** What people call it; once in the organisation. */
        name: string;
        /** For people. */
        description?: string | undefined;
        /** A variant of the vendor. */
        variant?: string | undefined;
        /** The vendor's settings by the keys of its config_fields, secrets among them. */
        config?: Record<string, unknown> | undefined;
        delivery_mode?: "server_side" | undefined;
        /** The visitor must have granted all of them. An empty list delivers every event. */
        consent_categories?: string[] | undefined;
        /** Limits of the requests to the vendor; null takes the vendor's own. */
        rate_limits?:
          | {
              rate_limit_rps?: number | null | undefined;
              rate_limit_burst?: number | null | undefined;
              rate_limit_daily?: number | null | undefined;
            }
          | undefined;
        /** How events are gathered into requests; null takes the vendor's own way. */
        batch?:
          | {
              size?: number | null | undefined;
              bytes?: number | null | undefined;
              interval_ms?: number | null | undefined;
            }
          | undefined;
        /** YAML text, kept with its comments, or the same as an object; null sends events as they are. */
        mapping?: string | Record<string, unknown> | null | undefined;
        /** How to deliver to an API of your own, of vendors that take one. */
        delivery_spec?: Record<string, unknown> | null | undefined;
        /** What people call the vendor, or the API of your own. */
        vendor_name: string;
      };
      /** Your own, new for each intent. Sent again with it, the same request is answered as the first time and changes nothing more. */
      idempotencyKey?: string | undefined;
    };
    answer: {
      template: Integration;
      revision: Revision;
      /** What was taken and may not be meant. */
      warnings: { path: string; message: string }[];
    };
    error:
      | EveryError
      | TokenError
      | "FORBIDDEN"
      | "CONFLICT"
      | "IDEMPOTENCY_CONFLICT"
      | "PAYLOAD_TOO_LARGE"
      | "UNSUPPORTED_MEDIA_TYPE"
      | "IDEMPOTENCY_KEY_REUSED";
  };

  /** Show an integration and where it is used */
  getIntegration: {
    input: {
      params: {
        /** tmpl_… */
        id: string;
      };
    };
    answer: Integration;
    error: EveryError | TokenError | "FORBIDDEN" | "NOT_FOUND";
  };

  /** Rename or describe an integration; what it does is changed by a new revision */
  updateIntegration: {
    input: {
      params: {
        /** tmpl_… */
        id: string;
      };
      body: {
        /** What people call it; once in the organisation. */
        name?: string | undefined;
        /** For people. */
        description?: string | undefined;
        /** What people call the vendor, or the API of your own. */
        vendor_name?: string | undefined;
        /** The version that the change was made from: another one is refused with VERSION_CONFLICT. */
        version?: number | undefined;
      };
    };
    answer: Integration;
    error:
      | EveryError
      | TokenError
      | "FORBIDDEN"
      | "NOT_FOUND"
      | "CONFLICT"
      | "VERSION_CONFLICT"
      | "MANAGED_BY_FILE"
      | "PAYLOAD_TOO_LARGE"
      | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** Delete an integration One that is assigned to pipelines is refused with IN_USE, unless force=true takes it off them as well, which needs integrations:publish. One with waiting deliveries is refused, unless discard_waiting=true gives them up. */
  deleteIntegration: {
    input: {
      params: {
        /** tmpl_… */
        id: string;
      };
      query?:
        | {
            /** Takes it off the pipelines that use it, too. */
            force?: boolean | undefined;
            /** Gives up the deliveries that wait for it: they become dead letters. */
            discard_waiting?: boolean | undefined;
          }
        | undefined;
    };
    answer: undefined;
    error:
      | EveryError
      | TokenError
      | "FORBIDDEN"
      | "NOT_FOUND"
      | "MANAGED_BY_FILE"
      | "HAS_WAITING_DELIVERIES"
      | "IN_USE"
      | "PAYLOAD_TOO_LARGE"
      | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** List an integration's revisions, the newest first */
  listRevisions: {
    input: {
      params: {
        /** tmpl_… */
        id: string;
      };
      query?:
        | {
            /** The `next_cursor` of the page before. */
            cursor?: string | undefined;
            /** How many at most. */
            limit?: number | undefined;
          }
        | undefined;
    };
    answer: {
      data: {
        /** rev_… */
        id: string;
        integration_id: string;
        org_id: string;
        revision_number: number;
        vendor: string;
        variant: string;
        delivery_mode: "server_side";
        /** The settings as an install takes them; of a secret only {set: true}. */
        config: Record<string, unknown>;
        consent_categories: string[];
        /** Null takes the vendor's own. */
        rate_limits: {
          rate_limit_rps: number | null;
          rate_limit_burst: number | null;
          rate_limit_daily: number | null;
        };
        /** Null takes the vendor's own. */
        batch: { size: number | null; bytes: number | null; interval_ms: number | null };
        change_summary: string;
        /** A user's id; null of the configuration file and the server itself. */
        created_by: string | null;
        /** ISO 8601. */
        created_at: string;
      }[];
      /** Of the next page; null on the last. */
      next_cursor: string | null;
      has_more: boolean;
    };
    error: EveryError | TokenError | "FORBIDDEN" | "NOT_FOUND";
  };

  /** Make the next revision What is left out is carried over, secrets too. config, rate_limits and batch are merged by key, and null takes a key back to its default. Secrets are not carried over to another host. Pipelines that follow the latest revision get it at once, which needs integrations:publish; those that are pinned stay where they are. Content as in the latest revision makes no other one: the latest is answered with 200. */
  createRevision: {
    input: {
      params: {
        /** tmpl_… */
        id: string;
      };
      body: {
        /** What is left out is as in this one; the latest when left out. By itself it rolls back. */
        base_revision?: number | undefined;
        /** A variant of the vendor. */
        variant?: string | undefined;
        /** The vendor's settings by the keys of its config_fields, secrets among them. */
        config?: Record<string, unknown> | undefined;
        /** The visitor must have granted all of them. An empty list delivers every event. */
        consent_categories?: string[] | undefined;
        /** Limits of the requests to the vendor; null takes the vendor's own. */
        rate_limits?:
          | {
              rate_limit_rps?: number | null | undefined;
              rate_limit_burst?: number | null | undefined;
              rate_limit_daily?: number | null | undefined;
            }
          | undefined;
        /** How events are gathered into requests; null takes the vendor's own way. */
        batch?:
          | {
              size?: number | null | undefined;
              bytes?: number | null | undefined;
              interval_ms?: number | null | undefined;
            }
          | undefined;
        /** YAML text, kept with its comments, or the same as an object; null sends events as they are. */
        mapping?: string | Record<string, unknown> | null | undefined;
        /** How to deliver to an API of your own, of vendors that take one. */
        delivery_spec?: Record<string, unknown> | null | undefined;
        /** What the revision is for; made from what changed when left out. */
        change_summary?: string | undefined;
        /** The version that the change was made from: another one is refused with VERSION_CONFLICT. */
        version?: number | undefined;
      };
      /** Your own, new for each intent. Sent again with it, the same request is answered as the first time and changes nothing more. */
      idempotencyKey?: string | undefined;
    };
    answer: {
      /** rev_… */
      id: string;
      integration_id: string;
      org_id: string;
      revision_number: number;
      vendor: string;
      variant: string;
      delivery_mode: "server_side";
      /** The settings as an install takes them; of a secret only {set: true}. */
      config: Record<string, unknown>;
      consent_categories: string[];
      /** Null takes the vendor's own. */
      rate_limits: { rate_limit_rps: number | null; rate_limit_burst: number | null; rate_limit_daily: number | null };
      /** Null takes the vendor's own. */
      batch: { size: number | null; bytes: number | null; interval_ms: number | null };
      change_summary: string;
      /** A user's id; null of the configuration file and the server itself. */
      created_by: string | null;
      /** ISO 8601. */
      created_at: string;
      /** Without its parameters, which are in config; null sends events as they are. */
      mapping: Record<string, unknown> | null;
      /** The mapping as its author wrote it; null where it came as an object. */
      mapping_text: string | null;
      delivery_spec: Record<string, unknown> | null;
      /** What was taken and may not be meant. */
      warnings: { path: string; message: string }[];
    };
    error:
      | EveryError
      | TokenError
      | "FORBIDDEN"
      | "NOT_FOUND"
      | "CONFLICT"
      | "VERSION_CONFLICT"
      | "MANAGED_BY_FILE"
      | "IDEMPOTENCY_CONFLICT"
      | "PAYLOAD_TOO_LARGE"
      | "UNSUPPORTED_MEDIA_TYPE"
      | "IDEMPOTENCY_KEY_REUSED";
  };

  /** Show a revision */
  getRevision: {
    input: {
      params: {
        /** tmpl_… */
        id: string;
        n: number;
      };
    };
    answer: Revision;
    error: EveryError | TokenError | "FORBIDDEN" | "NOT_FOUND";
  };

  /** Compare two revisions, field by field From a to b. Of secrets it is said that they changed, never what they are. */
  diffRevisions: {
    input: {
      params: {
        /** tmpl_… */
        id: string;
        a: number;
        b: number;
      };
    };
    answer: {
      integration_id: string;
      from: number;
      to: number;
      changes: {
        /** As in config.url or mapping.events.purchase.mappings[2].source; a row's place is that in the newer revision, a removed one's that in the older. */
        path: string;
        kind: "added" | "removed" | "changed";
        /** Of a secret {set: true}; null where there is none. */
        old: unknown;
        /** Of a secret {set: true}; null where there is none. */
        new: unknown;
      }[];
      /** The mappings as YAML, compared by lines; empty where they are equal. */
      mapping_diff: string;
    };
    error: EveryError | TokenError | "FORBIDDEN" | "NOT_FOUND";
  };

  /** Test the connection of an integration Asks the vendor with the settings of the revision, as deliveries do, and changes nothing there. With an event that event is mapped and sent for real instead. Ten seconds at most. */
  testIntegration: {
    input: {
      params: {
        /** tmpl_… */
        id: string;
      };
      body?:
        | {
            /** The latest when left out. */
            revision?: number | undefined;
            /** The pipeline whose parameters the settings are made of; needed where they are. */
            pipeline_id?: string | undefined;
            /** An event as a client sends it; what is missing is added as the gateway does. */
            event?: Record<string, unknown> | undefined;
          }
        | undefined;
    };
    answer: {
      /** Null where nothing was asked of the vendor. */
      ok: boolean | null;
      /** What is wrong, where something is. */
      kind?: "credentials" | "permission" | "not_found" | "limited" | "unavailable" | "unknown" | undefined;
      /** The setting to look at. */
      field?: string | undefined;
      /** What happened, and what to do now. */
      message: string;
      /** Of the vendor's answer. */
      status?: number | undefined;
      took_ms: number;
    };
    error: EveryError | TokenError | "FORBIDDEN" | "NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** Test settings of a vendor that are not saved yet As for an integration; nothing of the request is kept. */
  testSettings: {
    input: {
      params: {
        /** The vendor's key, as in webhook. */
        key: string;
      };
      body: {
        /** The vendor's settings by the keys of its config_fields, secrets among them. */
        config: Record<string, unknown>;
        /** A variant of the vendor. */
        variant?: string | undefined;
        /** How to deliver to an API of your own, of vendors that take one. */
        delivery_spec?: Record<string, unknown> | null | undefined;
        /** The pipeline whose parameters the settings are made of; needed where they are. */
        pipeline_id?: string | undefined;
      };
    };
    answer: {
      /** Null where nothing was asked of the vendor. */
      ok: boolean | null;
      /** What is wrong, where something is. */
      kind?: "credentials" | "permission" | "not_found" | "limited" | "unavailable" | "unknown" | undefined;
      /** The setting to look at. */
      field?: string | undefined;
      /** What happened, and what to do now. */
      message: string;
      /** Of the vendor's answer. */
      status?: number | undefined;
      took_ms: number;
    };
    error: EveryError | TokenError | "FORBIDDEN" | "NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** Show the data layer */
  getDataLayer: { input: NoInput; answer: DataLayer; error: EveryError | TokenError | "FORBIDDEN" };

  /** Replace the data layer A part that is left out is off. The salt stays with its part, unless it is given or null. */
  replaceDataLayer: {
    input: { body: NewDataLayer };
    answer: DataLayer;
    error:
      | EveryError
      | TokenError
      | "FORBIDDEN"
      | "CONFLICT"
      | "VERSION_CONFLICT"
      | "MANAGED_BY_FILE"
      | "PAYLOAD_TOO_LARGE"
      | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** Change parts of the data layer A merge patch (RFC 7396): what is left out stays, null removes, lists are replaced. */
  updateDataLayer: {
    input: { body: DataLayerPatch };
    answer: DataLayer;
    error:
      | EveryError
      | TokenError
      | "FORBIDDEN"
      | "CONFLICT"
      | "VERSION_CONFLICT"
      | "MANAGED_BY_FILE"
      | "PAYLOAD_TOO_LARGE"
      | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** Check a mapping: every fault at once, with its place in the text Also a text that cannot be read at all is answered with 200 and its fault. Nothing is stored. */
  validateMapping: {
    input: {
      body: {
        /** A mapping, of version 2 or 1. Faults of a text have lines and columns. */
        mapping: string | Record<string, unknown>;
        /** A vendor's key, as in webhook. */
        vendor?: string | undefined;
        /** A pipeline's id. */
        pipeline_id?: string | undefined;
      };
    };
    answer: {
      valid: boolean;
      version: 1 | 2 | null;
      /** The first 200. */
      faults: {
        /** Where in the mapping, as in events.purchase.mappings[2].transform; empty for the whole. */
        path: string;
        /** What is wrong, with the cure where there is one. */
        message: string;
        /** In the text, from 1. */
        line?: number | undefined;
        column?: number | undefined;
      }[];
      /** How many there are. */
      fault_count: number;
      /** Likely slips that are no faults; the first 200. */
      warnings: {
        /** Where in the mapping, as in events.purchase.mappings[2].transform; empty for the whole. */
        path: string;
        /** What is wrong, with the cure where there is one. */
        message: string;
        /** In the text, from 1. */
        line?: number | undefined;
        column?: number | undefined;
      }[];
      /** Names of the pipeline parameters that it uses; empty where it has faults. */
      pipeline_parameters: string[];
    };
    error: EveryError | TokenError | "FORBIDDEN" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** Count how many of a vendor's fields each section of a mapping fills By its rows, without an event: a row that writes a whole object counts for all its fields. A mapping of version 1 has no sections. */
  measureMapping: {
    input: {
      body: {
        /** A mapping, of version 2 or 1. Faults of a text have lines and columns. */
        mapping: string | Record<string, unknown>;
        /** A vendor's key, as in webhook. */
        vendor: string;
      };
    };
    answer: {
      /** Whether the mapping is without faults; they may make counts wrong. */
      valid: boolean;
      version: 1 | 2 | null;
      /** The first 200. */
      faults: {
        /** Where in the mapping, as in events.purchase.mappings[2].transform; empty for the whole. */
        path: string;
        /** What is wrong, with the cure where there is one. */
        message: string;
        /** In the text, from 1. */
        line?: number | undefined;
        column?: number | undefined;
      }[];
      /** How many there are. */
      fault_count: number;
      sections: {
        /** The section's path, as in events.purchase; global rows count for each. */
        section: string;
        vendor_event_name: string | null;
        required: { mapped: number; total: number; missing: string[] };
        optional: { mapped: number; total: number };
      }[];
    };
    error: EveryError | TokenError | "FORBIDDEN" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** Convert a mapping of version 1 into version 2 Where there are no notes, it makes the same payload of every event. Nothing is stored. */
  convertMapping: {
    input: {
      body: {
        /** A mapping, of version 2 or 1. Faults of a text have lines and columns. */
        mapping: string | Record<string, unknown>;
      };
    };
    answer: {
      mapping: Record<string, unknown> | null;
      text: string | null;
      notes: {
        step: number | null;
        /** Whether version 2 goes without it, or has it with another behaviour on some events. */
        kind: "not_converted" | "differs";
        /** The field or key of the step. */
        what: string;
        why: string;
      }[];
      /** The first 200. */
      faults: {
        /** Where in the mapping, as in events.purchase.mappings[2].transform; empty for the whole. */
        path: string;
        /** What is wrong, with the cure where there is one. */
        message: string;
        /** In the text, from 1. */
        line?: number | undefined;
        column?: number | undefined;
      }[];
      /** How many there are. */
      fault_count: number;
    };
    error: EveryError | TokenError | "FORBIDDEN" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** Edit the text of a mapping; what is not edited stays as it is, comments included All edits or none, in their order. Without edits, it reads the text into sections and rows. The text is not checked as a mapping (see validate), and nothing is stored. */
  editMapping: {
    input: {
      body: {
        /** A mapping as YAML or JSON text. */
        text: string;
        edits: (
          | {
              op: "set_row";
              /** A section's id, as in global, defaults, events.purchase, events["Order Completed"]. */
              section: string;
              list: "mappings" | "enrichments" | "transforms";
              index: number;
              /** A row, as the mapping's schema has it. */
              row: Record<string, unknown>;
            }
          | {
              op: "add_row";
              /** A section's id, as in global, defaults, events.purchase, events["Order Completed"]. */
              section: string;
              list: "mappings" | "enrichments" | "transforms";
              /** A row, as the mapping's schema has it. */
              row: Record<string, unknown>;
              index?: number | undefined;
            }
          | {
              op: "remove_row";
              /** A section's id, as in global, defaults, events.purchase, events["Order Completed"]. */
              section: string;
              list: "mappings" | "enrichments" | "transforms";
              index: number;
            }
          | {
              op: "move_row";
              /** A section's id, as in global, defaults, events.purchase, events["Order Completed"]. */
              section: string;
              list: "mappings" | "enrichments" | "transforms";
              from: number;
              to: number;
            }
          | {
              op: "set_rows";
              /** A section's id, as in global, defaults, events.purchase, events["Order Completed"]. */
              section: string;
              list: "mappings" | "enrichments" | "transforms";
              rows: Record<string, unknown>[];
            }
          | {
              op: "set_option";
              /** A section's id, as in global, defaults, events.purchase, events["Order Completed"]. */
              section: string;
              option: "vendor_event_name" | "enabled" | "filter" | "action";
              /** Null takes the option away. */
              value: string | boolean | null;
            }
          | {
              op: "add_section";
              /** An event by any of its names, as in purchase or Order Completed; also page, page:<name>, identify, group. */
              event: string;
              /** The section's keys. */
              content?: Record<string, unknown> | undefined;
            }
          | {
              op: "remove_section";
              /** A section's id, as in global, defaults, events.purchase, events["Order Completed"]. */
              section: string;
            }
          | {
              op: "rename_section";
              /** A section's id, as in global, defaults, events.purchase, events["Order Completed"]. */
              section: string;
              /** An event by any of its names, as in purchase or Order Completed; also page, page:<name>, identify, group. */
              event: string;
            }
          | { op: "set_defaults"; defaults: Record<string, unknown> | null }
        )[];
      };
    };
    answer: {
      applied: boolean;
      text: string;
      faults: {
        /** Where in the mapping, as in events.purchase.mappings[2].transform; empty for the whole. */
        path: string;
        /** What is wrong, with the cure where there is one. */
        message: string;
        /** In the text, from 1. */
        line?: number | undefined;
        column?: number | undefined;
        edit: number | null;
      }[];
      /** What the text now says. */
      sections: {
        id: string;
        kind: "global" | "event" | "defaults";
        name: string | null;
        /** vendor_event_name, enabled, filter and action, as far as they are given. */
        options: Record<string, unknown>;
        mappings: {
          /** The row's path, as faults and previews name it. */
          id: string;
          /** The row. */
          row: unknown;
        }[];
        enrichments: {
          /** The row's path, as faults and previews name it. */
          id: string;
          /** The row. */
          row: unknown;
        }[];
        transforms: {
          /** The row's path, as faults and previews name it. */
          id: string;
          /** The row. */
          row: unknown;
        }[];
      }[];
    };
    error: EveryError | TokenError | "FORBIDDEN" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** Show what a mapping makes of an event, row by row Runs the mapping exactly as the server does, and sends and stores nothing. The mapping is the one given, else that of the integration; the event is the one given, else a sample. Secret parameters of the pipeline are never filled in. */
  previewMapping: {
    input: {
      body: {
        /** A mapping, of version 2 or 1. Null sends the event as it is, as without a mapping. */
        mapping?: string | Record<string, unknown> | null | undefined;
        /** An event as a client sends it; what is missing is added as the gateway does. */
        event?: Record<string, unknown> | undefined;
        /** A sample event from the catalogue. */
        sample?:
          | {
              /** An event by any of its names, as in purchase or Order Completed; also page, page:<name>, identify, group. */
              event: string;
              /** A line of business in the event catalogue. */
              vertical?: "general" | "ecommerce" | "travel" | "media" | "publishing" | "saas" | "mobile" | undefined;
              /** Another seed, another sample. */
              seed?: string | undefined;
            }
          | undefined;
        /** A vendor's key, as in webhook. */
        vendor?: string | undefined;
        /** An integration's id. */
        integration_id?: string | undefined;
        /** Of the integration; the latest when left out. */
        revision?: number | undefined;
        /** A pipeline's id. */
        pipeline_id?: string | undefined;
        /** The event goes through the data layer first. */
        data_layer?: boolean | undefined;
      };
    };
    answer: {
      /** The event as the mapping read it. */
      event: Record<string, unknown>;
      data_layer: {
        stopped: { reason: string; details: string | null } | null;
        /** Parts that only the running server has: geo, custom_js. */
        not_run: string[];
      } | null;
      /** What would be sent; left out where it is larger than 1 MiB. */
      payload?: unknown;
      payload_bytes?: number | null | undefined;
      vendor_event_name?: string | null | undefined;
      stopped?:
        | {
            /** Why nothing is sent: the reason that it is counted under. */
            reason: string;
            /** The section or row that decided it, or data_layer. */
            by: string;
          }
        | undefined;
      /** A row cannot work on its value: the delivery would be a dead letter. */
      error?: { path: string; message: string } | undefined;
      /** The mapping is wrong; nothing was run. */
      faults?:
        | {
            /** Where in the mapping, as in events.purchase.mappings[2].transform; empty for the whole. */
            path: string;
            /** What is wrong, with the cure where there is one. */
            message: string;
            /** In the text, from 1. */
            line?: number | undefined;
            column?: number | undefined;
          }[]
        | undefined;
      warnings: {
        /** Where in the mapping, as in events.purchase.mappings[2].transform; empty for the whole. */
        path: string;
        /** What is wrong, with the cure where there is one. */
        message: string;
        /** In the text, from 1. */
        line?: number | undefined;
        column?: number | undefined;
      }[];
      /** Row by row the value after each step. */
      steps: {
        /** The row's path in the mapping. */
        row: string;
        target: string;
        steps: {
          /** source, value, a transform, value_map, default_value, when or target. */
          step: string;
          /** After the step; left out where it is missing or too large. */
          value?: unknown;
          /** Of the value only its beginning is shown, or nothing. */
          cut?: true | undefined;
        }[];
        /** There are more steps than are shown. */
        cut?: true | undefined;
      }[];
      coverage: {
        required: { mapped: number; total: number; missing: string[] };
        optional: { mapped: number; total: number };
        sections: {
          /** The section's path, as in events.purchase; global rows count for each. */
          section: string;
          vendor_event_name: string | null;
          required: { mapped: number; total: number; missing: string[] };
          optional: { mapped: number; total: number };
        }[];
      } | null;
      /** What the vendor's list of fields finds wrong with the payload. */
      payload_faults?:
        | { path: string; message: string; level: "fault" | "warning"; link?: string | undefined }[]
        | undefined;
    };
    error: EveryError | TokenError | "FORBIDDEN" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** Check an expression, as filters and conditions have it, and ask it of an event */
  checkExpression: {
    input: {
      body: {
        /** At most 4,000 characters are an expression; more is a fault. */
        expression: string;
        /** An event as a client sends it; what is missing is added as the gateway does. */
        event?: Record<string, unknown> | undefined;
        /** A sample event from the catalogue. */
        sample?:
          | {
              /** An event by any of its names, as in purchase or Order Completed; also page, page:<name>, identify, group. */
              event: string;
              /** A line of business in the event catalogue. */
              vertical?: "general" | "ecommerce" | "travel" | "media" | "publishing" | "saas" | "mobile" | undefined;
              /** Another seed, another sample. */
              seed?: string | undefined;
            }
          | undefined;
      };
    };
    answer: {
      valid: boolean;
      faults: {
        message: string;
        /** Characters before the fault. */
        offset: number;
        line: number;
        column: number;
      }[];
      result: {
        /** Whether it is true of the event, as a filter asks. */
        holds: boolean;
        /** What it is worth; left out where that is missing or too large. */
        value?: unknown;
      } | null;
    };
    error: EveryError | TokenError | "FORBIDDEN" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** List the fields that a mapping can read from events, with examples */
  listSourceFields: {
    input: {
      query?:
        | {
            /** The `next_cursor` of the page before. */
            cursor?: string | undefined;
            /** How many at most. */
            limit?: number | undefined;
            /** An event by any of its names, as in purchase or Order Completed; also page, page:<name>, identify, group. */
            event?: string | undefined;
            /** A line of business in the event catalogue. */
            vertical?: "general" | "ecommerce" | "travel" | "media" | "publishing" | "saas" | "mobile" | undefined;
            /** What someone has typed so far. */
            search?: string | undefined;
          }
        | undefined;
    };
    answer: {
      data: {
        /** As a mapping's source has it: canonical.items[].item_id. */
        path: string;
        type: "string" | "number" | "integer" | "boolean" | "array" | "object";
        description: string;
        need: "required" | "recommended" | "optional" | null;
        /** Names it is also sent under; a canonical path reads all of them. */
        aliases: string[];
        /** The only values it may have. */
        values?: string[] | undefined;
        /** As in currency, country, date, time, url, email. */
        form?: string | undefined;
        /** From a sample event. */
        example?: unknown;
      }[];
      /** Of the next page; null on the last. */
      next_cursor: string | null;
      has_more: boolean;
    };
    error: EveryError | TokenError | "FORBIDDEN";
  };

  /** List or search the events of the catalogue, with all their names */
  listCatalogueEvents: {
    input: {
      query?:
        | {
            /** The `next_cursor` of the page before. */
            cursor?: string | undefined;
            /** How many at most. */
            limit?: number | undefined;
            /** A line of business in the event catalogue. */
            vertical?: "general" | "ecommerce" | "travel" | "media" | "publishing" | "saas" | "mobile" | undefined;
            /** What someone has typed so far. */
            search?: string | undefined;
          }
        | undefined;
    };
    answer: {
      data: {
        /** The canonical name. */
        name: string;
        /** A line of business in the event catalogue. */
        vertical: "general" | "ecommerce" | "travel" | "media" | "publishing" | "saas" | "mobile";
        description: string;
        /** Other names; case, spaces, - and _ make no difference. */
        aliases: string[];
        call: "track" | "page" | "identify" | "group";
        matched: { kind: "name" | "alias" | "property"; text: string } | null;
      }[];
      /** Of the next page; null on the last. */
      next_cursor: string | null;
      has_more: boolean;
    };
    error: EveryError | TokenError | "FORBIDDEN";
  };

  /** Show an event of the catalogue with the JSON Schema of its properties */
  getCatalogueEvent: {
    input: {
      params: {
        /** An event by any of its names, as in purchase or Order Completed; also page, page:<name>, identify, group. */
        event: string;
      };
    };
    answer: {
      /** The canonical name. */
      name: string;
      /** A line of business in the event catalogue. */
      vertical: "general" | "ecommerce" | "travel" | "media" | "publishing" | "saas" | "mobile";
      description: string;
      /** Other names; case, spaces, - and _ make no difference. */
      aliases: string[];
      call: "track" | "page" | "identify" | "group";
      /** JSON Schema (draft 2020-12) of the whole event. */
      schema: Record<string, unknown>;
    };
    error: EveryError | TokenError | "FORBIDDEN" | "NOT_FOUND";
  };

  /** Make a sample event, as a client would send it */
  getSampleEvent: {
    input: {
      params: {
        /** An event by any of its names, as in purchase or Order Completed; also page, page:<name>, identify, group. */
        event: string;
      };
      query?:
        | {
            /** A line of business in the event catalogue. */
            vertical?: "general" | "ecommerce" | "travel" | "media" | "publishing" | "saas" | "mobile" | undefined;
            /** Another seed, another sample. */
            seed?: string | undefined;
          }
        | undefined;
    };
    answer: {
      known: boolean;
      /** The event. */
      event: Record<string, unknown>;
    };
    error: EveryError | TokenError | "FORBIDDEN" | "NOT_FOUND";
  };

  /** List the fields of a vendor's payload */
  listVendorFields: {
    input: {
      params: {
        /** A vendor's key, as in webhook. */
        key: string;
      };
      query?:
        | {
            /** The `next_cursor` of the page before. */
            cursor?: string | undefined;
            /** How many at most. */
            limit?: number | undefined;
            /** The vendor's name of an event. */
            event?: string | undefined;
            /** What someone has typed so far. */
            search?: string | undefined;
          }
        | undefined;
    };
    answer: {
      vendor: string;
      /** Events with fields of their own. */
      events: string[];
      data: {
        /** In the payload; [] is every item: custom_data.contents[].id. */
        path: string;
        types: ("string" | "number" | "integer" | "boolean" | "object" | "array" | "any")[];
        /** conditional: in some cases, which the description names. */
        required: boolean | "conditional";
        description: string;
        /** The vendor's page about it. */
        link?: string | undefined;
        enum?: (string | number | boolean)[] | undefined;
        event: string | null;
      }[];
      /** Of the next page; null on the last. */
      next_cursor: string | null;
      has_more: boolean;
    };
    error: EveryError | TokenError | "FORBIDDEN" | "NOT_FOUND";
  };

  /** Show the JSON Schema of mappings, for editors */
  getMappingSchema: { input: NoInput; answer: Record<string, unknown>; error: EveryError | TokenError | "FORBIDDEN" };

  /** List the transforms of values, with arguments and examples */
  listTransforms: {
    input: {
      query?:
        | {
            /** The `next_cursor` of the page before. */
            cursor?: string | undefined;
            /** How many at most. */
            limit?: number | undefined;
            /** What someone has typed so far. */
            search?: string | undefined;
          }
        | undefined;
    };
    answer: {
      data: {
        name: string;
        /** What it is listed under, as in text, hash, number, list. */
        family: string;
        summary: string;
        takes: "text" | "number" | "list" | "value";
        /** What becomes of values of other types. */
        behaviour: string;
        arguments: Record<string, unknown> | null;
        arguments_required: boolean;
        examples: {
          /** Left out: missing. */
          input?: unknown;
          /** Its argument. */
          args?: unknown;
          /** Left out: missing. */
          output?: unknown;
        }[];
      }[];
      /** Of the next page; null on the last. */
      next_cursor: string | null;
      has_more: boolean;
    };
    error: EveryError | TokenError | "FORBIDDEN";
  };

  /** List the ready-made mappings, by vendor and key */
  listBlueprints: {
    input: {
      query?:
        | {
            /** The `next_cursor` of the page before. */
            cursor?: string | undefined;
            /** How many at most. */
            limit?: number | undefined;
            /** A vendor's key, as in webhook. */
            vendor?: string | undefined;
            /** As in retail, travel, media. */
            vertical?: string | undefined;
          }
        | undefined;
    };
    answer: {
      data: {
        /** The vendor's key. */
        vendor: string;
        vendor_name: string;
        key: string;
        name: string;
        description: string;
        /** As in retail, travel, media. */
        vertical: string;
      }[];
      /** Of the next page; null on the last. */
      next_cursor: string | null;
      has_more: boolean;
    };
    error: EveryError | TokenError | "FORBIDDEN";
  };

  /** Show a ready-made mapping as YAML, with its comments */
  getBlueprint: {
    input: {
      params: {
        /** A vendor's key, as in webhook. */
        vendor: string;
        key: string;
      };
    };
    answer: {
      /** The vendor's key. */
      vendor: string;
      vendor_name: string;
      key: string;
      name: string;
      description: string;
      /** As in retail, travel, media. */
      vertical: string;
      /** A mapping of version 2 as YAML. */
      mapping: string;
    };
    error: EveryError | TokenError | "FORBIDDEN" | "NOT_FOUND";
  };

  /** Export everything that is configured, as signal.yaml Complete but for secrets: those are variables. The same configuration makes the same text. */
  exportConfiguration: { input: NoInput; answer: ExportedConfiguration; error: EveryError | TokenError | "FORBIDDEN" };

  /** Say what applying a signal.yaml would change */
  diffConfiguration: {
    input: {
      body: {
        /** The text of signal.yaml. */
        yaml: string;
        /** What ${NAME} stands for. The server's own environment is not used; variables of an export that are left out keep the secret that is there. */
        variables?: Record<string, string> | undefined;
        /** Also removes what the text does not name, but for what the server's own file names. */
        prune?: boolean | undefined;
        /** The number of the configuration that the text was made from: 409 VERSION_CONFLICT if it is another by now. */
        number?: number | undefined;
        /** Gives up the deliveries that wait for what is removed. */
        discard_waiting?: boolean | undefined;
      };
    };
    answer: AppliedConfiguration;
    error:
      | EveryError
      | TokenError
      | "FORBIDDEN"
      | "CONFLICT"
      | "VERSION_CONFLICT"
      | "MANAGED_BY_FILE"
      | "HAS_WAITING_DELIVERIES"
      | "PAYLOAD_TOO_LARGE"
      | "UNSUPPORTED_MEDIA_TYPE";
  };

  /** Apply a signal.yaml All of it or nothing. What it names is created or changed; the rest stays, unless prune is true. */
  applyConfiguration: {
    input: {
      body: {
        /** The text of signal.yaml. */
        yaml: string;
        /** What ${NAME} stands for. The server's own environment is not used; variables of an export that are left out keep the secret that is there. */
        variables?: Record<string, string> | undefined;
        /** Also removes what the text does not name, but for what the server's own file names. */
        prune?: boolean | undefined;
        /** The number of the configuration that the text was made from: 409 VERSION_CONFLICT if it is another by now. */
        number?: number | undefined;
        /** Gives up the deliveries that wait for what is removed. */
        discard_waiting?: boolean | undefined;
        /** Only says what would change. */
        dry_run?: boolean | undefined;
      };
      /** Your own, new for each intent. Sent again with it, the same request is answered as the first time and changes nothing more. */
      idempotencyKey?: string | undefined;
    };
    answer: AppliedConfiguration;
    error:
      | EveryError
      | TokenError
      | "FORBIDDEN"
      | "CONFLICT"
      | "VERSION_CONFLICT"
      | "MANAGED_BY_FILE"
      | "HAS_WAITING_DELIVERIES"
      | "IDEMPOTENCY_CONFLICT"
      | "PAYLOAD_TOO_LARGE"
      | "UNSUPPORTED_MEDIA_TYPE"
      | "IDEMPOTENCY_KEY_REUSED";
  };

  /** List what was changed, by whom and when, newest first Records are kept for 90 days. They are written with the change itself and never altered. */
  listAuditLogs: {
    input: {
      query?:
        | {
            /** The `next_cursor` of the page before. */
            cursor?: string | undefined;
            /** How many at most. */
            limit?: number | undefined;
            /** Exactly, as in `pipeline.created`. */
            action?: string | undefined;
            /** Who did it. */
            user_id?: string | undefined;
            /** As in `pipeline`. */
            resource_type?: string | undefined;
            /** What it was done to. */
            resource_id?: string | undefined;
            /** From then on. */
            since?: string | undefined;
            /** Before then. */
            until?: string | undefined;
            /** A part of action, user, resource or changes. */
            search?: string | undefined;
          }
        | undefined;
    };
    answer: {
      data: {
        /** `log_…` */
        id: string;
        /** As in `pipeline.created`. */
        action: string;
        /** Null for the configuration file, the server itself, and whoever was not signed in. */
        user_id: string | null;
        /** As it was then; `signal.yaml`, `command line` and `server` for what nobody signed in did. */
        user_email: string;
        resource_type: string;
        resource_id: string;
        /** By field. A secret is shown as `{set: true}`, never with its value. */
        changes: Record<string, { old: unknown; new: unknown }>;
        ip_address: string | null;
        user_agent: string | null;
        timestamp: string;
      }[];
      /** Of the next page; null on the last. */
      next_cursor: string | null;
      has_more: boolean;
    };
    error: EveryError | TokenError | "FORBIDDEN";
  };
}
export const OPERATIONS = {
  login: { method: "POST", path: "/auth/login" },
  refreshSession: { method: "POST", path: "/auth/refresh" },
  logout: { method: "POST", path: "/auth/logout" },
  acceptInvitation: { method: "POST", path: "/auth/invitations/accept" },
  getMe: { method: "GET", path: "/auth/me" },
  updateMe: { method: "PATCH", path: "/auth/me" },
  listApiTokens: { method: "GET", path: "/api-tokens" },
  createApiToken: { method: "POST", path: "/api-tokens" },
  getApiToken: { method: "GET", path: "/api-tokens/{id}" },
  revokeApiToken: { method: "DELETE", path: "/api-tokens/{id}" },
  listUsers: { method: "GET", path: "/users" },
  getUser: { method: "GET", path: "/users/{id}" },
  updateUser: { method: "PATCH", path: "/users/{id}" },
  deleteUser: { method: "DELETE", path: "/users/{id}" },
  listInvitations: { method: "GET", path: "/invitations" },
  createInvitation: { method: "POST", path: "/invitations" },
  resendInvitation: { method: "POST", path: "/invitations/{id}/resend" },
  revokeInvitation: { method: "DELETE", path: "/invitations/{id}" },
  getOrganisation: { method: "GET", path: "/organisation" },
  updateOrganisation: { method: "PATCH", path: "/organisation" },
  listPipelines: { method: "GET", path: "/pipelines" },
  createPipeline: { method: "POST", path: "/pipelines" },
  getPipeline: { method: "GET", path: "/pipelines/{id}" },
  updatePipeline: { method: "PATCH", path: "/pipelines/{id}" },
  deletePipeline: { method: "DELETE", path: "/pipelines/{id}" },
  listPipelineKeys: { method: "GET", path: "/pipelines/{id}/keys" },
  createPipelineKey: { method: "POST", path: "/pipelines/{id}/keys" },
  getPipelineKey: { method: "GET", path: "/pipelines/{id}/keys/{key_id}" },
  revokePipelineKey: { method: "DELETE", path: "/pipelines/{id}/keys/{key_id}" },
  getPipelineSnippet: { method: "GET", path: "/pipelines/{id}/snippet" },
  listPipelineIntegrations: { method: "GET", path: "/pipelines/{id}/integrations" },
  assignIntegration: { method: "POST", path: "/pipelines/{id}/integrations" },
  getPipelineIntegration: { method: "GET", path: "/pipelines/{id}/integrations/{pi}" },
  updatePipelineIntegration: { method: "PATCH", path: "/pipelines/{id}/integrations/{pi}" },
  removePipelineIntegration: { method: "DELETE", path: "/pipelines/{id}/integrations/{pi}" },
  listCatalogue: { method: "GET", path: "/integration-catalog" },
  getCatalogueEntry: { method: "GET", path: "/integration-catalog/{key}" },
  getCatalogueLogo: { method: "GET", path: "/integration-catalog/{key}/logo" },
  installIntegration: { method: "POST", path: "/integration-catalog/{key}/install" },
  listIntegrations: { method: "GET", path: "/integration-templates" },
  createCustomIntegration: { method: "POST", path: "/integration-templates" },
  getIntegration: { method: "GET", path: "/integration-templates/{id}" },
  updateIntegration: { method: "PATCH", path: "/integration-templates/{id}" },
  deleteIntegration: { method: "DELETE", path: "/integration-templates/{id}" },
  listRevisions: { method: "GET", path: "/integration-templates/{id}/revisions" },
  createRevision: { method: "POST", path: "/integration-templates/{id}/revisions" },
  getRevision: { method: "GET", path: "/integration-templates/{id}/revisions/{n}" },
  diffRevisions: { method: "GET", path: "/integration-templates/{id}/revisions/{a}/diff/{b}" },
  testIntegration: { method: "POST", path: "/integration-templates/{id}/test" },
  testSettings: { method: "POST", path: "/integration-catalog/{key}/test" },
  getDataLayer: { method: "GET", path: "/data-layer" },
  replaceDataLayer: { method: "PUT", path: "/data-layer" },
  updateDataLayer: { method: "PATCH", path: "/data-layer" },
  validateMapping: { method: "POST", path: "/mapping/validate" },
  measureMapping: { method: "POST", path: "/mapping/coverage" },
  convertMapping: { method: "POST", path: "/mapping/convert" },
  editMapping: { method: "POST", path: "/mapping/edit" },
  previewMapping: { method: "POST", path: "/mapping/preview" },
  checkExpression: { method: "POST", path: "/mapping/expression" },
  listSourceFields: { method: "GET", path: "/mapping/schemas/source" },
  listCatalogueEvents: { method: "GET", path: "/mapping/schemas/events" },
  getCatalogueEvent: { method: "GET", path: "/mapping/schemas/events/{event}" },
  getSampleEvent: { method: "GET", path: "/mapping/samples/{event}" },
  listVendorFields: { method: "GET", path: "/mapping/schemas/vendors/{key}" },
  getMappingSchema: { method: "GET", path: "/mapping/schemas/mapping" },
  listTransforms: { method: "GET", path: "/mapping/transforms" },
  listBlueprints: { method: "GET", path: "/mapping/blueprints" },
  getBlueprint: { method: "GET", path: "/mapping/blueprints/{vendor}/{key}" },
  exportConfiguration: { method: "GET", path: "/config/export" },
  diffConfiguration: { method: "POST", path: "/config/diff" },
  applyConfiguration: { method: "POST", path: "/config/apply" },
  listAuditLogs: { method: "GET", path: "/audit-logs" },
} as const satisfies Readonly<Record<keyof Operations, OperationFacts>>;
