/*
 * Hook point: filter, on the import that sends orders to the warehouse.
 *
 * true when the warehouse can work on the order: paid (or on account), not on hold, not already shipped, and
 * with at least one line that is a physical good. Written in 2017 and still running: no ES2015 in here.
 *
 * options.record    - the order
 * options.pageIndex - number of the page, from 0
 * options.settings  - custom settings; flow.holdTags, tags that keep an order back
 */
function isFulfillable(options) {
  var order = options.record;
  if (!order || typeof order !== 'object') {
    return false;
  }
  return isPaid(order) && !isOnHold(order, getHoldTags(options)) && !isShipped(order) && hasGoods(order);
}

var PAID = ['paid', 'partially_refunded'];
var ACCOUNT_TERMS = ['NET15', 'NET30', 'NET60'];

function isPaid(order) {
  var status = String(order.financial_status || '').toLowerCase();
  if (PAID.indexOf(status) !== -1) {
    return true;
  }
  return status === 'pending' && ACCOUNT_TERMS.indexOf(String(order.terms || '').toUpperCase()) !== -1;
}

function isOnHold(order, holdTags) {
  var tags = String(order.tags || '').toLowerCase().split(',');
  var i;
  for (i = 0; i < tags.length; i += 1) {
    if (holdTags.indexOf(tags[i].replace(/^\s+|\s+$/g, '')) !== -1) {
      return true;
    }
  }
  return false;
}

function isShipped(order) {
  return order.fulfillment_status === 'fulfilled' || !!order.cancelled_at;
}

function hasGoods(order) {
  var lines = Array.isArray(order.line_items) ? order.line_items : [];
  var i, line;
  for (i = 0; i < lines.length; i += 1) {
    line = lines[i] || {};
    if (line.requires_shipping !== false && !line.gift_card && Number(line.fulfillable_quantity) > 0) {
      return true;
    }
  }
  return false;
}

function getHoldTags(options) {
  var flow = options.settings && options.settings.flow;
  var configured = flow && flow.holdTags;
  var tags = ['hold', 'fraud-review'];
  var i;
  if (Array.isArray(configured)) {
    for (i = 0; i < configured.length; i += 1) {
      tags.push(String(configured[i]).toLowerCase());
    }
  }
  return tags;
}
