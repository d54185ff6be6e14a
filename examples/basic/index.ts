import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Script } from "pulumi-celigo";

/** The hooks that are deployed as text: the file below `hooks/`, and what it does. */
const hooks: Readonly<Record<string, string>> = {
  "transliterate-addresses": "preMap: writes addresses in the letters that the carrier's label printer knows.",
  "explain-netsuite-errors": "postSubmit: rewrites NetSuite's errors for the people who work the error queue.",
  "skip-unfulfillable-orders": "filter: keeps orders that the warehouse can't work on out of the flow.",
  "hash-customers-for-ads": "transform: gives the ad networks hashes instead of personal data.",
  "route-by-warehouse": "branching: sends each order to the warehouses that hold its lines.",
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
