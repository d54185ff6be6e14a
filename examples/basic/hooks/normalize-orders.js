/*
 * Hook point: preSavePage, on the export that reads orders from Shopify.
 *
 * Turns each Shopify order into the flat order that every later step of the flow works with: amounts as
 * numbers, line items with their own discounts, no test orders and no cancelled ones. An order that cannot
 * be booked (no id, no lines, a price that is no number, totals that do not add up) does not travel on: it
 * is reported with its data, so that it can be corrected and retried from the flow's error page.
 *
 * options.data      - the page of Shopify orders
 * options.errors    - errors that the export has found so far
 * options.pageIndex - number of the page, from 0
 * options.settings  - custom settings; flow.orderPrefix is put before the order number
 */
function normalizeOrders(options) {
  const prefix = readSetting(options, "flow", "orderPrefix", "SHOP-");
  const data = [];
  const newErrorsAndRetryData = [];

  for (const order of options.data || []) {
    const problems = findProblems(order);
    if (problems.length > 0) {
      newErrorsAndRetryData.push({ retryData: order, errors: problems });
    } else if (!order.test && !order.cancelled_at) {
      data.push(toOrder(order, prefix));
    }
  }

  return { data, errors: options.errors || [], abort: false, newErrorsAndRetryData };
}

function findProblems(order) {
  if (!order || typeof order !== "object") return [problem("ORDER_NOT_AN_OBJECT", "The record is not an order.")];

  const name = order.name || order.id || "without a number";
  if (!order.id) return [problem("ORDER_ID_MISSING", `Order ${name} has no id.`)];

  const lines = Array.isArray(order.line_items) ? order.line_items : [];
  if (lines.length === 0) return [problem("ORDER_EMPTY", `Order ${name} has no line items.`)];

  const problems = [];
  lines.forEach((line, index) => {
    const label = `Line ${index + 1} of order ${name}`;
    if (!line || !line.sku) problems.push(problem("SKU_MISSING", `${label} has no SKU.`));
    if (!line || !isAmount(line.price)) problems.push(problem("PRICE_INVALID", `${label} has no valid price.`));
    if (!line || !(Number(line.quantity) > 0)) problems.push(problem("QUANTITY_INVALID", `${label} has no quantity.`));
  });
  if (problems.length > 0 || !isAmount(order.total_price)) return problems;

  const difference = cents(order.total_price) - expectedTotal(order);
  if (Math.abs(difference) > 1) {
    problems.push(problem("TOTAL_MISMATCH", `The total of order ${name} is off by ${(difference / 100).toFixed(2)}.`));
  }
  return problems;
}

// What the buyer should have paid, in cents. Shopify counts shipping discounts among the order's discounts.
function expectedTotal(order) {
  const goods = order.line_items.reduce((sum, line) => sum + cents(line.price) * Number(line.quantity), 0);
  const shipping = (order.shipping_lines || []).reduce((sum, line) => sum + cents(line.price), 0);
  const tax = order.taxes_included ? 0 : cents(order.total_tax);
  return goods + shipping + tax + cents(order.total_tip_received) - cents(order.total_discounts);
}

function toOrder(order, prefix) {
  const customer = order.customer || {};
  return {
    externalId: String(order.id),
    orderNumber: prefix + String(order.order_number || order.name || order.id).replace(/^#/, ""),
    orderedAt: order.processed_at || order.created_at || null,
    currency: order.currency || null,
    email: (order.email || customer.email || "").trim().toLowerCase() || null,
    customerId: customer.id ? String(customer.id) : null,
    shipTo: order.shipping_address || order.billing_address || null,
    billTo: order.billing_address || order.shipping_address || null,
    shipVia: ((order.shipping_lines || [])[0] || {}).code || null,
    lines: order.line_items.map((line) => toLine(line)),
    shipping: amount((order.shipping_lines || []).reduce((sum, line) => sum + cents(line.price), 0)),
    tax: amount(cents(order.total_tax)),
    discount: amount(cents(order.total_discounts)),
    total: amount(isAmount(order.total_price) ? cents(order.total_price) : expectedTotal(order)),
    tags: String(order.tags || "")
      .split(",")
      .map((tag) => tag.trim())
      .filter(Boolean),
  };
}

function toLine(line) {
  const discount = (line.discount_allocations || []).reduce((sum, part) => sum + cents(part.amount), 0);
  return {
    externalId: line.id ? String(line.id) : null,
    sku: String(line.sku).trim().toUpperCase(),
    name: line.title || line.name || null,
    quantity: Number(line.quantity),
    price: amount(cents(line.price)),
    discount: amount(discount),
    taxable: line.taxable !== false,
    giftCard: Boolean(line.gift_card),
  };
}

function readSetting(options, scope, key, fallback) {
  const settings = (options.settings && options.settings[scope]) || {};
  return settings[key] === undefined ? fallback : settings[key];
}

function isAmount(value) {
  return value !== null && value !== "" && Number.isFinite(Number(value));
}

function cents(value) {
  return isAmount(value) ? Math.round(Number(value) * 100) : 0;
}

function amount(inCents) {
  return inCents / 100;
}

function problem(code, message) {
  return { code, message, source: "normalize-orders" };
}
