/** The closed table of reason codes: why an event was not sent, or a delivery was given up; each has its place in `docs/errors.md`. */

/** Why an event was not sent to a lane although nothing failed: what it means and what to do. */
export const FILTER_REASONS = {
  duplicate: "The event's messageId had been accepted before, within the last 24 hours. Nothing to do.",
  consent_denied:
    "The visitor has not granted every consent category that the integration asks for. Nothing to do; check consent_categories if this is unexpected.",
  mapping_filter: "The mapping's filter is false for the event.",
  mapping_default_drop:
    "The mapping has no section for the event and its defaults drop it. Add a section, or map or pass through by default.",
  mapping_event_disabled: "The event's section of the mapping has enabled: false.",
  mapping_required_missing:
    "A row of the mapping that is required had no value. Send the missing field, or give the row a default_value.",
  mapping_step_dropped:
    "A step of the mapping could not work on the event's values, and its on_error is drop. The preview shows which one.",
  integration_disabled: "The integration was switched off for the pipeline when the event came.",
  consent_policy:
    "The organisation's consent policy drops events of visitors who have not consented. Nothing to do; check organisation.consent if this is unexpected.",
  bot: "The event came from a bot, and data_layer.bot_filtering drops those.",
  schema_dropped: "The event does not fit its schema, and data_layer.schemas drops those.",
  custom_js: "The custom code of the data layer returned null for the event.",
  custom_js_failed: "The custom code of the data layer failed or took too long, and its on_error drops the event.",
  routing_rule: "A routing rule of the data layer drops the event.",
  integrations_object: "The event itself asked, by its integrations object, not to be sent to this integration.",
} as const satisfies Record<string, string>;

export type FilterReason = keyof typeof FILTER_REASONS;

/** Why a delivery was given up: what it means and what to do before replaying it. */
export const DEAD_LETTER_REASONS = {
  retries_exhausted: "Every try failed. Replay when the vendor answers again.",
  rejected: "The vendor refused the event for good. Read its answer, mend the mapping, and replay with --remap.",
  misconfigured:
    "The vendor refused the credential, permission or address. Mend the integration's settings, then replay.",
  mapping_failed: "The mapping could not be worked out for the event. Mend the mapping and replay with --remap.",
  record_too_large: "The delivery was larger than a record may be (8 MiB); only its position was kept.",
  expired_waiting: "The delivery waited longer than ten days. Replay it if the vendor still takes it.",
  too_old: "The event is older than the vendor takes.",
  integration_deleted: "The integration, or its place in the pipeline, was removed while the delivery waited.",
  unreadable_record: "The delivery's record could not be read; nothing was sent.",
} as const satisfies Record<string, string>;

export type DeadLetterReason = keyof typeof DEAD_LETTER_REASONS;

/** Why an event was set aside on `dlq-events`. */
export const EVENT_REJECTIONS = {
  unreadable_record: "The record on raw-events is not JSON.",
  invalid_envelope: "A field that every event has is missing or of another type; details names it.",
  schema_validation_failed:
    "The event does not fit its schema, and data_layer.schemas sets those aside; details names each fault.",
  pipeline_deleted: "The event's pipeline is not in the configuration any more.",
  processing_failed:
    "Processing the event failed for the event itself; details names the error's kind. Please report it.",
} as const satisfies Record<string, string>;

export type EventRejection = keyof typeof EVENT_REJECTIONS;
