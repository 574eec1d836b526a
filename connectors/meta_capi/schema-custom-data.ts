/** What it was about: standard parameters of custom data, those of catalogues of hotels, flights and destinations among them. */
import type { VendorField } from "@datafly-signal/core";

const PAGES = "https://developers.facebook.com/documentation/ads-commerce";
const DATA_PAGE = `${PAGES}/conversions-api/parameters/custom-data`;
const SEGMENT_PAGE = `${PAGES}/conversions-api/parameters/server-event`;
const HOTEL_PAGE = `${PAGES}/marketing-api/hotel-ads/events`;
const FLIGHT_PAGE = `${PAGES}/marketing-api/flight-ads/events`;
const DESTINATION_PAGE = `${PAGES}/marketing-api/destination-ads/events`;

type Row = readonly [path: string, type: VendorField["type"], description: string];

const fieldsOf = (link: string, rows: readonly Row[]): VendorField[] =>
  rows.map(([path, type, description]) => ({ path: `custom_data.${path}`, type, required: false, description, link }));

const GENERAL: readonly Row[] = [
  ["value", "number", "What it is worth, in currency."],
  ["currency", "string", "ISO 4217."],
  ["content_ids", "array", "The ids of products as in the catalogue."],
  ["content_name", "string", "The name of the page or product."],
  ["content_category", "string", "The category of the page or product."],
  ["contents", "array", "The products, one by one."],
  ["order_id", "string", "The order."],
  ["num_items", ["integer", "string"], "How many pieces are bought."],
  ["search_string", "string", "What was searched for."],
  ["status", ["string", "boolean"], "Whether a registration is complete."],
  ["predicted_ltv", "number", "What the customer will be worth to you in all, in currency."],
  ["net_revenue", "number", "What the conversion brings in after costs, in currency."],
];

const ITEM: readonly Row[] = [
  ["contents[].quantity", "integer", "How many."],
  ["contents[].item_price", "number", "The price of one."],
  ["contents[].title", "string", "The product's name."],
  ["contents[].description", "string", "What the product is."],
  ["contents[].brand", "string", "The product's brand."],
  ["contents[].category", "string", "The product's category."],
];

const DELIVERY = ["in_store", "curbside", "home_delivery"];

const HOTEL: readonly Row[] = [
  ["checkin_date", "string", "The day of arrival, as in 2026-04-08."],
  ["checkout_date", "string", "The day of departure, as in 2026-04-11."],
  ["city", "string", "The city that is meant, without abbreviations."],
  ["region", "string", "The state, district or region that is meant."],
  ["country", "string", "The country that is meant."],
  ["num_adults", "integer", "How many adults."],
  ["num_children", "integer", "How many children."],
  ["num_infants", "integer", "How many infants."],
  ["hotel_score", "number", "What this hotel is worth to you beside your others."],
  ["suggested_hotels", ["array", "string"], "Other hotels of the catalogue."],
  ["preferred_star_ratings", "array", "The stars that are looked for, from and to."],
  ["preferred_price_range", ["array", "string"], "The prices that are looked for, from and to."],
  ["preferred_neighborhoods", ["array", "string"], "The neighbourhoods that are looked for."],
];

const FLIGHT: readonly Row[] = [
  ["origin_airport", "string", "IATA code of the airport of departure."],
  ["destination_airport", "string", "IATA code of the airport of arrival."],
  ["destination_ids", ["array", "string"], "Destinations of the catalogue that belong to it."],
  ["departing_departure_date", "string", "When the outward journey begins."],
  ["departing_arrival_date", "string", "When the outward journey ends."],
  ["returning_departure_date", "string", "When the journey back begins."],
  ["returning_arrival_date", "string", "When the journey back ends."],
  ["preferred_num_stops", "integer", "How many stops are looked for: 0 for direct flights."],
  ["user_score", "number", "What this user is worth to you beside others."],
];

const DESTINATION: readonly Row[] = [
  ["travel_start", "string", "When the journey begins."],
  ["travel_end", "string", "When the journey ends."],
  ["suggested_destinations", ["array", "string"], "Other destinations of the catalogue."],
];

export const CUSTOM_DATA: readonly VendorField[] = [
  {
    path: "custom_data",
    type: "object",
    required: "conditional",
    description: "What it was about; keys that Meta does not know are properties of your own. Needed for Purchase.",
    link: DATA_PAGE,
  },
  ...fieldsOf(DATA_PAGE, GENERAL),
  {
    path: "custom_data.content_type",
    type: "string",
    required: false,
    description: "What content_ids are the ids of.",
    enum: ["product", "product_group", "hotel", "flight", "destination", "vehicle", "home_listing"],
    link: DATA_PAGE,
  },
  {
    path: "custom_data.contents[].id",
    type: "string",
    required: true,
    description: "The product's id as in the catalogue.",
    link: DATA_PAGE,
  },
  ...fieldsOf(DATA_PAGE, ITEM),
  ...["delivery_category", "contents[].delivery_category"].map((path) => ({
    path: `custom_data.${path}`,
    type: "string" as const,
    required: false,
    description: "How the order gets to the customer.",
    enum: DELIVERY,
    link: DATA_PAGE,
  })),
  {
    path: "custom_data.customer_segmentation",
    type: "string",
    required: false,
    description: "Whether the customer is a new one, to the whole business or to a part of it.",
    enum: [
      ...["business", "business_line", "product_area", "medium"].flatMap((part) => [
        `new_customer_to_${part}`,
        `existing_customer_to_${part}`,
      ]),
      "customer_in_loyalty_program",
    ],
    link: SEGMENT_PAGE,
  },
  ...fieldsOf(HOTEL_PAGE, HOTEL),
  ...fieldsOf(FLIGHT_PAGE, FLIGHT),
  {
    path: "custom_data.travel_class",
    type: "string",
    required: false,
    description: "The class of travel.",
    enum: ["economy", "premium", "business", "first"],
    link: FLIGHT_PAGE,
  },
  ...fieldsOf(DESTINATION_PAGE, DESTINATION),
];

/** What Meta requires of a purchase alone. */
export const PURCHASE_DATA: readonly VendorField[] = [
  {
    path: "custom_data.value",
    type: "number",
    required: true,
    description: "What was paid, in currency.",
    link: DATA_PAGE,
  },
  { path: "custom_data.currency", type: "string", required: true, description: "ISO 4217.", link: DATA_PAGE },
];
