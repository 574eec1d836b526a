/** Variants: the columns that blueprints of the same names fill beside the thirteen. */
import type { Variant } from "@datafly-signal/core";

const VISIT = {
  page_url: "STRING",
  session_id: "STRING",
  utm_source: "STRING",
  utm_medium: "STRING",
  utm_campaign: "STRING",
  country: "STRING",
  device_type: "STRING",
};

const ORDER = {
  order_id: "STRING",
  value: "NUMERIC",
  currency: "STRING",
  coupon: "STRING",
  payment_type: "STRING",
};

const RETAIL = {
  ...VISIT,
  ...ORDER,
  tax: "NUMERIC",
  shipping: "NUMERIC",
  discount: "NUMERIC",
  item_ids: "ARRAY<STRING>",
  item_count: "NUMERIC",
  items: "JSON",
  item_list_name: "STRING",
  search_term: "STRING",
};

const TRAVEL = {
  ...VISIT,
  ...ORDER,
  origin: "STRING",
  destination: "STRING",
  start_date: "DATE",
  end_date: "DATE",
  travellers: "NUMERIC",
  items: "JSON",
};

const MEDIA = {
  ...VISIT,
  content_id: "STRING",
  content_title: "STRING",
  content_type: "STRING",
  position_seconds: "NUMERIC",
  plan_id: "STRING",
  value: "NUMERIC",
  currency: "STRING",
  search_term: "STRING",
};

const withColumns = (columns: Readonly<Record<string, string>>): Variant["default_config"] => ({
  extra_columns: JSON.stringify(columns),
});

export const VARIANTS = [
  {
    key: "default",
    name: "Default",
    description: "A table of thirteen columns, properties and context as JSON.",
    default_config: {},
  },
  {
    key: "retail",
    name: "Retail",
    description: "Beside the thirteen, columns for orders, products and visits; for the blueprint Retail.",
    default_config: withColumns(RETAIL),
  },
  {
    key: "travel",
    name: "Travel",
    description: "Beside the thirteen, columns for journeys, bookings and visits; for the blueprint Travel.",
    default_config: withColumns(TRAVEL),
  },
  {
    key: "media",
    name: "Media",
    description: "Beside the thirteen, columns for content, playback, plans and visits; for the blueprint Media.",
    default_config: withColumns(MEDIA),
  },
] as const satisfies readonly Variant[];
