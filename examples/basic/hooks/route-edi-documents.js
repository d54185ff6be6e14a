/*
 * Hook point: contentBasedFlowRouter, on the AS2 connection that all trading partners share.
 *
 * Finds out what a message is (X12: ISA and ST, EDIFACT: UNB and UNH) and names the flow and the listener that
 * take it. Listeners are known by their external ids, as ids differ between sandbox and production. The sender
 * is taken from the AS2 header, as envelopes are sometimes those of the partner's VAN. A message that is marked
 * as a test goes to the test flow. Throwing refuses the message, and the partner gets a negative MDN.
 *
 * options.httpHeaders    - the request's headers: as2-from, as2-to, ...
 * options.mimeHeaders    - the headers of the MIME part with the message
 * options.rawMessageBody - the decrypted message
 */
import { exports, flows } from "integrator-api";

function routeEdiDocument(options) {
  const body = String(options.rawMessageBody || "").replace(/^\uFEFF/, "").trimStart();
  const document = body.slice(0, 3) === "ISA" ? readX12(body) : /^UN[AB]/.test(body) ? readEdifact(body) : null;
  if (!document || !document.type) {
    throw new Error("The message is neither X12 nor EDIFACT: no ISA, UNA or UNB segment with a document.");
  }

  const sender = header(options.httpHeaders, "as2-from") || document.sender;
  if (document.test) return routeTo("edi-test");

  const listeners = Object.assign({}, LISTENERS["*"], LISTENERS[sender]);
  const listener = listeners[document.type];
  if (!listener) throw new Error(`No flow takes document ${document.type} from ${sender || "an unknown sender"}.`);
  return routeTo(listener);
}

// The external id of the listener that takes a document, by sender and type.
const LISTENERS = {
  "*": {
    850: "edi-850", // purchase order
    860: "edi-860", // change of a purchase order
    820: "edi-820", // remittance advice
    945: "edi-945", // warehouse shipping advice
    997: "edi-997", // functional acknowledgment
    ORDERS: "edi-orders",
    DESADV: "edi-desadv",
  },
  // The marketplace's purchase orders are drop-ship orders, and have a flow of their own.
  MARKETPLACE_AS2: { 850: "edi-850-dropship" },
};

// The listener of that external id, and the flow that it begins.
function routeTo(externalId) {
  const listener = exports.find({ externalId })[0];
  if (!listener) throw new Error(`There is no export with the external id "${externalId}".`);
  const begins = (flow) => (flow.pageGenerators || []).some((generator) => generator._exportId === listener._id);
  const flow = flows.find().find(begins);
  if (!flow) throw new Error(`No flow begins with the listener "${externalId}".`);
  return { _flowId: flow._id, _exportId: listener._id };
}

// ISA has a fixed length, so that its own separators can be read from it: the 4th character and the 106th.
function readX12(body) {
  const separator = body.charAt(3);
  const terminator = body.charAt(105);
  if (!separator || !terminator) return null;
  const segments = body.split(terminator).map((segment) => segment.trim().split(separator));
  const isa = segments[0];
  const st = segments.find((segment) => segment[0] === "ST");
  return { type: st && st[1], sender: (isa[6] || "").trim(), test: isa[15] === "T" };
}

// UNA is optional and names the separators; without it they are the usual ones.
function readEdifact(body) {
  const una = body.slice(0, 3) === "UNA" ? body.slice(3, 9) : ":+.? '";
  const [component, element, , , , terminator] = una;
  const segments = body
    .replace(/^UNA.{6}/, "")
    .split(terminator)
    .map((segment) => segment.trim().split(element));
  const unb = segments.find((segment) => segment[0] === "UNB") || [];
  const unh = segments.find((segment) => segment[0] === "UNH") || [];
  return { type: (unh[2] || "").split(component)[0], sender: (unb[2] || "").split(component)[0], test: unb[11] === "1" };
}

function header(headers, name) {
  const key = Object.keys(headers || {}).find((candidate) => candidate.toLowerCase() === name);
  return key ? String(headers[key]).replace(/^"|"$/g, "").trim() : "";
}
