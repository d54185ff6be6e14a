/*
 * Hook point: postAggregate, on the import that uploads the inventory file to the 3PL's SFTP server.
 *
 * The 3PL reads only files that are named INV_<warehouse>_<yyyymmdd>_<number>.csv and drops all others without
 * a word. So a failed upload, or a name that would be dropped, stops the flow here: throwing signals a fatal
 * error. Nothing is returned.
 *
 * options.postAggregateData - success, _json (the file that was written), code, message, source
 * options.settings          - custom settings; import.warehouses, the warehouse codes that the 3PL knows
 */
function confirmInventoryFile(options) {
  const result = options.postAggregateData || {};
  if (!result.success) {
    const reason = [result.code, result.message].filter(Boolean).join(": ") || "no reason given";
    throw new Error(`The inventory file was not uploaded (${reason}). The 3PL keeps yesterday's stock.`);
  }

  const name = fileNameOf(result._json);
  const match = /^INV_([A-Z0-9]{2,6})_(\d{4})(\d{2})(\d{2})_\d{1,6}\.csv$/.exec(name);
  if (!match) throw new Error(`The 3PL would drop the file "${name}": its name must be INV_<warehouse>_<yyyymmdd>_<number>.csv.`);

  const [, warehouse, year, month, day] = match;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) {
    throw new Error(`The 3PL would drop the file "${name}": ${year}-${month}-${day} is not a date.`);
  }

  const known = ((options.settings && options.settings.import) || {}).warehouses;
  if (Array.isArray(known) && known.indexOf(warehouse) === -1) {
    throw new Error(`The 3PL does not know warehouse ${warehouse}: its codes are ${known.join(", ")}.`);
  }
  console.log(`Inventory of ${warehouse} uploaded as ${name}.`);
}

// The name stands in different places for SFTP, S3 and file storages, sometimes with its folder.
function fileNameOf(json) {
  const file = Array.isArray(json) ? json[0] : json;
  const path = (file && (file.fileName || file.name || file.path)) || "";
  return String(path).split("/").pop();
}