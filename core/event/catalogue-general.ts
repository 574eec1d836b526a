/** Events that every vertical shares. */
import { type CatalogueVertical } from "./catalogue-table.ts";

export const GENERAL: CatalogueVertical = {
  vertical: "general",
  events: [
    {
      name: "page_view",
      aliases: ["Page", "Page Viewed", "Viewed Page", "Pageview", "Page Loaded"],
      description: "A page was shown.",
    },
    {
      name: "sign_up",
      aliases: ["Signed Up", "Signup", "User Signed Up", "Account Created", "Complete Registration"],
      description: "An account was made.",
    },
    { name: "login", aliases: ["Logged In", "Log In", "Signed In", "Sign In"], description: "A visitor signed in." },
    { name: "logout", aliases: ["Logged Out", "Log Out", "Signed Out"], description: "A visitor signed out." },
    {
      name: "search",
      aliases: ["Searched", "Product Searched", "Products Searched", "Site Searched"],
      description: "A search was made.",
    },
    { name: "share", aliases: ["Shared", "Product Shared", "Content Shared"], description: "Something was shared." },
    {
      name: "generate_lead",
      aliases: ["Lead Generated", "Lead Submitted", "Lead"],
      description: "A visitor left contact details.",
    },
  ],
  properties: {
    value: ["revenue", "total", "order_total", "amount"],
    currency: ["currency_code"],
    search_term: ["query", "search_query", "search_string"],
    method: ["auth_method"],
    content_type: [],
  },
  items: {},
};
