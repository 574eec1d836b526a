/** The fields of an event of the Data Manager API, which are turned into rows where the Google Ads API is used. */
import type { VendorField, VendorSchema } from "@datafly-signal/core";

const PAGE = "https://developers.google.com/data-manager/api/reference/rest/v1/events/ingest#Event";

type Rest = Partial<Pick<VendorField, "required" | "enum">>;

const field = (path: string, type: VendorField["type"], description: string, rest: Rest = {}): VendorField => ({
  path,
  type,
  required: rest.required ?? false,
  description,
  link: PAGE,
  ...(rest.enum !== undefined && { enum: rest.enum }),
});

const NEEDED = { required: "conditional" } as const;
const STATUS = { enum: ["CONSENT_GRANTED", "CONSENT_DENIED"] } as const;

const CONVERSION: VendorField[] = [
  field("eventTimestamp", "string", "When it happened (RFC 3339).", { required: true }),
  field(
    "transactionId",
    "string",
    "The order's or event's own id, by which Google knows a conversion again; the event's messageId where it is missing.",
  ),
  field("eventSource", "string", "Where it happened.", {
    required: "conditional",
    enum: ["WEB", "APP", "IN_STORE", "PHONE", "MESSAGE", "OTHER"],
  }),
  field("lastUpdatedTimestamp", "string", "When the event was last changed (RFC 3339)."),
  field(
    "currency",
    "string",
    "The currency of all amounts (ISO 4217); the conversion action's own where it is missing.",
  ),
  field("conversionValue", "number", "What the conversion is worth, in `currency`."),
  field(
    "destinationReferences",
    "array",
    "Which conversion action it goes to: one name of conversion_action_map; without it the event's name decides.",
  ),
  field("destinationReferences[]", "string", "The name, or the conversion action's ID."),
];

const AD_IDENTIFIERS: VendorField[] = [
  field("adIdentifiers", "object", "How Google finds the click; needed where there is no userData.", NEEDED),
  field("adIdentifiers.gclid", "string", "The click ID, exactly as it came.", NEEDED),
  field(
    "adIdentifiers.gbraid",
    "string",
    "The click ID of app campaigns on iOS; used where there is no gclid.",
    NEEDED,
  ),
  field(
    "adIdentifiers.wbraid",
    "string",
    "The click ID of web campaigns on iOS; used where there is no gclid.",
    NEEDED,
  ),
  field(
    "adIdentifiers.sessionAttributes",
    "string",
    "Attributes of the session, as Google's own library encodes them.",
  ),
  field("adIdentifiers.landingPageDeviceInfo", "object", "The device on the page that the click led to."),
  field("adIdentifiers.landingPageDeviceInfo.userAgent", "string", "Its user agent."),
  field(
    "adIdentifiers.landingPageDeviceInfo.ipAddress",
    "string",
    "Its IP address; not of people in the EEA, the UK and Switzerland.",
  ),
];

const USER_DATA: VendorField[] = [
  field("userData", "object", "Contact details, hashed; needed where there is no click ID.", NEEDED),
  field(
    "userData.userIdentifiers",
    "array",
    "At most 10; each is one e-mail address, phone number or address.",
    NEEDED,
  ),
  field(
    "userData.userIdentifiers[].emailAddress",
    "string",
    "SHA-256 in hex of the address in lower case; of Gmail addresses without dots and +suffix.",
  ),
  field(
    "userData.userIdentifiers[].phoneNumber",
    "string",
    "SHA-256 in hex of the number in E.164 with its plus sign.",
  ),
  field("userData.userIdentifiers[].address", "object", "A postal address; it needs all four of its fields."),
  field("userData.userIdentifiers[].address.givenName", "string", "SHA-256 in hex of the first name in lower case."),
  field("userData.userIdentifiers[].address.familyName", "string", "SHA-256 in hex of the last name in lower case."),
  field("userData.userIdentifiers[].address.regionCode", "string", "The country (ISO 3166-1 alpha-2), in clear."),
  field("userData.userIdentifiers[].address.postalCode", "string", "The postal code, in clear."),
];

const CONSENT_AND_DEVICE: VendorField[] = [
  field("consent", "object", "What the person has agreed to."),
  field("consent.adUserData", "string", "To user data for advertising.", STATUS),
  field("consent.adPersonalization", "string", "To personalised advertising.", STATUS),
  field("eventDeviceInfo", "object", "The device on which it happened."),
  field("eventDeviceInfo.userAgent", "string", "Its user agent."),
  field("eventDeviceInfo.ipAddress", "string", "Its IP address; not of people in the EEA, the UK and Switzerland."),
  field("userProperties", "object", "What the shop knows of the customer."),
  field("userProperties.customerType", "string", "Whether they bought before.", {
    enum: ["NEW", "RETURNING", "REENGAGED"],
  }),
  field("userProperties.customerValueBucket", "string", "What they are worth.", { enum: ["LOW", "MEDIUM", "HIGH"] }),
];

const CART: VendorField[] = [
  field("cartData", "object", "What was bought; not with gbraid or wbraid."),
  field("cartData.merchantId", "string", "The Merchant Center account; the setting merchant_id where it is missing."),
  field(
    "cartData.merchantFeedLabel",
    "string",
    "The feed's label; the setting merchant_feed_label where it is missing.",
  ),
  field(
    "cartData.merchantFeedLanguageCode",
    "string",
    "The feed's language; the setting merchant_feed_language where it is missing.",
  ),
  field("cartData.transactionDiscount", "number", "All discounts on the order."),
  field("cartData.items", "array", "The products."),
  field("cartData.items[].merchantProductId", "string", "The product's id in Merchant Center.", NEEDED),
  field("cartData.items[].quantity", "integer", "How many."),
  field(
    "cartData.items[].unitPrice",
    "number",
    "The price of one, without tax, shipping and discounts on the order.",
    NEEDED,
  ),
  field("customVariables", "array", "Values for the custom variables of conversions."),
  field(
    "customVariables[].variable",
    "string",
    "The variable's name in Google Ads; one that is not there is passed over.",
    NEEDED,
  ),
  field("customVariables[].value", "string", "The value, without personal data.", NEEDED),
];

export const SCHEMA: VendorSchema = {
  fields: [...CONVERSION, ...AD_IDENTIFIERS, ...USER_DATA, ...CONSENT_AND_DEVICE, ...CART],
  events: {
    adjustment: [
      field("transactionId", "string", "The id of the conversion that is changed.", { required: true }),
      field("conversionValue", "number", "What the conversion is worth now: 0 where nothing is left of it.", {
        required: true,
      }),
    ],
  },
};
