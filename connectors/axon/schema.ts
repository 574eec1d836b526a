/** The fields of an event (provisional while the integration is in beta: https://axon.dev). */
import type { VendorSchema } from "@datafly-signal/core";

export const SCHEMA: VendorSchema = {
  fields: [
    {
      path: "id",
      type: "string",
      required: false,
      description: "The event's id: one that comes twice may be told by it. Sent in any case.",
    },
    {
      path: "type",
      type: "string",
      required: true,
      description: "The event's type.",
      enum: ["track", "page", "identify", "group"],
    },
    {
      path: "name",
      type: "string",
      required: "conditional",
      description: "What happened, or the page's name; track and page need it.",
    },
    { path: "timestamp", type: "string", required: true, description: "When it happened, ISO 8601 in UTC." },
    { path: "user_id", type: "string", required: false, description: "Who it was, once the visitor is known." },
    { path: "anonymous_id", type: "string", required: true, description: "The visitor, known or not." },
    { path: "group_id", type: "string", required: false, description: "The company, team or account." },
    { path: "properties", type: "object", required: false, description: "What the event is about." },
    { path: "traits", type: "object", required: false, description: "Facts of the user or the group." },
    {
      path: "context",
      type: "object",
      required: false,
      description: "Page, device, campaign, consent and the library that sent it.",
    },
  ],
};
