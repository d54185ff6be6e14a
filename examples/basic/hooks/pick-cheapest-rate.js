/*
 * Hook point: postResponseMap, on the lookup step that asks the carriers for rates.
 *
 * Chooses for each order the cheapest service that arrives in time (promisedBy), and among equals the
 * faster one. When none arrives in time the fastest is taken and the order marked late; when the carriers
 * gave no rates, or the lookup failed, the order goes on with needsManualRate, so that a branch can send it
 * to the shipping desk. The array keeps its length.
 *
 * options.postResponseMapData - the orders, with the carriers' answers mapped to rates
 * options.responseData        - per order: statusCode, errors, data
 * options.settings            - custom settings; export.blockedServices, services that are never used
 */
function pickCheapestRate(options) {
  const blocked = ((options.settings && options.settings.export) || {}).blockedServices || [];
  const responses = options.responseData || [];

  return (options.postResponseMapData || []).map((order, index) => {
    if (!order || typeof order !== "object") return order;

    const failed = responses[index] && responses[index].statusCode >= 400;
    const rates = failed ? [] : usableRates(order.rates, blocked);
    if (rates.length === 0) return Object.assign({}, order, { needsManualRate: true });

    const deadline = Date.parse(order.promisedBy || "");
    const inTime = rates.filter((rate) => Number.isNaN(deadline) || rate.arrives <= deadline);
    const best = inTime.length > 0 ? inTime.sort(byCost)[0] : rates.sort(bySpeed)[0];

    return Object.assign({}, order, {
      needsManualRate: false,
      late: inTime.length === 0,
      carrier: best.carrier,
      service: best.service,
      shippingCost: best.cost,
    });
  });
}

function usableRates(rates, blocked) {
  return (Array.isArray(rates) ? rates : [])
    .filter((rate) => rate && rate.service && Number(rate.cost) >= 0 && blocked.indexOf(rate.service) === -1)
    .map((rate) => {
      const arrives = Date.parse(rate.arrivesOn || "");
      return {
        carrier: rate.carrier || "unknown",
        service: rate.service,
        cost: Number(rate.cost) + (Number(rate.fuelSurcharge) || 0),
        arrives: Number.isNaN(arrives) ? Infinity : arrives,
      };
    });
}

function byCost(a, b) {
  return a.cost - b.cost || compare(a.arrives, b.arrives);
}

function bySpeed(a, b) {
  return compare(a.arrives, b.arrives) || a.cost - b.cost;
}

// Not a subtraction: two rates without a date are both infinitely late, and equal.
function compare(a, b) {
  return a === b ? 0 : a < b ? -1 : 1;
}
