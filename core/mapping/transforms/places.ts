/** Countries and US states by name and code, keys in lower case without anything but letters. */

/** ISO 3166-1: two letters and three letters. */
const COUNTRIES =
  "AF AFG AX ALA AL ALB DZ DZA AS ASM AD AND AO AGO AI AIA AQ ATA AG ATG AR ARG AM ARM AW ABW AU AUS AT AUT AZ AZE BS BHS BH BHR " +
  "BD BGD BB BRB BY BLR BE BEL BZ BLZ BJ BEN BM BMU BT BTN BO BOL BQ BES BA BIH BW BWA BV BVT BR BRA IO IOT BN BRN BG BGR BF BFA " +
  "BI BDI CV CPV KH KHM CM CMR CA CAN KY CYM CF CAF TD TCD CL CHL CN CHN CX CXR CC CCK CO COL KM COM CG COG CD COD CK COK CR CRI " +
  "CI CIV HR HRV CU CUB CW CUW CY CYP CZ CZE DK DNK DJ DJI DM DMA DO DOM EC ECU EG EGY SV SLV GQ GNQ ER ERI EE EST SZ SWZ ET ETH " +
  "FK FLK FO FRO FJ FJI FI FIN FR FRA GF GUF PF PYF TF ATF GA GAB GM GMB GE GEO DE DEU GH GHA GI GIB GR GRC GL GRL GD GRD GP GLP " +
  "GU GUM GT GTM GG GGY GN GIN GW GNB GY GUY HT HTI HM HMD VA VAT HN HND HK HKG HU HUN IS ISL IN IND ID IDN IR IRN IQ IRQ IE IRL " +
  "IM IMN IL ISR IT ITA JM JAM JP JPN JE JEY JO JOR KZ KAZ KE KEN KI KIR KP PRK KR KOR KW KWT KG KGZ LA LAO LV LVA LB LBN LS LSO " +
  "LR LBR LY LBY LI LIE LT LTU LU LUX MO MAC MG MDG MW MWI MY MYS MV MDV ML MLI MT MLT MH MHL MQ MTQ MR MRT MU MUS YT MYT MX MEX " +
  "FM FSM MD MDA MC MCO MN MNG ME MNE MS MSR MA MAR MZ MOZ MM MMR NA NAM NR NRU NP NPL NL NLD NC NCL NZ NZL NI NIC NE NER NG NGA " +
  "NU NIU NF NFK MK MKD MP MNP NO NOR OM OMN PK PAK PW PLW PS PSE PA PAN PG PNG PY PRY PE PER PH PHL PN PCN PL POL PT PRT PR PRI " +
  "QA QAT RE REU RO ROU RU RUS RW RWA BL BLM SH SHN KN KNA LC LCA MF MAF PM SPM VC VCT WS WSM SM SMR ST STP SA SAU SN SEN RS SRB " +
  "SC SYC SL SLE SG SGP SX SXM SK SVK SI SVN SB SLB SO SOM ZA ZAF GS SGS SS SSD ES ESP LK LKA SD SDN SR SUR SJ SJM SE SWE CH CHE " +
  "SY SYR TW TWN TJ TJK TZ TZA TH THA TL TLS TG TGO TK TKL TO TON TT TTO TN TUN TR TUR TM TKM TC TCA TV TUV UG UGA UA UKR AE ARE " +
  "GB GBR US USA UM UMI UY URY UZ UZB VU VUT VE VEN VN VNM VG VGB VI VIR WF WLF EH ESH YE YEM ZM ZMB ZW ZWE";

/** Names people write beside the standard English ones. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  uk: "gb",
  greatbritain: "gb",
  england: "gb",
  scotland: "gb",
  wales: "gb",
  northernireland: "gb",
  unitedstatesofamerica: "us",
  america: "us",
  southkorea: "kr",
  korea: "kr",
  republicofkorea: "kr",
  russianfederation: "ru",
  czechrepublic: "cz",
  holland: "nl",
  thenetherlands: "nl",
  deutschland: "de",
  espana: "es",
  italia: "it",
  osterreich: "at",
  schweiz: "ch",
  suisse: "ch",
  brasil: "br",
  turkey: "tr",
  vietnam: "vn",
  ivorycoast: "ci",
  uae: "ae",
  burma: "mm",
  macedonia: "mk",
  swaziland: "sz",
  capeverde: "cv",
};

const lettersOf = (name: string): string =>
  name
    .toLowerCase()
    .normalize("NFD")
    .replace(/[^a-z]+/g, "");

function countries(): ReadonlyMap<string, string> {
  const codes = COUNTRIES.split(" ");
  const names = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
  const index = new Map<string, string>(Object.entries(OTHER_NAMES));
  for (let at = 0; at < codes.length; at += 2) {
    const two = codes[at] ?? "";
    const code = two.toLowerCase();
    index.set(lettersOf(names.of(two) ?? two), code);
    index.set((codes[at + 1] ?? "").toLowerCase(), code);
  }
  // Codes last: they win over any name that is spelt like one.
  for (let at = 0; at < codes.length; at += 2)
    index.set((codes[at] ?? "").toLowerCase(), (codes[at] ?? "").toLowerCase());
  return index;
}

/** Code of two or three letters, or English name → two-letter code in lower case. */
export const COUNTRY_BY_NAME: ReadonlyMap<string, string> = countries();

const STATES =
  "al alabama ak alaska az arizona ar arkansas ca california co colorado ct connecticut de delaware fl florida ga georgia hi hawaii " +
  "id idaho il illinois in indiana ia iowa ks kansas ky kentucky la louisiana me maine md maryland ma massachusetts mi michigan " +
  "mn minnesota ms mississippi mo missouri mt montana ne nebraska nv nevada nh newhampshire nj newjersey nm newmexico ny newyork " +
  "nc northcarolina nd northdakota oh ohio ok oklahoma or oregon pa pennsylvania ri rhodeisland sc southcarolina sd southdakota " +
  "tn tennessee tx texas ut utah vt vermont va virginia wa washington wv westvirginia wi wisconsin wy wyoming dc districtofcolumbia";

/** Name of a US state → its two letters. */
export const US_STATES: ReadonlyMap<string, string> = new Map(
  (STATES.match(/\S+ \S+/g) ?? []).map((pair): [string, string] => {
    const [code = "", name = ""] = pair.split(" ");
    return [name, code];
  }),
);
