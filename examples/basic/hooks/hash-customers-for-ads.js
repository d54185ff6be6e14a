/*
 * Hook point: transform, on the export that feeds the ad networks' customer match.
 *
 * The ad networks take personal data only as SHA-256 of its normal form: e-mail in lower case, phone as E.164,
 * names without punctuation. What leaves this step holds the hashes, country and postal code, and nothing
 * that names a person. A customer who has not agreed to marketing leaves as an id with optedOut.
 *
 * options.record   - the customer
 * options.settings - custom settings; export.defaultCallingCode (default "1") for phones without one
 */
import sjcl from "sjcl";

function hashCustomer(options) {
  const customer = options.record;
  if (!customer || typeof customer !== "object") return customer;
  if (!hasConsent(customer)) return { external_id: hash(customer.id), optedOut: true };

  const settings = (options.settings && options.settings.export) || {};
  const address = customer.default_address || {};
  return {
    external_id: hash(customer.id),
    optedOut: false,
    em: hash(String(customer.email || "").trim().toLowerCase()),
    ph: hash(toE164(customer.phone || address.phone, settings.defaultCallingCode || "1")),
    fn: hash(nameOf(customer.first_name)),
    ln: hash(nameOf(customer.last_name)),
    zip: String(address.zip || "").trim().toLowerCase().replace(/^(\d{5})-\d{4}$/, "$1") || null,
    country: String(address.country_code || "").toLowerCase() || null,
  };
}

function hasConsent(customer) {
  const consent = customer.email_marketing_consent;
  return consent ? consent.state === "subscribed" : customer.accepts_marketing === true;
}

// null, not the hash of nothing: that one would match everybody who has left the field empty.
function hash(value) {
  if (value === undefined || value === null || value === "") return null;
  return sjcl.codec.hex.fromBits(sjcl.hash.sha256.hash(String(value)));
}

function toE164(phone, callingCode) {
  const text = String(phone || "").trim();
  const digits = text.replace(/\D/g, "");
  if (digits.length < 7) return null;
  if (text.charAt(0) === "+") return `+${digits}`;
  if (digits.slice(0, 2) === "00") return `+${digits.slice(2)}`;
  const national = digits.replace(/^0/, "");
  const hasCode = callingCode === "1" && national.length === 11 && national.charAt(0) === "1";
  return hasCode ? `+${national}` : `+${callingCode}${national}`;
}

function nameOf(name) {
  return String(name || "").toLowerCase().replace(/[\s.,'’-]/g, "");
}
