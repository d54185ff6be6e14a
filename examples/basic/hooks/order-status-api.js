/*
 * Hook point: handleRequest, behind the API that the shop's "Where is my order?" page calls.
 *
 *   GET ?order=SHOP-1001&email=ada@example.com  ->  200 { order, status, shippedOn, tracking }
 *
 * Reads the order from NetSuite through the export with the external id "order-status" (an external id, as ids
 * differ between sandbox and production). Someone else's order answers like one that does not exist.
 *
 * options.method      - HTTP method, in capitals
 * options.headers     - request headers
 * options.queryString - query parameters
 * options.body        - parsed body
 * options.rawBody     - body as it came
 */
import { connections, exports } from "integrator-api";

function handleOrderStatus(options) {
  if (options.method !== "GET") {
    return respond(405, { message: "Only GET is allowed." }, { Allow: "GET" });
  }

  const number = String(options.queryString?.order ?? "").trim().toUpperCase();
  const email = String(options.queryString?.email ?? "").trim().toLowerCase();
  if (!/^[A-Z]{2,6}-\d{1,12}$/.test(number) || !email.includes("@")) {
    return respond(400, { message: "Give order (for example SHOP-1001) and email." });
  }

  try {
    const lookup = exports.find({ externalId: "order-status" })[0];
    if (!lookup) return respond(500, { message: "The order lookup is not installed." });
    if (lookup._connectionId && connections.get(lookup._connectionId)?.offline) {
      return respond(503, { message: "Order data is not available right now." }, { "Retry-After": "300" });
    }

    const found = exports.run({ _id: lookup._id, data: [{ orderNumber: number }] })?.data ?? [];
    const order = found.find((candidate) => String(candidate?.email ?? "").toLowerCase() === email);
    if (!order) return respond(404, { message: "No such order for this e-mail address." });

    return respond(200, {
      order: number,
      status: STATUSES[order.status] ?? "in progress",
      shippedOn: order.shipDate ?? null,
      tracking: (order.trackingNumbers ?? "").split(/[\s,]+/).filter(Boolean),
    });
  } catch (error) {
    console.error(`Order ${number} could not be looked up: ${error.message}`);
    return respond(502, { message: "The order could not be looked up. Please try again later." });
  }
}

// NetSuite's sales order statuses, in words for buyers.
const STATUSES = {
  pendingApproval: "received",
  pendingFulfillment: "being packed",
  partiallyFulfilled: "partly shipped",
  pendingBillingPartFulfilled: "partly shipped",
  pendingBilling: "shipped",
  fullyBilled: "shipped",
  closed: "closed",
  cancelled: "cancelled",
};

function respond(statusCode, body, headers = {}) {
  return { statusCode, headers: { "Content-Type": "application/json", "Cache-Control": "no-store", ...headers }, body };
}
