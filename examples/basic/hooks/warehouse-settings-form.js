/*
 * Hook point: formInit, of the settings form on the order flow.
 *
 * Builds the form from what the integration knows: the warehouses are read from the integration's settings, so
 * that a new one turns up in every flow's list; the 3PL section shows only when the licence covers it; a
 * sandbox gets a dry-run switch that is on by default. Values that were saved before stay.
 *
 * options.resource       - the flow whose settings are viewed
 * options.parentResource - its integration
 * options.license        - the integration app's licence, if it is one
 * options.sandbox        - true in the sandbox
 */
function warehouseSettingsForm(options) {
  const flow = options.resource || {};
  const saved = flow.settings || {};
  const warehouses = listWarehouses(options.parentResource);
  const form = copyOf(flow.settingsForm && flow.settingsForm.form);

  add(form, {
    id: "warehouse",
    type: "select",
    label: "Ships from",
    helpText: warehouses.length > 0 ? "The warehouse whose stock is sold." : "Add warehouses in the settings of the integration first.",
    required: warehouses.length > 0,
    options: [{ items: warehouses }],
    defaultValue: pick(saved.warehouse, warehouses),
  });
  add(form, {
    id: "cutoffHour",
    type: "text",
    label: "Cut-off hour",
    helpText: "Orders after this hour (0 to 23, warehouse time) ship on the next working day.",
    validWhen: { matchesRegEx: { pattern: "^([01]?[0-9]|2[0-3])$", message: "Must be an hour from 0 to 23." } },
    defaultValue: saved.cutoffHour === undefined ? "14" : String(saved.cutoffHour),
  });
  if (coversThirdPartyLogistics(options.license)) {
    add(form, {
      id: "threePlCode",
      type: "text",
      label: "Warehouse code at the 3PL",
      required: false,
      defaultValue: saved.threePlCode || "",
    });
  }
  if (options.sandbox) {
    add(form, {
      id: "dryRun",
      type: "checkbox",
      label: "Dry run: prepare shipments, but do not book them",
      defaultValue: saved.dryRun !== false,
    });
  }
  return form;
}

function listWarehouses(integration) {
  const warehouses = (integration && integration.settings && integration.settings.warehouses) || [];
  return (Array.isArray(warehouses) ? warehouses : [])
    .filter((warehouse) => warehouse && warehouse.code && warehouse.active !== false)
    .map((warehouse) => ({ label: warehouse.name || warehouse.code, value: warehouse.code }))
    .sort((a, b) => (a.label < b.label ? -1 : a.label > b.label ? 1 : 0));
}

// A warehouse that is gone must be chosen anew; a single one needs no choosing.
function pick(savedCode, warehouses) {
  if (warehouses.some((warehouse) => warehouse.value === savedCode)) return savedCode;
  return warehouses.length === 1 ? warehouses[0].value : "";
}

function coversThirdPartyLogistics(license) {
  return !license || ["premium", "enterprise"].includes(String(license.tier || "").toLowerCase());
}

function copyOf(form) {
  const copy = form ? JSON.parse(JSON.stringify(form)) : {};
  copy.fieldMap = copy.fieldMap || {};
  copy.layout = copy.layout || {};
  copy.layout.fields = copy.layout.fields || [];
  return copy;
}

function add(form, field) {
  form.fieldMap[field.id] = Object.assign({ name: field.id }, field);
  if (!form.layout.fields.includes(field.id)) form.layout.fields.push(field.id);
}
