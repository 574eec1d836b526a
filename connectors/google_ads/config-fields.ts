/** The install form's fields (product documentation, integration catalogue; Google's set-up pages for what each is). */
import type { ConfigField } from "@datafly-signal/core";

const CUSTOMER = "^(\\d{10}|\\d{3}-\\d{3}-\\d{4})$";
const ACTION = "^\\d{1,19}$";

export const CONFIG_FIELDS = [
  {
    key: "customer_id",
    label: "Customer ID",
    type: "string",
    required: true,
    pattern: CUSTOMER,
    example: "123-456-7890",
    help_text:
      "The Google Ads account that owns the conversion action: ten digits, at the top right of Google Ads. With cross-account conversion tracking it is the manager account.",
  },
  {
    key: "conversion_action_id",
    label: "Conversion action ID",
    type: "string",
    required: true,
    pattern: ACTION,
    example: "555000111",
    help_text:
      "The conversion action that events go to: the number after ctId= in the address of its page in Google Ads, Goals > Conversions > Summary.",
  },
  {
    key: "conversion_action_map",
    label: "Conversion actions by event",
    type: "textarea",
    required: false,
    json: "object",
    example: '{"generate_lead": "555000222"}',
    placeholder: '{"generate_lead": "555000222", "sign_up": "555000333"}',
    help_text:
      "A JSON object from the event's name to the ID of its conversion action. Events that are not in it go to conversion_action_id.",
  },
  {
    key: "oauth_client_id",
    label: "OAuth client ID",
    type: "string",
    required: true,
    pattern: "^[A-Za-z0-9._-]{3,300}$",
    example: "1234567890-abc123.apps.googleusercontent.com",
    help_text: "The client ID in the Google Cloud console, APIs & Services > Credentials.",
  },
  {
    key: "oauth_client_secret",
    label: "OAuth client secret",
    type: "secret",
    required: true,
    help_text: "The secret of that client, in the Google Cloud console, APIs & Services > Credentials.",
  },
  {
    key: "refresh_token",
    label: "Refresh token",
    type: "secret",
    required: true,
    help_text:
      "Granted to that client by a Google account that may edit the customer, with the scope https://www.googleapis.com/auth/datamanager (https://www.googleapis.com/auth/adwords where api is google_ads).",
  },
  {
    key: "developer_token",
    label: "Developer token",
    type: "secret",
    required: false,
    help_text: "Only where api is google_ads: in the manager account, Admin > API Center.",
  },
  {
    key: "login_customer_id",
    label: "Manager customer ID",
    type: "string",
    required: false,
    pattern: CUSTOMER,
    example: "111-222-3333",
    help_text:
      "The manager account through which the Google account has access; leave it empty where it has access itself.",
  },
  {
    key: "api",
    label: "API",
    type: "select",
    required: false,
    options: ["data_manager", "google_ads"],
    default: "data_manager",
    help_text:
      "data_manager is the Data Manager API, for everyone. google_ads is the older Google Ads API, only for developer tokens that uploaded conversions before June 2026.",
  },
  {
    key: "merchant_id",
    label: "Merchant Center ID",
    type: "string",
    required: false,
    pattern: "^\\d{1,19}$",
    example: "5432101234",
    help_text:
      "For conversions with cart data: the Merchant Center account of the products, at the top right of Merchant Center.",
  },
  {
    key: "merchant_feed_label",
    label: "Merchant Center feed label",
    type: "string",
    required: false,
    pattern: "^[A-Za-z0-9_-]{1,20}$",
    example: "GB",
    help_text: "The feed label of the products, often the country they are sold in: in Merchant Center, Data sources.",
  },
  {
    key: "merchant_feed_language",
    label: "Merchant Center feed language",
    type: "string",
    required: false,
    pattern: "^[A-Za-z]{2}$",
    example: "en",
    help_text: "The language of the products as two letters (ISO 639-1): in Merchant Center, Data sources.",
  },
  {
    key: "validate_only",
    label: "Validate only",
    type: "select",
    required: false,
    options: ["false", "true"],
    default: "false",
    help_text: "true has Google check every request and record nothing, to try a set-up out.",
  },
] as const satisfies readonly ConfigField[];
