/*
 * Hook point: branching, on the router behind the order export.
 *
 * Says which branches an order goes to. Its lines may lie in several places, and then it goes to several
 * branches; each branch ships its own lines.
 *
 *   0  East Coast warehouse (NetSuite location 2)
 *   1  West Coast warehouse (NetSuite location 5)
 *   2  Rotterdam 3PL
 *   3  drop shippers, by EDI 850
 *   4  manual review: nothing to route by, or something that only people may decide
 *
 * options.record   - the order
 * options.settings - custom settings; flow.reviewAbove, orders above this total are reviewed (default 10000)
 */
function routeByWarehouse(options) {
  const order = options.record;
  const settings = (options.settings && options.settings.flow) || {};
  const reviewAbove = Number(settings.reviewAbove) > 0 ? Number(settings.reviewAbove) : 10000;

  if (!order || !order.shipTo || !Array.isArray(order.lines) || order.lines.length === 0) return [REVIEW];
  if (Number(order.total) > reviewAbove || order.riskLevel === "high") return [REVIEW];

  const home = homeBranch(order.shipTo);
  const branches = [];
  for (const line of order.lines) {
    const branch = branchOf(line, home);
    if (branches.indexOf(branch) === -1) branches.push(branch);
  }
  // One line that nobody can place keeps the whole order back: shipping the rest would split the invoice.
  return branches.indexOf(REVIEW) === -1 ? branches.sort((a, b) => a - b) : [REVIEW];
}

const EAST = 0;
const WEST = 1;
const ROTTERDAM = 2;
const DROP_SHIP = 3;
const REVIEW = 4;

const WESTERN_STATES = ["AK", "AZ", "CA", "CO", "HI", "ID", "MT", "NM", "NV", "OR", "UT", "WA", "WY"];
const WESTERN_PROVINCES = ["AB", "BC", "NT", "SK", "YT"];
const SERVED_FROM_ROTTERDAM = [
  "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE", "IS", "IT", "LI",
  "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];

function homeBranch(address) {
  const country = String(address.country_code || "").toUpperCase();
  const region = String(address.province_code || "").toUpperCase();
  if (country === "US") return WESTERN_STATES.indexOf(region) === -1 ? EAST : WEST;
  if (country === "CA") return WESTERN_PROVINCES.indexOf(region) === -1 ? EAST : WEST;
  if (country === "MX") return WEST;
  return SERVED_FROM_ROTTERDAM.indexOf(country) === -1 ? REVIEW : ROTTERDAM;
}

function branchOf(line, home) {
  if (!line || !line.sku) return REVIEW;
  if (line.vendorId || /^DS-/i.test(line.sku)) return DROP_SHIP;
  // Hazardous goods neither fly nor cross a border: they leave from the East Coast, and only within the US.
  if (line.hazmat) return home === ROTTERDAM || home === REVIEW ? REVIEW : EAST;
  return home;
}
