/** What TikTok takes of journeys, for Travel Ads. */
import type { VendorField } from "@datafly-signal/core";

const LINK = "https://ads.tiktok.com/help/article/available-events-and-parameters-for-travel-ads";

const DATES: Readonly<Record<string, string>> = {
  checkin_date: "The day of arrival at the hotel, YYYY-MM-DD.",
  checkout_date: "The day of departure from the hotel, YYYY-MM-DD.",
  departing_departure_date: "When the outward journey begins, YYYY-MM-DD or a time.",
  departing_arrival_date: "When the outward journey ends, YYYY-MM-DD or a time.",
  returning_departure_date: "When the journey back begins, YYYY-MM-DD or a time.",
  returning_arrival_date: "When the journey back ends, YYYY-MM-DD or a time.",
  travel_start: "The first day of the trip, YYYY-MM-DD or a time.",
  travel_end: "The last day of the trip, YYYY-MM-DD or a time.",
};

const PLACES: Readonly<Record<string, string>> = {
  city: "The town of the hotel.",
  region: "The region of the hotel.",
  country: "The country of the hotel.",
  origin_airport: "The IATA code of the airport that the flight leaves from.",
  destination_airport: "The IATA code of the airport that the flight leads to.",
};

const COUNTS: Readonly<Record<string, string>> = {
  num_adults: "How many adults travel.",
  num_children: "How many children travel.",
  num_infants: "How many infants travel.",
  preferred_num_stops: "How many stops the visitor wants at most; 0 is a direct flight.",
  user_score: "What this visitor is worth to you, compared with others.",
};

const LISTS: Readonly<Record<string, string>> = {
  suggested_hotels: "Ids of hotels that are suggested to the visitor.",
  suggested_destinations: "Ids of destinations that are suggested to the visitor.",
  destination_ids: "Ids of destinations of the catalogue that go with the flight.",
};

const fields = (type: VendorField["type"], described: Readonly<Record<string, string>>): VendorField[] =>
  Object.entries(described).map(([name, description]) => ({
    path: `properties.${name}`,
    type,
    required: false,
    description,
    link: LINK,
  }));

export const TRAVEL_FIELDS: readonly VendorField[] = [
  ...fields("string", DATES),
  ...fields("string", PLACES),
  ...fields("number", COUNTS),
  ...fields(["string", "array"], LISTS),
  {
    path: "properties.travel_class",
    type: "string",
    required: false,
    description: "The class of the flight.",
    enum: ["eco", "prem", "bus", "first"],
    link: LINK,
  },
];
