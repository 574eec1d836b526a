/** What a customer enters. */
import type { ConfigField } from "@datafly-signal/core";

/** By the value Meta takes; the laws of these states know a limited use of data (data processing options, 2026-06). */
const STATES = [
  ...["1000", "1001", "1002", "1003", "1004", "1005", "1006"],
  ...["1007", "1008", "1009", "1010", "1011", "1012", "1013"],
] as const;

export const CONFIG_FIELDS = [
  {
    key: "pixel_id",
    label: "Pixel / Dataset ID",
    type: "string",
    required: true,
    pattern: "^\\d{5,20}$",
    example: "1234567890123456",
    placeholder: "1234567890123456",
    help_text: "The dataset that events go to: Meta Events Manager, Data sources, your dataset, Settings, Dataset ID.",
  },
  {
    key: "access_token",
    label: "Access token",
    type: "secret",
    required: true,
    pattern: "^\\S+$",
    help_text:
      "Meta Events Manager, Data sources, your dataset, Settings, Conversions API, Generate access token; or the token of a system user to whom the dataset is assigned.",
  },
  {
    key: "test_event_code",
    label: "Test event code",
    type: "string",
    required: false,
    pattern: "^[A-Za-z0-9_-]{1,64}$",
    example: "TEST12345",
    placeholder: "TEST12345",
    help_text:
      "Shows events in Meta Events Manager, Test events, where the code stands. They count all the same: clear it after testing.",
  },
  {
    key: "default_action_source",
    label: "Action source",
    type: "select",
    required: false,
    options: [
      ...["website", "app", "email", "phone_call", "chat"],
      ...["physical_store", "system_generated", "business_messaging", "other"],
    ],
    default: "website",
    help_text: "Where events happen whose mapping does not say so in action_source.",
  },
  {
    key: "ldu_mode",
    label: "Limited Data Use",
    type: "select",
    required: false,
    options: ["off", "auto-geolocate", "fixed"],
    help_text:
      "For people in US states with such a law. off says that data may be used in full, auto-geolocate has Meta find the state by IP address, fixed names the state in ldu_state. Left empty, nothing is said of it.",
  },
  {
    key: "ldu_state",
    label: "State",
    type: "select",
    required: false,
    options: [...STATES],
    help_text:
      "For ldu_mode fixed: 1000 California, 1001 Colorado, 1002 Connecticut, 1003 Florida, 1004 Oregon, 1005 Texas, 1006 Montana, 1007 Delaware, 1008 Nebraska, 1009 New Hampshire, 1010 New Jersey, 1011 Minnesota, 1012 Maryland, 1013 Rhode Island.",
  },
] as const satisfies readonly ConfigField[];
