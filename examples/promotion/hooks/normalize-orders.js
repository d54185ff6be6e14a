/**
 * @name Normalize orders
 *
 * Brings the orders of all shops into one shape: amounts in cents, e-mail addresses in lower case, and lines without a
 * quantity left out. An order that cannot be read becomes an error of its own, and the rest of the page goes on.
 */
function normalizeOrders(options) {
  const data = [];
  const errors = [];
  for (const [index, order] of options.data.entries()) {
    try {
      data.push(normalizeOrder(order));
    } catch (error) {
      errors.push({ code: "UNREADABLE_ORDER", message: `Order ${order?.id ?? index}: ${error.message}`, source: "normalize-orders" });
    }
  }
  return { data, errors, abort: false, newErrorsAndRetryData: [] };
}

function normalizeOrder(order) {
  return {
    id: String(order.id),
    email: order.email ? order.email.trim().toLowerCase() : null,
    total: toCents(order.total),
    lines: order.lines.filter(({ quantity }) => quantity > 0),
  };
}

function toCents(amount) {
  const cents = Math.round(Number(amount) * 100);
  if (Number.isNaN(cents)) {
    throw new Error(`"${amount}" is not an amount`);
  }
  return cents;
}
