/**
 * @name Round prices
 *
 * Rounds prices as the price list of the market wants them: to 5 cents in Switzerland, to whole units where the
 * currency has no cents, and else to cents.
 */
function postMap(options) {
  return options.postMapData.map((record) => ({ ...record, price: roundTo(record.price, stepOf(record.currency)) }));
}

function stepOf(currency) {
  const steps = { CHF: 0.05, JPY: 1, KRW: 1 };
  return steps[currency] ?? 0.01;
}

function roundTo(price, step) {
  // By division, and then to two places: 0.05 has no exact form in binary.
  return Number((Math.round(price / step) * step).toFixed(2));
}
