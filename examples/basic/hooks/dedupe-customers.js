/*
 * Hook point: preMap, on the import that writes customers to NetSuite.
 *
 * A page often holds the same customer more than once (a guest checkout, then an account, then a new phone
 * number), and NetSuite would create every one of them. Per e-mail address only the record that was changed
 * last goes on, completed with what only the older ones know; the older ones are skipped with an empty
 * object. Without a usable e-mail address the phone number decides; without both it is an error.
 *
 * options.data      - the page of customers, before mapping
 * options._importId - the import that is running
 * options.settings  - custom settings in scope for the import
 */
function dedupeCustomers(options) {
  const customers = options.data || [];
  const groups = new Map();

  customers.forEach((customer, index) => {
    const key = identityOf(customer);
    if (!key) return;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(index);
  });

  return customers.map((customer, index) => {
    const key = identityOf(customer);
    if (!key) {
      const id = (customer && customer.id) || `at position ${index}`;
      return {
        errors: [
          {
            code: "CUSTOMER_WITHOUT_IDENTITY",
            message: `Customer ${id} has neither an e-mail address nor a phone number to match on.`,
            source: "dedupe-customers",
          },
        ],
      };
    }
    const newestFirst = groups.get(key).slice().sort((a, b) => changedAt(customers[b]) - changedAt(customers[a]) || b - a);
    return newestFirst[0] === index ? { data: merge(newestFirst.map((at) => customers[at])) } : {};
  });
}

function identityOf(customer) {
  if (!customer || typeof customer !== "object") return null;
  const email = String(customer.email || "").trim().toLowerCase();
  if (/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email)) return `email:${email}`;
  const digits = String(customer.phone || "").replace(/\D/g, "");
  return digits.length >= 7 ? `phone:${digits}` : null;
}

function changedAt(customer) {
  const time = Date.parse(customer.updated_at || customer.created_at || "");
  return Number.isNaN(time) ? 0 : time;
}

// The newest record wins; a field that it leaves empty comes from the next older one that has it.
function merge(newestFirst) {
  const merged = {};
  for (const customer of newestFirst) {
    for (const field of Object.keys(customer)) {
      if (isEmpty(merged[field])) merged[field] = customer[field];
    }
  }
  merged.email = String(merged.email || "").trim().toLowerCase() || null;
  merged.tags = unique(newestFirst.map((customer) => customer.tags));
  merged.mergedIds = newestFirst.slice(1).map((customer) => customer.id).filter(Boolean);
  return merged;
}

function unique(tagLists) {
  const tags = [];
  for (const list of tagLists) {
    const parts = Array.isArray(list) ? list : String(list || "").split(",");
    for (const part of parts) {
      const tag = String(part).trim();
      if (tag && tags.indexOf(tag) === -1) tags.push(tag);
    }
  }
  return tags;
}

function isEmpty(value) {
  return value === undefined || value === null || value === "";
}
