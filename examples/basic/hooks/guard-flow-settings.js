/*
 * Hook point: preSave, of the order flow of an integration app.
 *
 * Checks the flow's settings before they are saved, and throws when they would do harm: a start date that
 * moves forward would leave orders out for good, an address that is none would lose every alert. E-mail
 * lists are tidied; in the sandbox only addresses of our own domain stay, so that no customer hears from it.
 *
 * options.newResource - the flow as it is to be saved
 * options.oldResource - the flow as it was last saved; none when it is new
 * options.sandbox     - true in the sandbox
 */
const OWN_DOMAIN = "example.com";

function guardFlowSettings(options) {
  const flow = options.newResource;
  if (!flow || typeof flow !== "object") throw new Error("There is no flow to save.");
  const before = (options.oldResource && options.oldResource.settings) || {};
  const settings = Object.assign({}, flow.settings);

  settings.notify = addresses(settings.notify).filter((address) => !options.sandbox || address.endsWith(`@${OWN_DOMAIN}`));
  settings.startDate = startDate(settings.startDate, before.startDate);
  settings.batchSize = batchSize(settings.batchSize);
  return Object.assign({}, flow, { name: String(flow.name || "Orders").trim(), settings });
}

function addresses(value) {
  const entries = Array.isArray(value) ? value : String(value || "").split(/[;,\s]+/);
  const list = entries.map((entry) => String(entry).trim().toLowerCase());
  const wrong = list.filter((entry) => entry && !/^[^@\s]+@[^@\s]+\.[a-z]{2,}$/.test(entry));
  if (wrong.length > 0) throw new Error(`Not an e-mail address: ${wrong.join(", ")}.`);
  return Array.from(new Set(list.filter(Boolean)));
}

function startDate(value, saved) {
  if (!value) return saved || null;
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) throw new Error(`Start date "${value}" is not a date.`);
  if (saved && date > new Date(saved)) {
    throw new Error(`The start date can only move back: orders between ${saved} and ${value} would never be read.`);
  }
  return date.toISOString();
}

function batchSize(value) {
  if (value === undefined || value === null || value === "") return 20;
  const size = Number(value);
  if (!Number.isInteger(size) || size < 1) throw new Error(`Batch size "${value}" is not a whole number above 0.`);
  return Math.min(size, 100);
}
