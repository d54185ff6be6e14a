/*
 * Hook point: transform, on the export that reads orders; also useful on customer and vendor exports.
 *
 * Shops, marketplaces and EDI partners each write countries and states in a way of their own: "UK", "Deutschland",
 * "U.S.A.", 392, "Co. Cork", "Calif.", "JP-13", Mexico's "Q ROO". NetSuite, the carriers and customs want ISO
 * codes. This gives every address of the order its ISO 3166-1 country (alpha-2, alpha-3, numeric) and its
 * ISO 3166-2 subdivision, repairs the postal code (2134 that Excel made of 02134, k1a0b1), takes the Canadian
 * province from the postal code when it is missing, treats Puerto Rico and the other territories as states
 * of the US as USPS does, and says whether the parcel needs a customs declaration. What cannot be resolved
 * stays as it was and is listed in regionIssues, for a later filter or branch: the record never fails here.
 *
 * options.record   - the order; addresses in shipTo, billTo, shipping_address, billing_address
 * options.settings - custom settings; flow.originCountry, where parcels leave from (default "US")
 *
 * The tables follow ISO 3166-1 (all 249 entries) and ISO 3166-2 for the countries whose addresses need a
 * subdivision on a label or a tax calculation. Names are the usual English or local ones.
 */
function standardizeRegions(options) {
  const record = options.record;
  if (!record || typeof record !== "object" || Array.isArray(record)) return record;

  const result = Object.assign({}, record);
  const issues = [];
  for (const field of ADDRESS_FIELDS) {
    if (record[field] && typeof record[field] === "object") {
      result[field] = standardizeAddress(record[field], field, issues);
    }
  }

  const origin = findCountry((options.settings && options.settings.flow && options.settings.flow.originCountry) || "US");
  const destination = result.shipTo || result.shipping_address || result.billTo || result.billing_address;
  result.customsZone = customsZone(origin ? origin.alpha2 : "US", destination);
  result.regionIssues = issues;
  return result;
}

const ADDRESS_FIELDS = ["shipTo", "billTo", "shipping_address", "billing_address"];

function standardizeAddress(address, field, issues) {
  const givenCountry = firstOf(address.country_code, address.countryCode, address.country);
  let country = findCountry(givenCountry);
  if (!country) {
    issues.push({ field: `${field}.country`, value: givenCountry, problem: "unknown country" });
    return Object.assign({}, address);
  }

  let givenRegion = firstOf(address.province_code, address.province, address.state, address.region);
  if (US_TERRITORIES.includes(country.alpha2)) {
    givenRegion = country.alpha2;
    country = findCountry("US");
  }

  const zip = repairZip(country.alpha2, firstOf(address.zip, address.postal_code, address.postcode));
  if (zip && ZIP_PATTERNS[country.alpha2] && !ZIP_PATTERNS[country.alpha2].test(zip)) {
    issues.push({ field: `${field}.zip`, value: zip, problem: `not a postal code of ${country.name}` });
  }

  const military = country.alpha2 === "US" && MILITARY.includes(String(givenRegion).trim().toUpperCase());
  const code = military
    ? String(givenRegion).trim().toUpperCase()
    : findRegion(country.alpha2, givenRegion) || regionOfZip(country.alpha2, zip);
  if (!code && REGION_REQUIRED.includes(country.alpha2)) {
    issues.push({ field: `${field}.province`, value: givenRegion, problem: `unknown subdivision of ${country.name}` });
  }

  return Object.assign({}, address, {
    country: country.name,
    country_code: country.alpha2,
    country_code3: country.alpha3,
    country_number: country.numeric,
    province: code && !military ? SUBDIVISIONS[country.alpha2][code] : givenRegion,
    province_code: code,
    // Army, fleet and diplomatic post (AA, AE, AP) has states for USPS, but none in ISO 3166-2.
    region_code: code && !military ? `${country.alpha2}-${code}` : null,
    zip,
  });
}

// Takes alpha-2, alpha-3 and numeric codes, English names, and the names in COUNTRY_ALIASES.
function findCountry(value) {
  const text = String(value === undefined || value === null ? "" : value).trim();
  if (!text) return null;
  const index = countryIndex();
  const code = /^\d{1,3}$/.test(text) ? text.padStart(3, "0") : text.toUpperCase();
  return index.get(code) || index.get(fold(text)) || null;
}

// Takes ISO codes with or without the country, replaced and shop-specific codes, and names.
function findRegion(alpha2, value) {
  const regions = SUBDIVISIONS[alpha2];
  const text = String(value === undefined || value === null ? "" : value).trim();
  if (!regions || !text) return null;

  const code = text.toUpperCase().replace(new RegExp(`^${alpha2}-`), "");
  if (own(regions, code)) return code;
  const replaced = REPLACED_CODES[alpha2] || {};
  if (own(replaced, code)) return replaced[code];
  return regionIndex(alpha2).get(foldRegion(text)) || null;
}

function regionOfZip(alpha2, zip) {
  if (alpha2 !== "CA" || !zip) return null;
  return CANADIAN_DISTRICTS[zip.charAt(0)] || null;
}

function repairZip(alpha2, value) {
  const text = String(value === undefined || value === null ? "" : value).trim().toUpperCase();
  if (!text) return null;
  if (ZERO_PADDED[alpha2] && /^\d+$/.test(text)) return text.padStart(ZERO_PADDED[alpha2], "0");
  if (alpha2 === "US" && /^\d{9}$/.test(text)) return `${text.slice(0, 5)}-${text.slice(5)}`;
  if (alpha2 === "CA" || alpha2 === "GB") return text.replace(/\s+/g, "").replace(/(.{3})$/, " $1").trim();
  if (alpha2 === "NL") return text.replace(/^(\d{4})\s*([A-Z]{2})$/, "$1 $2");
  if (alpha2 === "JP") return text.replace(/^(\d{3})-?(\d{4})$/, "$1-$2");
  if (alpha2 === "PL") return text.replace(/^(\d{2})-?(\d{3})$/, "$1-$2");
  if (alpha2 === "BR") return text.replace(/^(\d{5})-?(\d{3})$/, "$1-$2");
  return text;
}

// domestic: no papers. eu: no customs, but VAT. export: a declaration. unknown: the country is not known.
function customsZone(origin, address) {
  if (!address || !address.country_code || !findCountry(address.country_code)) return "unknown";
  const destination = address.country_code;
  if (OUTSIDE_CUSTOMS.includes(address.region_code)) return "export";
  if (destination === origin) return "domestic";
  if (EU.includes(origin)) {
    const northernIreland = destination === "GB" && /^BT/.test(String(address.zip || ""));
    return EU.includes(destination) || northernIreland ? "eu" : "export";
  }
  return ["CH", "LI"].includes(origin) && ["CH", "LI"].includes(destination) ? "domestic" : "export";
}

function firstOf(...values) {
  const found = values.find((value) => value !== undefined && value !== null && String(value).trim() !== "");
  return found === undefined ? null : found;
}

function own(object, key) {
  return Object.prototype.hasOwnProperty.call(object, key);
}

// "St. Kitts & Nevis", "Saint Kitts and Nevis" and "SAINT KITTS AND NEVIS" are one.
function fold(text) {
  return text
    .toLowerCase()
    .replace(/ł/g, "l")
    .normalize("NFD")
    .replace(/[\u0300-\u036f.'’]/g, "")
    .replace(/&/g, " and ")
    .replace(/\bst\b/g, "saint")
    .replace(/\b(the|of|and)\b/g, " ")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

function foldRegion(text) {
  return fold(text).replace(REGION_WORDS, "").replace(/ /g, "");
}

const REGION_WORDS = /\b(county|co|province|provincia|prefecture|region|state|emirate|canton|sheng|shi|ken|fu|to|do)\b/g;

const indexes = new Map();

function countryIndex() {
  if (!indexes.has("")) {
    const index = new Map();
    for (const [alpha2, alpha3, numeric, name] of COUNTRIES) {
      const country = { alpha2, alpha3, numeric, name };
      for (const key of [alpha2, alpha3, numeric, fold(name)]) index.set(key, country);
    }
    for (const alias of Object.keys(COUNTRY_ALIASES)) {
      const country = index.get(COUNTRY_ALIASES[alias]);
      index.set(alias.toUpperCase(), country);
      index.set(fold(alias), country);
    }
    indexes.set("", index);
  }
  return indexes.get("");
}

function regionIndex(alpha2) {
  if (!indexes.has(alpha2)) {
    const index = new Map();
    for (const code of Object.keys(SUBDIVISIONS[alpha2])) index.set(foldRegion(SUBDIVISIONS[alpha2][code]), code);
    const aliases = REGION_ALIASES[alpha2] || {};
    for (const alias of Object.keys(aliases)) index.set(foldRegion(alias), aliases[alias]);
    indexes.set(alpha2, index);
  }
  return indexes.get(alpha2);
}

const US_TERRITORIES = ["AS", "GU", "MP", "PR", "UM", "VI"];
const MILITARY = ["AA", "AE", "AP"];
const OUTSIDE_CUSTOMS = ["US-AS", "US-GU", "US-MP", "US-UM", "US-VI", "ES-CE", "ES-GC", "ES-ML", "ES-TF"];
const REGION_REQUIRED = ["AU", "BR", "CA", "CN", "IN", "IT", "JP", "MX", "MY", "US"];

// The customs territory: the 27 members, and Monaco.
const EU = [
  "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MC",
  "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

// Postal codes with leading zeros, which spreadsheets drop.
const ZERO_PADDED = { DE: 5, ES: 5, FR: 5, IT: 5, KR: 5, MX: 5, MY: 5 };

const ZIP_PATTERNS = {
  AT: /^\d{4}$/,
  AU: /^\d{4}$/,
  BR: /^\d{5}-\d{3}$/,
  CA: /^[ABCEGHJ-NPR-TVXY]\d[ABCEGHJ-NPR-TV-Z] \d[ABCEGHJ-NPR-TV-Z]\d$/,
  CH: /^\d{4}$/,
  CN: /^\d{6}$/,
  DE: /^\d{5}$/,
  ES: /^\d{5}$/,
  FR: /^\d{5}$/,
  GB: /^[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}$/,
  IN: /^\d{6}$/,
  IT: /^\d{5}$/,
  JP: /^\d{3}-\d{4}$/,
  MX: /^\d{5}$/,
  NL: /^\d{4} [A-Z]{2}$/,
  PL: /^\d{2}-\d{3}$/,
  US: /^\d{5}(-\d{4})?$/,
};

// X is shared by the Northwest Territories and Nunavut, and tells nothing.
const CANADIAN_DISTRICTS = {
  A: "NL", B: "NS", C: "PE", E: "NB", G: "QC", H: "QC", J: "QC", K: "ON", L: "ON", M: "ON", N: "ON", P: "ON", R: "MB",
  S: "SK", T: "AB", V: "BC", Y: "YT",
};

const COUNTRY_ALIASES = {
  UK: "GB", EL: "GR", "U.S.": "US", "U.S.A.": "US", "United States of America": "US", America: "US", "Great Britain": "GB",
  England: "GB", Scotland: "GB", Wales: "GB", "Northern Ireland": "GB", "Republic of Ireland": "IE", Éire: "IE", Deutschland: "DE",
  Österreich: "AT", Schweiz: "CH", Suisse: "CH", Svizzera: "CH", Italia: "IT", España: "ES", Nederland: "NL", Holland: "NL",
  "The Netherlands": "NL", België: "BE", Belgique: "BE", Danmark: "DK", Sverige: "SE", Norge: "NO", Suomi: "FI", Polska: "PL",
  "Czech Republic": "CZ", Česko: "CZ", Magyarország: "HU", Brasil: "BR", México: "MX", Turkey: "TR", Macedonia: "MK",
  Swaziland: "SZ", Burma: "MM", "Cape Verde": "CV", "East Timor": "TL", "Ivory Coast": "CI", Korea: "KR", "Republic of Korea": "KR",
  "Korea, Republic of": "KR", "Russian Federation": "RU", "Viet Nam": "VN", "Brunei Darussalam": "BN", "Holy See": "VA",
  "Hong Kong SAR": "HK", Macau: "MO", "Taiwan, Province of China": "TW", "Iran, Islamic Republic of": "IR",
  "Moldova, Republic of": "MD", "Tanzania, United Republic of": "TZ", "Bolivia, Plurinational State of": "BO",
  "Venezuela, Bolivarian Republic of": "VE", "Lao People's Democratic Republic": "LA", "Syrian Arab Republic": "SY",
  "Democratic Republic of the Congo": "CD", Congo: "CG", "Republic of the Congo": "CG", "Virgin Islands, U.S.": "VI",
  "Virgin Islands, British": "VG", UAE: "AE", "People's Republic of China": "CN", 日本: "JP", 中国: "CN", 대한민국: "KR",
};

// English names of regions that the table lists under their local one, and what people write.
const REGION_ALIASES = {
  US: { "Washington DC": "DC", "D.C.": "DC", "Calif.": "CA", "Penn.": "PA", "Mass.": "MA", "Virgin Islands": "VI" },
  CA: { Newfoundland: "NL", Labrador: "NL", "Yukon Territory": "YT", "P.E.I.": "PE" },
  MX: { "Mexico City": "CMX", "Distrito Federal": "CMX", "Estado de México": "MEX", "Coahuila de Zaragoza": "COA" },
  DE: {
    Bavaria: "BY", Hesse: "HE", "Lower Saxony": "NI", "North Rhine-Westphalia": "NW", "Rhineland-Palatinate": "RP", Saxony: "SN",
    "Saxony-Anhalt": "ST", Thuringia: "TH", "Mecklenburg-Western Pomerania": "MV",
  },
  AT: { Carinthia: "2", "Lower Austria": "3", "Upper Austria": "4", Styria: "6", Tyrol: "7", Vienna: "9" },
  CH: { Geneva: "GE", Lucerne: "LU", Grisons: "GR", Berne: "BE", Freiburg: "FR", Neuenburg: "NE", Wallis: "VS" },
  IT: {
    Rome: "RM", Milan: "MI", Turin: "TO", Naples: "NA", Florence: "FI", Venice: "VE", Genoa: "GE", Padua: "PD", Mantua: "MN",
    Syracuse: "SR", Trent: "TN", Bozen: "BZ", Aosta: "23",
  },
  ES: {
    Vizcaya: "BI", Guipúzcoa: "SS", Araba: "VI", Navarre: "NA", Seville: "SE", "Islas Baleares": "PM", "Balearic Islands": "PM",
    "La Coruña": "C", Gerona: "GI", Lérida: "L", Orense: "OR", Alacant: "A", Castelló: "CS", València: "V", Tenerife: "TF",
  },
  PT: { Lisbon: "11", Azores: "20", "Região Autónoma da Madeira": "30" },
  NL: { Friesland: "FR", "North Holland": "NH", "South Holland": "ZH", "North Brabant": "NB", Zealand: "ZE" },
  PL: { Mazovia: "14", Silesia: "24", "Lower Silesia": "02", "Greater Poland": "30", "Lesser Poland": "12", Pomerania: "22" },
  IN: { Orissa: "OD", Pondicherry: "PY", Uttaranchal: "UK", "New Delhi": "DL" },
  CN: { "Inner Mongolia": "NM", Tibet: "XZ" },
  MY: { Penang: "07", Malacca: "04" },
  NZ: { "Manawatu-Wanganui": "MWT" },
};

// Codes that ISO has replaced (on the left of each pair), and those that shops use instead of ISO's.
const REPLACED_CODES = {
  CA: { PQ: "QC", NF: "NL", YK: "YT" },
  CN: {
    11: "BJ", 12: "TJ", 13: "HE", 14: "SX", 15: "NM", 21: "LN", 22: "JL", 23: "HL", 31: "SH", 32: "JS", 33: "ZJ", 34: "AH",
    35: "FJ", 36: "JX", 37: "SD", 41: "HA", 42: "HB", 43: "HN", 44: "GD", 45: "GX", 46: "HI", 50: "CQ", 51: "SC", 52: "GZ",
    53: "YN", 54: "XZ", 61: "SN", 62: "GS", 63: "QH", 64: "NX", 65: "XJ",
  },
  IN: { CT: "CG", OR: "OD", TG: "TS", UT: "UK" },
  IT: { AO: "23", PS: "PU", FO: "FC" },
  MX: {
    AGS: "AGU", BC: "BCN", CAMP: "CAM", CHIS: "CHP", CHIH: "CHH", CDMX: "CMX", DF: "CMX", DIF: "CMX", COAH: "COA", DGO: "DUR",
    GTO: "GUA", HGO: "HID", MICH: "MIC", NL: "NLE", QRO: "QUE", "Q ROO": "ROO", TAMPS: "TAM", TLAX: "TLA",
  },
  MY: {
    JHR: "01", KDH: "02", KTN: "03", MLK: "04", NSN: "05", PHG: "06", PNG: "07", PRK: "08", PLS: "09", SGR: "10", TRG: "11",
    SBH: "12", SWK: "13", KUL: "14", LBN: "15", PJY: "16",
  },
  PL: {
    DS: "02", KP: "04", LU: "06", LB: "08", LD: "10", MA: "12", MZ: "14", OP: "16", PK: "18", PD: "20", PM: "22", SL: "24",
    SK: "26", WN: "28", WP: "30", ZP: "32",
  },
  ZA: { GT: "GP", NL: "KZN" },
};

const COUNTRIES = [
  ["AD", "AND", "020", "Andorra"],
  ["AE", "ARE", "784", "United Arab Emirates"],
  ["AF", "AFG", "004", "Afghanistan"],
  ["AG", "ATG", "028", "Antigua and Barbuda"],
  ["AI", "AIA", "660", "Anguilla"],
  ["AL", "ALB", "008", "Albania"],
  ["AM", "ARM", "051", "Armenia"],
  ["AO", "AGO", "024", "Angola"],
  ["AQ", "ATA", "010", "Antarctica"],
  ["AR", "ARG", "032", "Argentina"],
  ["AS", "ASM", "016", "American Samoa"],
  ["AT", "AUT", "040", "Austria"],
  ["AU", "AUS", "036", "Australia"],
  ["AW", "ABW", "533", "Aruba"],
  ["AX", "ALA", "248", "Åland Islands"],
  ["AZ", "AZE", "031", "Azerbaijan"],
  ["BA", "BIH", "070", "Bosnia and Herzegovina"],
  ["BB", "BRB", "052", "Barbados"],
  ["BD", "BGD", "050", "Bangladesh"],
  ["BE", "BEL", "056", "Belgium"],
  ["BF", "BFA", "854", "Burkina Faso"],
  ["BG", "BGR", "100", "Bulgaria"],
  ["BH", "BHR", "048", "Bahrain"],
  ["BI", "BDI", "108", "Burundi"],
  ["BJ", "BEN", "204", "Benin"],
  ["BL", "BLM", "652", "Saint Barthélemy"],
  ["BM", "BMU", "060", "Bermuda"],
  ["BN", "BRN", "096", "Brunei"],
  ["BO", "BOL", "068", "Bolivia"],
  ["BQ", "BES", "535", "Caribbean Netherlands"],
  ["BR", "BRA", "076", "Brazil"],
  ["BS", "BHS", "044", "Bahamas"],
  ["BT", "BTN", "064", "Bhutan"],
  ["BV", "BVT", "074", "Bouvet Island"],
  ["BW", "BWA", "072", "Botswana"],
  ["BY", "BLR", "112", "Belarus"],
  ["BZ", "BLZ", "084", "Belize"],
  ["CA", "CAN", "124", "Canada"],
  ["CC", "CCK", "166", "Cocos (Keeling) Islands"],
  ["CD", "COD", "180", "Congo (Kinshasa)"],
  ["CF", "CAF", "140", "Central African Republic"],
  ["CG", "COG", "178", "Congo (Brazzaville)"],
  ["CH", "CHE", "756", "Switzerland"],
  ["CI", "CIV", "384", "Côte d'Ivoire"],
  ["CK", "COK", "184", "Cook Islands"],
  ["CL", "CHL", "152", "Chile"],
  ["CM", "CMR", "120", "Cameroon"],
  ["CN", "CHN", "156", "China"],
  ["CO", "COL", "170", "Colombia"],
  ["CR", "CRI", "188", "Costa Rica"],
  ["CU", "CUB", "192", "Cuba"],
  ["CV", "CPV", "132", "Cabo Verde"],
  ["CW", "CUW", "531", "Curaçao"],
  ["CX", "CXR", "162", "Christmas Island"],
  ["CY", "CYP", "196", "Cyprus"],
  ["CZ", "CZE", "203", "Czechia"],
  ["DE", "DEU", "276", "Germany"],
  ["DJ", "DJI", "262", "Djibouti"],
  ["DK", "DNK", "208", "Denmark"],
  ["DM", "DMA", "212", "Dominica"],
  ["DO", "DOM", "214", "Dominican Republic"],
  ["DZ", "DZA", "012", "Algeria"],
  ["EC", "ECU", "218", "Ecuador"],
  ["EE", "EST", "233", "Estonia"],
  ["EG", "EGY", "818", "Egypt"],
  ["EH", "ESH", "732", "Western Sahara"],
  ["ER", "ERI", "232", "Eritrea"],
  ["ES", "ESP", "724", "Spain"],
  ["ET", "ETH", "231", "Ethiopia"],
  ["FI", "FIN", "246", "Finland"],
  ["FJ", "FJI", "242", "Fiji"],
  ["FK", "FLK", "238", "Falkland Islands"],
  ["FM", "FSM", "583", "Micronesia"],
  ["FO", "FRO", "234", "Faroe Islands"],
  ["FR", "FRA", "250", "France"],
  ["GA", "GAB", "266", "Gabon"],
  ["GB", "GBR", "826", "United Kingdom"],
  ["GD", "GRD", "308", "Grenada"],
  ["GE", "GEO", "268", "Georgia"],
  ["GF", "GUF", "254", "French Guiana"],
  ["GG", "GGY", "831", "Guernsey"],
  ["GH", "GHA", "288", "Ghana"],
  ["GI", "GIB", "292", "Gibraltar"],
  ["GL", "GRL", "304", "Greenland"],
  ["GM", "GMB", "270", "Gambia"],
  ["GN", "GIN", "324", "Guinea"],
  ["GP", "GLP", "312", "Guadeloupe"],
  ["GQ", "GNQ", "226", "Equatorial Guinea"],
  ["GR", "GRC", "300", "Greece"],
  ["GS", "SGS", "239", "South Georgia and the South Sandwich Islands"],
  ["GT", "GTM", "320", "Guatemala"],
  ["GU", "GUM", "316", "Guam"],
  ["GW", "GNB", "624", "Guinea-Bissau"],
  ["GY", "GUY", "328", "Guyana"],
  ["HK", "HKG", "344", "Hong Kong"],
  ["HM", "HMD", "334", "Heard Island and McDonald Islands"],
  ["HN", "HND", "340", "Honduras"],
  ["HR", "HRV", "191", "Croatia"],
  ["HT", "HTI", "332", "Haiti"],
  ["HU", "HUN", "348", "Hungary"],
  ["ID", "IDN", "360", "Indonesia"],
  ["IE", "IRL", "372", "Ireland"],
  ["IL", "ISR", "376", "Israel"],
  ["IM", "IMN", "833", "Isle of Man"],
  ["IN", "IND", "356", "India"],
  ["IO", "IOT", "086", "British Indian Ocean Territory"],
  ["IQ", "IRQ", "368", "Iraq"],
  ["IR", "IRN", "364", "Iran"],
  ["IS", "ISL", "352", "Iceland"],
  ["IT", "ITA", "380", "Italy"],
  ["JE", "JEY", "832", "Jersey"],
  ["JM", "JAM", "388", "Jamaica"],
  ["JO", "JOR", "400", "Jordan"],
  ["JP", "JPN", "392", "Japan"],
  ["KE", "KEN", "404", "Kenya"],
  ["KG", "KGZ", "417", "Kyrgyzstan"],
  ["KH", "KHM", "116", "Cambodia"],
  ["KI", "KIR", "296", "Kiribati"],
  ["KM", "COM", "174", "Comoros"],
  ["KN", "KNA", "659", "Saint Kitts and Nevis"],
  ["KP", "PRK", "408", "North Korea"],
  ["KR", "KOR", "410", "South Korea"],
  ["KW", "KWT", "414", "Kuwait"],
  ["KY", "CYM", "136", "Cayman Islands"],
  ["KZ", "KAZ", "398", "Kazakhstan"],
  ["LA", "LAO", "418", "Laos"],
  ["LB", "LBN", "422", "Lebanon"],
  ["LC", "LCA", "662", "Saint Lucia"],
  ["LI", "LIE", "438", "Liechtenstein"],
  ["LK", "LKA", "144", "Sri Lanka"],
  ["LR", "LBR", "430", "Liberia"],
  ["LS", "LSO", "426", "Lesotho"],
  ["LT", "LTU", "440", "Lithuania"],
  ["LU", "LUX", "442", "Luxembourg"],
  ["LV", "LVA", "428", "Latvia"],
  ["LY", "LBY", "434", "Libya"],
  ["MA", "MAR", "504", "Morocco"],
  ["MC", "MCO", "492", "Monaco"],
  ["MD", "MDA", "498", "Moldova"],
  ["ME", "MNE", "499", "Montenegro"],
  ["MF", "MAF", "663", "Saint Martin"],
  ["MG", "MDG", "450", "Madagascar"],
  ["MH", "MHL", "584", "Marshall Islands"],
  ["MK", "MKD", "807", "North Macedonia"],
  ["ML", "MLI", "466", "Mali"],
  ["MM", "MMR", "104", "Myanmar"],
  ["MN", "MNG", "496", "Mongolia"],
  ["MO", "MAC", "446", "Macao"],
  ["MP", "MNP", "580", "Northern Mariana Islands"],
  ["MQ", "MTQ", "474", "Martinique"],
  ["MR", "MRT", "478", "Mauritania"],
  ["MS", "MSR", "500", "Montserrat"],
  ["MT", "MLT", "470", "Malta"],
  ["MU", "MUS", "480", "Mauritius"],
  ["MV", "MDV", "462", "Maldives"],
  ["MW", "MWI", "454", "Malawi"],
  ["MX", "MEX", "484", "Mexico"],
  ["MY", "MYS", "458", "Malaysia"],
  ["MZ", "MOZ", "508", "Mozambique"],
  ["NA", "NAM", "516", "Namibia"],
  ["NC", "NCL", "540", "New Caledonia"],
  ["NE", "NER", "562", "Niger"],
  ["NF", "NFK", "574", "Norfolk Island"],
  ["NG", "NGA", "566", "Nigeria"],
  ["NI", "NIC", "558", "Nicaragua"],
  ["NL", "NLD", "528", "Netherlands"],
  ["NO", "NOR", "578", "Norway"],
  ["NP", "NPL", "524", "Nepal"],
  ["NR", "NRU", "520", "Nauru"],
  ["NU", "NIU", "570", "Niue"],
  ["NZ", "NZL", "554", "New Zealand"],
  ["OM", "OMN", "512", "Oman"],
  ["PA", "PAN", "591", "Panama"],
  ["PE", "PER", "604", "Peru"],
  ["PF", "PYF", "258", "French Polynesia"],
  ["PG", "PNG", "598", "Papua New Guinea"],
  ["PH", "PHL", "608", "Philippines"],
  ["PK", "PAK", "586", "Pakistan"],
  ["PL", "POL", "616", "Poland"],
  ["PM", "SPM", "666", "Saint Pierre and Miquelon"],
  ["PN", "PCN", "612", "Pitcairn Islands"],
  ["PR", "PRI", "630", "Puerto Rico"],
  ["PS", "PSE", "275", "Palestine"],
  ["PT", "PRT", "620", "Portugal"],
  ["PW", "PLW", "585", "Palau"],
  ["PY", "PRY", "600", "Paraguay"],
  ["QA", "QAT", "634", "Qatar"],
  ["RE", "REU", "638", "Réunion"],
  ["RO", "ROU", "642", "Romania"],
  ["RS", "SRB", "688", "Serbia"],
  ["RU", "RUS", "643", "Russia"],
  ["RW", "RWA", "646", "Rwanda"],
  ["SA", "SAU", "682", "Saudi Arabia"],
  ["SB", "SLB", "090", "Solomon Islands"],
  ["SC", "SYC", "690", "Seychelles"],
  ["SD", "SDN", "729", "Sudan"],
  ["SE", "SWE", "752", "Sweden"],
  ["SG", "SGP", "702", "Singapore"],
  ["SH", "SHN", "654", "Saint Helena, Ascension and Tristan da Cunha"],
  ["SI", "SVN", "705", "Slovenia"],
  ["SJ", "SJM", "744", "Svalbard and Jan Mayen"],
  ["SK", "SVK", "703", "Slovakia"],
  ["SL", "SLE", "694", "Sierra Leone"],
  ["SM", "SMR", "674", "San Marino"],
  ["SN", "SEN", "686", "Senegal"],
  ["SO", "SOM", "706", "Somalia"],
  ["SR", "SUR", "740", "Suriname"],
  ["SS", "SSD", "728", "South Sudan"],
  ["ST", "STP", "678", "São Tomé and Príncipe"],
  ["SV", "SLV", "222", "El Salvador"],
  ["SX", "SXM", "534", "Sint Maarten"],
  ["SY", "SYR", "760", "Syria"],
  ["SZ", "SWZ", "748", "Eswatini"],
  ["TC", "TCA", "796", "Turks and Caicos Islands"],
  ["TD", "TCD", "148", "Chad"],
  ["TF", "ATF", "260", "French Southern Territories"],
  ["TG", "TGO", "768", "Togo"],
  ["TH", "THA", "764", "Thailand"],
  ["TJ", "TJK", "762", "Tajikistan"],
  ["TK", "TKL", "772", "Tokelau"],
  ["TL", "TLS", "626", "Timor-Leste"],
  ["TM", "TKM", "795", "Turkmenistan"],
  ["TN", "TUN", "788", "Tunisia"],
  ["TO", "TON", "776", "Tonga"],
  ["TR", "TUR", "792", "Türkiye"],
  ["TT", "TTO", "780", "Trinidad and Tobago"],
  ["TV", "TUV", "798", "Tuvalu"],
  ["TW", "TWN", "158", "Taiwan"],
  ["TZ", "TZA", "834", "Tanzania"],
  ["UA", "UKR", "804", "Ukraine"],
  ["UG", "UGA", "800", "Uganda"],
  ["UM", "UMI", "581", "U.S. Outlying Islands"],
  ["US", "USA", "840", "United States"],
  ["UY", "URY", "858", "Uruguay"],
  ["UZ", "UZB", "860", "Uzbekistan"],
  ["VA", "VAT", "336", "Vatican City"],
  ["VC", "VCT", "670", "Saint Vincent and the Grenadines"],
  ["VE", "VEN", "862", "Venezuela"],
  ["VG", "VGB", "092", "British Virgin Islands"],
  ["VI", "VIR", "850", "U.S. Virgin Islands"],
  ["VN", "VNM", "704", "Vietnam"],
  ["VU", "VUT", "548", "Vanuatu"],
  ["WF", "WLF", "876", "Wallis and Futuna"],
  ["WS", "WSM", "882", "Samoa"],
  ["YE", "YEM", "887", "Yemen"],
  ["YT", "MYT", "175", "Mayotte"],
  ["ZA", "ZAF", "710", "South Africa"],
  ["ZM", "ZMB", "894", "Zambia"],
  ["ZW", "ZWE", "716", "Zimbabwe"],
];

const SUBDIVISIONS = {
  US: {
    AL: "Alabama", AK: "Alaska", AZ: "Arizona", AR: "Arkansas", CA: "California", CO: "Colorado", CT: "Connecticut",
    DE: "Delaware", DC: "District of Columbia", FL: "Florida", GA: "Georgia", HI: "Hawaii", ID: "Idaho",
    IL: "Illinois", IN: "Indiana", IA: "Iowa", KS: "Kansas", KY: "Kentucky", LA: "Louisiana", ME: "Maine",
    MD: "Maryland", MA: "Massachusetts", MI: "Michigan", MN: "Minnesota", MS: "Mississippi", MO: "Missouri",
    MT: "Montana", NE: "Nebraska", NV: "Nevada", NH: "New Hampshire", NJ: "New Jersey", NM: "New Mexico",
    NY: "New York", NC: "North Carolina", ND: "North Dakota", OH: "Ohio", OK: "Oklahoma", OR: "Oregon",
    PA: "Pennsylvania", RI: "Rhode Island", SC: "South Carolina", SD: "South Dakota", TN: "Tennessee", TX: "Texas",
    UT: "Utah", VT: "Vermont", VA: "Virginia", WA: "Washington", WV: "West Virginia", WI: "Wisconsin", WY: "Wyoming",
    AS: "American Samoa", GU: "Guam", MP: "Northern Mariana Islands", PR: "Puerto Rico", UM: "U.S. Outlying Islands",
    VI: "U.S. Virgin Islands",
  },
  CA: {
    AB: "Alberta", BC: "British Columbia", MB: "Manitoba", NB: "New Brunswick", NL: "Newfoundland and Labrador",
    NS: "Nova Scotia", NT: "Northwest Territories", NU: "Nunavut", ON: "Ontario", PE: "Prince Edward Island",
    QC: "Québec", SK: "Saskatchewan", YT: "Yukon",
  },
  MX: {
    AGU: "Aguascalientes", BCN: "Baja California", BCS: "Baja California Sur", CAM: "Campeche", CHH: "Chihuahua",
    CHP: "Chiapas", CMX: "Ciudad de México", COA: "Coahuila", COL: "Colima", DUR: "Durango", GRO: "Guerrero",
    GUA: "Guanajuato", HID: "Hidalgo", JAL: "Jalisco", MEX: "México", MIC: "Michoacán", MOR: "Morelos",
    NAY: "Nayarit", NLE: "Nuevo León", OAX: "Oaxaca", PUE: "Puebla", QUE: "Querétaro", ROO: "Quintana Roo",
    SIN: "Sinaloa", SLP: "San Luis Potosí", SON: "Sonora", TAB: "Tabasco", TAM: "Tamaulipas", TLA: "Tlaxcala",
    VER: "Veracruz", YUC: "Yucatán", ZAC: "Zacatecas",
  },
  BR: {
    AC: "Acre", AL: "Alagoas", AM: "Amazonas", AP: "Amapá", BA: "Bahia", CE: "Ceará", DF: "Distrito Federal",
    ES: "Espírito Santo", GO: "Goiás", MA: "Maranhão", MG: "Minas Gerais", MS: "Mato Grosso do Sul",
    MT: "Mato Grosso", PA: "Pará", PB: "Paraíba", PE: "Pernambuco", PI: "Piauí", PR: "Paraná", RJ: "Rio de Janeiro",
    RN: "Rio Grande do Norte", RO: "Rondônia", RR: "Roraima", RS: "Rio Grande do Sul", SC: "Santa Catarina",
    SE: "Sergipe", SP: "São Paulo", TO: "Tocantins",
  },
  AR: {
    A: "Salta", B: "Buenos Aires", C: "Ciudad Autónoma de Buenos Aires", D: "San Luis", E: "Entre Ríos",
    F: "La Rioja", G: "Santiago del Estero", H: "Chaco", J: "San Juan", K: "Catamarca", L: "La Pampa", M: "Mendoza",
    N: "Misiones", P: "Formosa", Q: "Neuquén", R: "Río Negro", S: "Santa Fe", T: "Tucumán", U: "Chubut",
    V: "Tierra del Fuego", W: "Corrientes", X: "Córdoba", Y: "Jujuy", Z: "Santa Cruz",
  },
  AU: {
    ACT: "Australian Capital Territory", NSW: "New South Wales", NT: "Northern Territory", QLD: "Queensland",
    SA: "South Australia", TAS: "Tasmania", VIC: "Victoria", WA: "Western Australia",
  },
  NZ: {
    AUK: "Auckland", BOP: "Bay of Plenty", CAN: "Canterbury", CIT: "Chatham Islands Territory", GIS: "Gisborne",
    HKB: "Hawke's Bay", MBH: "Marlborough", MWT: "Manawatū-Whanganui", NSN: "Nelson", NTL: "Northland", OTA: "Otago",
    STL: "Southland", TAS: "Tasman", TKI: "Taranaki", WGN: "Wellington", WKO: "Waikato", WTC: "West Coast",
  },
  JP: {
    "01": "Hokkaido", "02": "Aomori", "03": "Iwate", "04": "Miyagi", "05": "Akita", "06": "Yamagata",
    "07": "Fukushima", "08": "Ibaraki", "09": "Tochigi", "10": "Gunma", "11": "Saitama", "12": "Chiba", "13": "Tokyo",
    "14": "Kanagawa", "15": "Niigata", "16": "Toyama", "17": "Ishikawa", "18": "Fukui", "19": "Yamanashi",
    "20": "Nagano", "21": "Gifu", "22": "Shizuoka", "23": "Aichi", "24": "Mie", "25": "Shiga", "26": "Kyoto",
    "27": "Osaka", "28": "Hyogo", "29": "Nara", "30": "Wakayama", "31": "Tottori", "32": "Shimane", "33": "Okayama",
    "34": "Hiroshima", "35": "Yamaguchi", "36": "Tokushima", "37": "Kagawa", "38": "Ehime", "39": "Kochi",
    "40": "Fukuoka", "41": "Saga", "42": "Nagasaki", "43": "Kumamoto", "44": "Oita", "45": "Miyazaki",
    "46": "Kagoshima", "47": "Okinawa",
  },
  CN: {
    AH: "Anhui", BJ: "Beijing", CQ: "Chongqing", FJ: "Fujian", GD: "Guangdong", GS: "Gansu", GX: "Guangxi",
    GZ: "Guizhou", HA: "Henan", HB: "Hubei", HE: "Hebei", HI: "Hainan", HL: "Heilongjiang", HN: "Hunan", JL: "Jilin",
    JS: "Jiangsu", JX: "Jiangxi", LN: "Liaoning", NM: "Nei Mongol", NX: "Ningxia", QH: "Qinghai", SC: "Sichuan",
    SD: "Shandong", SH: "Shanghai", SN: "Shaanxi", SX: "Shanxi", TJ: "Tianjin", XJ: "Xinjiang", XZ: "Xizang",
    YN: "Yunnan", ZJ: "Zhejiang",
  },
  IN: {
    AN: "Andaman and Nicobar Islands", AP: "Andhra Pradesh", AR: "Arunachal Pradesh", AS: "Assam", BR: "Bihar",
    CG: "Chhattisgarh", CH: "Chandigarh", DH: "Dadra and Nagar Haveli and Daman and Diu", DL: "Delhi", GA: "Goa",
    GJ: "Gujarat", HP: "Himachal Pradesh", HR: "Haryana", JH: "Jharkhand", JK: "Jammu and Kashmir", KA: "Karnataka",
    KL: "Kerala", LA: "Ladakh", LD: "Lakshadweep", MH: "Maharashtra", ML: "Meghalaya", MN: "Manipur",
    MP: "Madhya Pradesh", MZ: "Mizoram", NL: "Nagaland", OD: "Odisha", PB: "Punjab", PY: "Puducherry",
    RJ: "Rajasthan", SK: "Sikkim", TN: "Tamil Nadu", TR: "Tripura", TS: "Telangana", UK: "Uttarakhand",
    UP: "Uttar Pradesh", WB: "West Bengal",
  },
  KR: {
    "11": "Seoul", "26": "Busan", "27": "Daegu", "28": "Incheon", "29": "Gwangju", "30": "Daejeon", "31": "Ulsan",
    "41": "Gyeonggi", "42": "Gangwon", "43": "North Chungcheong", "44": "South Chungcheong", "45": "North Jeolla",
    "46": "South Jeolla", "47": "North Gyeongsang", "48": "South Gyeongsang", "49": "Jeju", "50": "Sejong",
  },
  MY: {
    "01": "Johor", "02": "Kedah", "03": "Kelantan", "04": "Melaka", "05": "Negeri Sembilan", "06": "Pahang",
    "07": "Pulau Pinang", "08": "Perak", "09": "Perlis", "10": "Selangor", "11": "Terengganu", "12": "Sabah",
    "13": "Sarawak", "14": "Kuala Lumpur", "15": "Labuan", "16": "Putrajaya",
  },
  AE: {
    AJ: "Ajman", AZ: "Abu Dhabi", DU: "Dubai", FU: "Fujairah", RK: "Ras al-Khaimah", SH: "Sharjah",
    UQ: "Umm al-Quwain",
  },
  ZA: {
    EC: "Eastern Cape", FS: "Free State", GP: "Gauteng", KZN: "KwaZulu-Natal", LP: "Limpopo", MP: "Mpumalanga",
    NC: "Northern Cape", NW: "North West", WC: "Western Cape",
  },
  DE: {
    BB: "Brandenburg", BE: "Berlin", BW: "Baden-Württemberg", BY: "Bayern", HB: "Bremen", HE: "Hessen", HH: "Hamburg",
    MV: "Mecklenburg-Vorpommern", NI: "Niedersachsen", NW: "Nordrhein-Westfalen", RP: "Rheinland-Pfalz",
    SH: "Schleswig-Holstein", SL: "Saarland", SN: "Sachsen", ST: "Sachsen-Anhalt", TH: "Thüringen",
  },
  AT: {
    "1": "Burgenland", "2": "Kärnten", "3": "Niederösterreich", "4": "Oberösterreich", "5": "Salzburg",
    "6": "Steiermark", "7": "Tirol", "8": "Vorarlberg", "9": "Wien",
  },
  CH: {
    AG: "Aargau", AI: "Appenzell Innerrhoden", AR: "Appenzell Ausserrhoden", BE: "Bern", BL: "Basel-Landschaft",
    BS: "Basel-Stadt", FR: "Fribourg", GE: "Genève", GL: "Glarus", GR: "Graubünden", JU: "Jura", LU: "Luzern",
    NE: "Neuchâtel", NW: "Nidwalden", OW: "Obwalden", SG: "St. Gallen", SH: "Schaffhausen", SO: "Solothurn",
    SZ: "Schwyz", TG: "Thurgau", TI: "Ticino", UR: "Uri", VD: "Vaud", VS: "Valais", ZG: "Zug", ZH: "Zürich",
  },
  NL: {
    DR: "Drenthe", FL: "Flevoland", FR: "Fryslân", GE: "Gelderland", GR: "Groningen", LI: "Limburg",
    NB: "Noord-Brabant", NH: "Noord-Holland", OV: "Overijssel", UT: "Utrecht", ZE: "Zeeland", ZH: "Zuid-Holland",
  },
  PL: {
    "02": "Dolnośląskie", "04": "Kujawsko-Pomorskie", "06": "Lubelskie", "08": "Lubuskie", "10": "Łódzkie",
    "12": "Małopolskie", "14": "Mazowieckie", "16": "Opolskie", "18": "Podkarpackie", "20": "Podlaskie",
    "22": "Pomorskie", "24": "Śląskie", "26": "Świętokrzyskie", "28": "Warmińsko-Mazurskie", "30": "Wielkopolskie",
    "32": "Zachodniopomorskie",
  },
  PT: {
    "01": "Aveiro", "02": "Beja", "03": "Braga", "04": "Bragança", "05": "Castelo Branco", "06": "Coimbra",
    "07": "Évora", "08": "Faro", "09": "Guarda", "10": "Leiria", "11": "Lisboa", "12": "Portalegre", "13": "Porto",
    "14": "Santarém", "15": "Setúbal", "16": "Viana do Castelo", "17": "Vila Real", "18": "Viseu", "20": "Açores",
    "30": "Madeira",
  },
  IE: {
    CE: "Clare", CN: "Cavan", CO: "Cork", CW: "Carlow", D: "Dublin", DL: "Donegal", G: "Galway", KE: "Kildare",
    KK: "Kilkenny", KY: "Kerry", LD: "Longford", LH: "Louth", LK: "Limerick", LM: "Leitrim", LS: "Laois", MH: "Meath",
    MN: "Monaghan", MO: "Mayo", OY: "Offaly", RN: "Roscommon", SO: "Sligo", TA: "Tipperary", WD: "Waterford",
    WH: "Westmeath", WW: "Wicklow", WX: "Wexford",
  },
  ES: {
    A: "Alicante", AB: "Albacete", AL: "Almería", AV: "Ávila", B: "Barcelona", BA: "Badajoz", BI: "Bizkaia",
    BU: "Burgos", C: "A Coruña", CA: "Cádiz", CC: "Cáceres", CE: "Ceuta", CO: "Córdoba", CR: "Ciudad Real",
    CS: "Castellón", CU: "Cuenca", GC: "Las Palmas", GI: "Girona", GR: "Granada", GU: "Guadalajara", H: "Huelva",
    HU: "Huesca", J: "Jaén", L: "Lleida", LE: "León", LO: "La Rioja", LU: "Lugo", M: "Madrid", MA: "Málaga",
    ML: "Melilla", MU: "Murcia", NA: "Navarra", O: "Asturias", OR: "Ourense", P: "Palencia", PM: "Illes Balears",
    PO: "Pontevedra", S: "Cantabria", SA: "Salamanca", SE: "Sevilla", SG: "Segovia", SO: "Soria", SS: "Gipuzkoa",
    T: "Tarragona", TE: "Teruel", TF: "Santa Cruz de Tenerife", TO: "Toledo", V: "Valencia", VA: "Valladolid",
    VI: "Álava", Z: "Zaragoza", ZA: "Zamora",
  },
  IT: {
    "23": "Valle d'Aosta", "AG": "Agrigento", "AL": "Alessandria", "AN": "Ancona", "AP": "Ascoli Piceno",
    "AQ": "L'Aquila", "AR": "Arezzo", "AT": "Asti", "AV": "Avellino", "BA": "Bari", "BG": "Bergamo", "BI": "Biella",
    "BL": "Belluno", "BN": "Benevento", "BO": "Bologna", "BR": "Brindisi", "BS": "Brescia",
    "BT": "Barletta-Andria-Trani", "BZ": "Bolzano", "CA": "Cagliari", "CB": "Campobasso", "CE": "Caserta",
    "CH": "Chieti", "CL": "Caltanissetta", "CN": "Cuneo", "CO": "Como", "CR": "Cremona", "CS": "Cosenza",
    "CT": "Catania", "CZ": "Catanzaro", "EN": "Enna", "FC": "Forlì-Cesena", "FE": "Ferrara", "FG": "Foggia",
    "FI": "Firenze", "FM": "Fermo", "FR": "Frosinone", "GE": "Genova", "GO": "Gorizia", "GR": "Grosseto",
    "IM": "Imperia", "IS": "Isernia", "KR": "Crotone", "LC": "Lecco", "LE": "Lecce", "LI": "Livorno", "LO": "Lodi",
    "LT": "Latina", "LU": "Lucca", "MB": "Monza e Brianza", "MC": "Macerata", "ME": "Messina", "MI": "Milano",
    "MN": "Mantova", "MO": "Modena", "MS": "Massa-Carrara", "MT": "Matera", "NA": "Napoli", "NO": "Novara",
    "NU": "Nuoro", "OR": "Oristano", "PA": "Palermo", "PC": "Piacenza", "PD": "Padova", "PE": "Pescara",
    "PG": "Perugia", "PI": "Pisa", "PN": "Pordenone", "PO": "Prato", "PR": "Parma", "PT": "Pistoia",
    "PU": "Pesaro e Urbino", "PV": "Pavia", "PZ": "Potenza", "RA": "Ravenna", "RC": "Reggio Calabria",
    "RE": "Reggio Emilia", "RG": "Ragusa", "RI": "Rieti", "RM": "Roma", "RN": "Rimini", "RO": "Rovigo",
    "SA": "Salerno", "SI": "Siena", "SO": "Sondrio", "SP": "La Spezia", "SR": "Siracusa", "SS": "Sassari",
    "SU": "Sud Sardegna", "SV": "Savona", "TA": "Taranto", "TE": "Teramo", "TN": "Trento", "TO": "Torino",
    "TP": "Trapani", "TR": "Terni", "TS": "Trieste", "TV": "Treviso", "UD": "Udine", "VA": "Varese",
    "VB": "Verbano-Cusio-Ossola", "VC": "Vercelli", "VE": "Venezia", "VI": "Vicenza", "VR": "Verona", "VT": "Viterbo",
    "VV": "Vibo Valentia",
  },
};
