import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Script } from "pulumi-celigo";

/** Every hook of the integration: the file below `hooks/`, and what it is for. */
const hooks: Readonly<Record<string, string>> = {
  "normalize-orders": "preSavePage: brings Shopify orders into the one shape that every later step works with.",
  "dedupe-customers": "preMap: marks customers that occur twice on a page, so that NetSuite creates them once.",
  "transliterate-addresses": "preMap: writes addresses in the letters that the carrier's label printer knows.",
  "set-ship-dates": "postMap: sets the dates by which the warehouse has to ship and the customer is to have it.",
  "explain-netsuite-errors": "postSubmit: rewrites NetSuite's errors for the people who work the error queue.",
  "confirm-inventory-file": "postAggregate: checks the inventory file's name and size before the 3PL gets it.",
  "pick-cheapest-rate": "postResponseMap: chooses the cheapest carrier service that arrives in time.",
  "skip-unfulfillable-orders": "filter: lets only those orders through that the warehouse can work on.",
  "track-shipments": "input_filter and postResponseMap: asks for tracking numbers where they are missing.",
  "hash-customers-for-ads": "transform: gives the ad networks hashes instead of personal data.",
  "route-by-warehouse": "branching: sends each order to the warehouses that hold its lines.",
  "order-status-api": "handleRequest: answers the shop's page “Where is my order?”.",
  "route-edi-documents": "contentBasedFlowRouter: hands EDI messages to the flow of their kind.",
  "warehouse-settings-form": "formInit: builds the settings form from the warehouses that there are.",
  "guard-flow-settings": "preSave: refuses settings that would leave orders out.",
  "check-install-connections": "step: ends the installation only when every connection works.",
};

// As text: the state holds the code, and a preview shows which lines change.
const scripts = Object.entries(hooks).map(
  ([name, description]) =>
    new Script(name, { content: readFileSync(join(__dirname, "hooks", `${name}.js`), "utf8"), description }),
);

// As a file: the state holds a path and a hash only, which keeps it small for large scripts.
const regions = new Script("standardize-regions", {
  name: "Standardize countries and states",
  description: "transform: writes countries and states by their ISO codes, wherever they come from.",
  content: new pulumi.asset.FileAsset("hooks/standardize-regions.js"),
});

export const ids = pulumi
  .all([...scripts, regions].map(({ name, id }) => pulumi.all([name, id])))
  .apply(Object.fromEntries);
export const regionsHash = regions.contentHash;
