/*
 * Hook point: step, the last installation step of the integration app.
 *
 * Refuses to finish the installation until everything is in place: the store's address is one of Shopify's,
 * the connection of this step is there and online, and NetSuite is connected as well. Throwing shows the
 * message in the installer and leaves the step open. Nothing is returned.
 *
 * options.formSubmission - what the form of a form step holds: storeUrl
 * options._connectionId  - the connection of a connection step
 * options.resource       - the integration that is being installed
 * options.license        - its licence
 */
import { connections } from 'integrator-api';

function checkInstallConnections(options) {
  const problems = [];
  const form = options.formSubmission;
  if (form) problems.push(...checkStore(form.storeUrl));

  const all = connections.find() || [];
  if (options._connectionId) {
    const own = all.find((connection) => connection._id === options._connectionId);
    if (!own) problems.push('The connection of this step no longer exists.');
    else if (own.offline) problems.push(`Connection "${own.name}" is offline.`);
  }
  if (!all.some((connection) => connection.type === 'netsuite' && !connection.offline)) {
    problems.push('No NetSuite connection is online.');
  }
  if (isExpired(options.license)) problems.push(`The licence ended on ${options.license.expires.slice(0, 10)}.`);

  if (problems.length > 0) {
    const name = (options.resource && options.resource.name) || 'The integration';
    throw new Error(`${name} cannot be installed yet. ${problems.join(' ')}`);
  }
}

function checkStore(storeUrl) {
  const host = String(storeUrl || '').trim().toLowerCase().replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  if (!host) return ['The address of the store is missing.'];
  return /^[a-z0-9][a-z0-9-]*\.myshopify\.com$/.test(host) ? [] : [`"${host}" is not a myshopify.com address.`];
}

function isExpired(license) {
  return Boolean(license && license.expires && Date.parse(license.expires) < Date.now());
}
