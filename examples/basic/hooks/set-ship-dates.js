/*
 * Hook point: postMap, on the import that creates sales orders in NetSuite.
 *
 * Sets the dates that the mapping cannot: when the warehouse has to ship (orders after the cut-off hour ship
 * a working day later) and when the parcel should arrive, counted in working days of the chosen service.
 * Weekends and the holidays in the settings do not count.
 *
 * options.preMapData  - the page of orders before mapping
 * options.postMapData - the same page after mapping: trandate, shipmethod
 * options.settings    - custom settings; import.cutoffHour (default 14), import.holidays (["2026-12-25", ...])
 */
import dayjs from "dayjs";

const TRANSIT_DAYS = { SAMEDAY: 0, OVERNIGHT: 1, TWODAY: 2, "2DAY": 2, EXPRESS: 2, GROUND: 5, ECONOMY: 8, FREIGHT: 10 };

function setShipDates(options) {
  const settings = (options.settings && options.settings.import) || {};
  const holidays = Array.isArray(settings.holidays) ? settings.holidays : [];
  const cutoffHour = Number.isInteger(settings.cutoffHour) ? settings.cutoffHour : 14;
  const before = options.preMapData || [];

  return (options.postMapData || []).map((order, index) => {
    if (!order || typeof order !== "object") return {};

    const orderedAt = dayjs((before[index] && before[index].orderedAt) || order.trandate || null);
    if (!orderedAt.isValid()) {
      return {
        errors: [
          {
            code: "ORDER_DATE_INVALID",
            message: `Order ${order.otherrefnum || index + 1} has no usable order date, so it has no ship date.`,
            source: "set-ship-dates",
          },
        ],
      };
    }

    const late = orderedAt.hour() >= cutoffHour && isWorkingDay(orderedAt, holidays);
    const shipDate = addWorkingDays(orderedAt, late ? 1 : 0, holidays);
    const arrival = addWorkingDays(shipDate, transitDays(order.shipmethod), holidays);

    return {
      data: Object.assign({}, order, {
        shipdate: shipDate.format("YYYY-MM-DD"),
        custbody_promised_date: arrival.format("YYYY-MM-DD"),
      }),
    };
  });
}

function transitDays(shipMethod) {
  const service = String(shipMethod || "").toUpperCase().replace(/[^A-Z0-9]/g, "");
  const known = Object.keys(TRANSIT_DAYS).find((name) => service.indexOf(name) !== -1);
  return known ? TRANSIT_DAYS[known] : TRANSIT_DAYS.GROUND;
}

// The working day that is `count` working days after `date`; for 0, the date itself or the next working day.
function addWorkingDays(date, count, holidays) {
  let day = date;
  while (!isWorkingDay(day, holidays)) day = day.add(1, "day");
  for (let left = count; left > 0; left -= 1) {
    day = day.add(1, "day");
    while (!isWorkingDay(day, holidays)) day = day.add(1, "day");
  }
  return day;
}

function isWorkingDay(day, holidays) {
  return day.day() !== 0 && day.day() !== 6 && holidays.indexOf(day.format("YYYY-MM-DD")) === -1;
}
