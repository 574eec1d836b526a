/** The columns of a row: the thirteen, and those that the variants add. A table may have any others. */
import type { VendorField, VendorFieldType, VendorSchema } from "@datafly-signal/core";

const LINK = "https://docs.cloud.google.com/bigquery/docs/reference/rest/v2/tabledata/insertAll";

const column = (path: string, type: VendorFieldType, description: string): VendorField => ({
  ...{ path, type, required: false, description },
  link: LINK,
});

const required = (field: VendorField): VendorField => ({ ...field, required: true });

export const SCHEMA: VendorSchema = {
  fields: [
    required(column("event_id", "string", "STRING: the event's id, the same whenever it comes again.")),
    {
      ...required(column("type", "string", "STRING: the kind of call.")),
      enum: ["track", "page", "identify", "group"],
    },
    required(column("event", "string", "STRING: what happened.")),
    column("anonymous_id", "string", "STRING: the visitor, before a login."),
    column("user_id", "string", "STRING: the user, after a login."),
    required(column("timestamp", "string", "TIMESTAMP: when it happened, ISO 8601; the table's partition.")),
    column("received_at", "string", "TIMESTAMP: when Signal received it, ISO 8601."),
    column("sent_at", "string", "TIMESTAMP: when the client sent it by its own clock, ISO 8601."),
    column("context", "object", "JSON: page, campaign, device, consent and the like."),
    column("properties", "object", "JSON: what the event says of itself."),
    column("traits", "object", "JSON: what is known of the user."),
    column("source_id", "string", "STRING: the pipeline that the event came in by; Signal fills it in."),
    column("integration_id", "string", "STRING: the integration that wrote the row; Signal fills it in."),
    column("page_url", "string", "Variants: the address of the page."),
    column("session_id", "string", "Variants: the visit."),
    column("utm_source", "string", "Variants: where the visitor came from, by the campaign's tags."),
    column("utm_medium", "string", "Variants: the campaign's medium."),
    column("utm_campaign", "string", "Variants: the campaign's name."),
    column("country", "string", "Variants: where the visitor is, ISO 3166-1."),
    column("device_type", "string", "Variants: the kind of device."),
    column("order_id", "string", "Retail, Travel: the order or booking."),
    column("value", "number", "Variants: what the event is worth, in `currency`."),
    column("currency", "string", "Variants: ISO 4217."),
    column("coupon", "string", "Retail, Travel: the code of a voucher."),
    column("payment_type", "string", "Retail, Travel: how it is paid."),
    column("tax", "number", "Retail: the tax in the value."),
    column("shipping", "number", "Retail: the cost of delivery."),
    column("discount", "number", "Retail: what was taken off."),
    column("item_ids", "array", "Retail: the ids of the products."),
    column("item_count", "number", "Retail: how many pieces there are."),
    column("items", "array", "Retail, Travel: the products, or the parts of a journey."),
    column("item_list_name", "string", "Retail: the list that was shown."),
    column("search_term", "string", "Retail, Media: what was looked for."),
    column("origin", "string", "Travel: where the journey begins."),
    column("destination", "string", "Travel: where it leads."),
    column("start_date", "string", "Travel: its first day, as in 2026-12-01."),
    column("end_date", "string", "Travel: its last day."),
    column("travellers", "number", "Travel: how many travel or stay."),
    column("content_id", "string", "Media: what is watched or read."),
    column("content_title", "string", "Media: its title."),
    column("content_type", "string", "Media: its genre."),
    column("position_seconds", "number", "Media: where the player is."),
    column("plan_id", "string", "Media: the plan."),
  ],
};
