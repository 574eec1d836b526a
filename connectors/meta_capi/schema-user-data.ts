/** Who it was: customer information parameters. */
import type { VendorField } from "@datafly-signal/core";

const PAGE =
  "https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/customer-information-parameters";

const HASHED: Readonly<Record<string, string>> = {
  em: "The e-mail address, trimmed and in lower case, as SHA-256.",
  ph: "The phone number, digits alone and country code first, as SHA-256.",
  fn: "The first name in lower case without punctuation, as SHA-256.",
  ln: "The last name in lower case without punctuation, as SHA-256.",
  ge: "The gender, f or m, as SHA-256.",
  db: "The date of birth as YYYYMMDD, as SHA-256.",
  ct: "The city in lower case without spaces and punctuation, as SHA-256.",
  st: "The state, in the United States its two letters in lower case, as SHA-256.",
  zp: "The postal code in lower case without spaces, in the United States five digits, as SHA-256.",
  country: "The country's two letters of ISO 3166 in lower case, as SHA-256.",
  external_id: "Your own id of the user; Meta recommends SHA-256.",
};

const PLAIN: Readonly<Record<string, string>> = {
  client_ip_address: "The browser's IP address, IPv4 or IPv6.",
  client_user_agent: "The browser's user agent; needed for action_source website.",
  fbc: "The click on an ad, fb.1.<ms>.<fbclid>; a bare fbclid is given that form.",
  fbp: "The browser's id that Meta's Pixel keeps in the cookie _fbp.",
  subscription_id: "The id of the user's subscription.",
  fb_login_id: "The id that Facebook Login gives the user in your app.",
  lead_id: "The id of a lead of Meta's lead ads.",
  anon_id: "The id of the app's installation.",
  madid: "The device's advertising id, in lower case.",
  page_id: "The page that a message belongs to.",
  page_scoped_user_id: "The id of who writes to your page.",
  ctwa_clid: "The click on an ad that leads to WhatsApp.",
  ig_account_id: "Your Instagram account.",
  ig_sid: "The id of who writes to your Instagram account.",
};

const NUMBERS = new Set(["fb_login_id", "lead_id"]);

const field = (key: string, type: VendorField["type"], description: string): VendorField => ({
  path: `user_data.${key}`,
  type,
  required: false,
  description,
  link: PAGE,
});

export const USER_DATA: readonly VendorField[] = [
  {
    path: "user_data",
    type: "object",
    required: true,
    description: "Who it was; IP address and user agent together are the least that Meta takes.",
    link: PAGE,
  },
  ...Object.entries(HASHED).map(([key, text]) => field(key, ["string", "array"], text)),
  ...Object.entries(PLAIN).map(([key, text]) => field(key, NUMBERS.has(key) ? ["string", "integer"] : "string", text)),
];
