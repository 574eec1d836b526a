/** The calls that are no tracked events: what they say of a visitor, and of the group the visitor belongs to. */
import type { CatalogueEvent, PropertyDefinition } from "./catalogue-table.ts";

export const USER_TRAITS = {
  email: { type: "string", form: "email", description: "The e-mail address.", aliases: ["email_address"] },
  phone: {
    type: "string",
    description: "The phone number, with the country's code, as in +442079460018.",
    aliases: ["phone_number"],
  },
  firstName: { type: "string", description: "The first name.", aliases: ["first_name", "firstname", "given_name"] },
  lastName: { type: "string", description: "The last name.", aliases: ["last_name", "lastname", "family_name"] },
  name: { type: "string", description: "The whole name, where it is not known in parts." },
  address: {
    type: "object",
    description: "The postal address.",
    fields: {
      street: { type: "string", description: "Street and number." },
      city: { type: "string", description: "The town." },
      state: { type: "string", description: "The state or region.", aliases: ["region"] },
      postalCode: { type: "string", description: "The postal code.", aliases: ["postal_code", "zip", "zip_code"] },
      country: { type: "string", form: "country", description: "The country.", aliases: ["country_code"] },
    },
  },
  birthday: { type: "string", form: "date", description: "The day of birth.", aliases: ["date_of_birth", "dob"] },
  gender: { type: "string", description: "The gender, in the sender's words." },
  createdAt: {
    type: "string",
    form: "time",
    description: "When the account was made.",
    aliases: ["created_at"],
    days: -250,
  },
  plan: { type: "string", description: "The plan they are on.", sample: "premium" },
} satisfies Record<string, PropertyDefinition>;

export const GROUP_TRAITS = {
  name: { type: "string", description: "The group's name.", sample: "Example Ltd" },
  industry: { type: "string", description: "Its industry.", sample: "Retail" },
  employees: { type: "integer", description: "How many work there.", minimum: 0, sample: 250 },
  plan: { type: "string", description: "The plan it is on.", sample: "enterprise" },
  website: { type: "string", form: "url", description: "Its website.", sample: "https://www.example.com" },
  createdAt: {
    type: "string",
    form: "time",
    description: "When its account was made.",
    aliases: ["created_at"],
    days: -900,
  },
} satisfies Record<string, PropertyDefinition>;

export const IDENTIFY: CatalogueEvent<keyof typeof USER_TRAITS> = {
  name: "identify",
  description: "Who a visitor is: the traits of a user, sent at sign-up, login and change.",
  call: "identify",
  recommended: ["email", "phone", "firstName", "lastName", "address", "createdAt", "plan"],
  optional: ["name", "birthday", "gender"],
  page: "account",
};

export const GROUP: CatalogueEvent<keyof typeof GROUP_TRAITS> = {
  name: "group",
  description: "Which company, team or account a visitor belongs to, and its traits.",
  call: "group",
  recommended: ["name", "industry", "employees", "plan", "website", "createdAt"],
  page: "account",
};
