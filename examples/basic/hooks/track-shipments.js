/*
 * Hook points: input_filter (needsTracking) and postResponseMap (applyTracking), both on the lookup step that
 * asks the 3PL for tracking numbers. One script, two functions: the lookup names each by its function.
 *
 * needsTracking
 *   true for a shipment that has left the warehouse and whose tracking number is not known yet; a lookup for
 *   anything else would only use up the 3PL's rate limit.
 *   options.record - the shipment
 *
 * applyTracking
 *   Copies the 3PL's answer onto each shipment, with the carrier's page for it. The array keeps its length.
 *   options.postResponseMapData - the shipments
 *   options.responseData        - per shipment: statusCode, errors, data (the 3PL's parcels)
 */
function needsTracking(options) {
  const shipment = options.record;
  if (!shipment || typeof shipment !== "object" || !shipment.id) return false;
  const left = ["shipped", "in_transit"].includes(String(shipment.status || "").toLowerCase());
  return left && trackingNumbers(shipment).length === 0 && shipment.deliveryMethod !== "pickup";
}

function applyTracking(options) {
  const responses = options.responseData || [];
  return (options.postResponseMapData || []).map((shipment, index) => {
    const response = responses[index];
    if (!shipment || !response || response.ignored || !Array.isArray(response.data)) return shipment;

    const parcels = response.data.filter((parcel) => parcel && parcel.trackingNumber).map(toParcel);
    if (parcels.length === 0) return shipment;
    return {
      ...shipment,
      trackingNumbers: parcels.map((parcel) => parcel.trackingNumber),
      trackingUrls: parcels.map((parcel) => parcel.url).filter(Boolean),
      carrier: parcels[0].carrier,
    };
  });
}

const CARRIERS = [
  { name: "UPS", pattern: /^1Z[0-9A-Z]{16}$/, url: "https://www.ups.com/track?tracknum=" },
  { name: "USPS", pattern: /^9[1-5]\d{18,20}$/, url: "https://tools.usps.com/go/TrackConfirmAction?tLabels=" },
  { name: "FedEx", pattern: /^(\d{12}|\d{15})$/, url: "https://www.fedex.com/fedextrack/?trknbr=" },
  { name: "DHL", pattern: /^(\d{10}|JJD\d{14,18})$/, url: "https://www.dhl.com/en/express/tracking.html?AWB=" },
];

function toParcel({ trackingNumber }) {
  const number = String(trackingNumber).replace(/\s/g, "").toUpperCase();
  const carrier = CARRIERS.find(({ pattern }) => pattern.test(number));
  return { trackingNumber: number, carrier: carrier ? carrier.name : "unknown", url: carrier ? carrier.url + number : null };
}

function trackingNumbers({ trackingNumbers: numbers }) {
  return (Array.isArray(numbers) ? numbers : [numbers]).filter(Boolean);
}
