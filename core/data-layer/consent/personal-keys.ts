/** Names of keys and of parameters that hold personal data wherever they stand. */
import { CLICK_IDS } from "../identity/click-ids.ts";

/** A name without what spellings differ in: case, signs and spaces, and that the value is hashed. */
function loosely(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, "")
    .replace(/(?:sha256|sha1|md5|hashed|hash){1,2}$/, "")
    .replace(/^(?:sha256|sha1|md5|hashed)/, "");
}

const PERSONAL: ReadonlySet<string> = new Set([
  ...["email", "emails", "emailaddress", "mail", "useremail", "customeremail"],
  ...["phone", "phones", "phonenumber", "mobile", "mobilephone", "mobilenumber", "telephone"],
  ...["firstname", "lastname", "fullname", "middlename", "givenname", "familyname", "surname", "username"],
  ...["customername", "birthday", "birthdate", "dateofbirth", "dob", "age", "gender"],
  ...["address", "addresses", "street", "streetaddress", "shippingaddress", "billingaddress", "zip", "zipcode"],
  ...["postcode", "postalcode", "latitude", "longitude", "ip", "ipaddr", "ipaddress", "clientip", "userip"],
  ...["userid", "uid", "customerid", "externalid", "memberid", "subscriberid"],
  ...["advertisingid", "adid", "gpsadid", "idfa", "idfv", "aaid", "gaid", "maid", "androidid", "deviceid"],
  ...["fbp", "fbc", "ttp", "ga", "gaclientid", "clientid", "clickid", "yclid", "mceid"],
  ...["ssn", "socialsecuritynumber", "taxid", "nationalid", "passport", "passportnumber", "iban", "bic"],
  ...["cardnumber", "creditcard", "creditcardnumber", "cvv", "cvc"],
  ...[...CLICK_IDS.keys()].map(loosely),
]);

export function isPersonalName(name: string): boolean {
  return PERSONAL.has(loosely(name));
}
