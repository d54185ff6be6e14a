/*
 * Hook point: postSubmit, on the import that creates sales orders in NetSuite.
 *
 * NetSuite's messages mean little to the people who work the error queue. Each is rewritten to what happened
 * and what to do, with the order and the SKU or customer it is about. An order that NetSuite already has
 * (same external id) counts as done: the flow was run twice, and nothing is wrong. The original message
 * stays, in brackets.
 *
 * options.preMapData   - the page of orders before mapping
 * options.postMapData  - the page of orders after mapping
 * options.responseData - per order: statusCode, errors, ignored, id, _json
 */
function explainNetSuiteErrors(options) {
  var responses = options.responseData || [];
  var orders = options.postMapData || [];

  responses.forEach(function (response, index) {
    if (!response || !Array.isArray(response.errors) || response.errors.length === 0) return;
    var order = orders[index] || {};

    if (response.errors.every(isDuplicate)) {
      response.statusCode = 200;
      response.errors = [];
      response._json = Object.assign({}, response._json, { alreadyInNetSuite: true });
      return;
    }
    response.errors = response.errors.map(function (error) {
      return explain(error || {}, order);
    });
  });

  return responses;
}

var EXPLANATIONS = [
  {
    code: "ITEM_NOT_IN_NETSUITE",
    test: /invalid item reference key|item.*(not found|does not exist)/i,
    say: "an item is not in NetSuite or is inactive. Run the item flow, then retry",
  },
  {
    code: "CUSTOMER_NOT_IN_NETSUITE",
    test: /invalid (entity|customer) reference key|customer.*(not found|does not exist)/i,
    say: "the customer is not in NetSuite. Run the customer flow, then retry",
  },
  {
    code: "PERIOD_CLOSED",
    test: /(accounting|posting) period|not within the date range/i,
    say: "the accounting period of the order date is closed. Ask accounting for the date to use",
  },
  {
    code: "TAX_CODE_INVALID",
    test: /tax ?code|nexus/i,
    say: "NetSuite has no tax code for the ship-to address. Check state and postal code",
  },
  {
    code: "RETRY_LATER",
    test: /SSS_REQUEST_LIMIT_EXCEEDED|concurren|USER_ERROR_TIMEOUT|ROWS?_LOCKED|RCRD_HAS_BEEN_CHANGED|record has been changed/i,
    say: "NetSuite was busy with other requests. Retry: nothing needs correcting",
  },
  {
    code: "FIELD_TOO_LONG",
    test: /contained more than the maximum number|exceeds? (the )?max/i,
    say: "a text is longer than its NetSuite field. Shorten it in the shop, then retry",
  },
];

function isDuplicate(error) {
  return /DUP_RCRD|DUP_ENTITY|record already exists|same external ?id/i.test(textOf(error || {}));
}

function explain(error, order) {
  var text = textOf(error);
  var found = EXPLANATIONS.filter(function (entry) {
    return entry.test.test(text);
  })[0];
  if (!found) return error;

  return Object.assign({}, error, {
    code: found.code,
    message: "Order " + (order.otherrefnum || order.externalid || "without a number") + ": " + found.say + ". [" + text + "]",
    source: error.source || "netsuite",
  });
}

function textOf(error) {
  return [error.code, error.message].filter(Boolean).join(": ");
}
