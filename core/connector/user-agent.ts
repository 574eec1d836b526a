/** How requests to vendors name the product. The version is the packages' own. */
export const USER_AGENT = "Datafly-Signal/0.1.0";
