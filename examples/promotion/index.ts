import * as pulumi from "@pulumi/pulumi";
import { ScriptFolder } from "pulumi-celigo";

/** The environments, in the order in which a script goes through them; each is a stack of this project. */
const stages = ["dev", "staging", "prod"];

const config = new pulumi.Config();
const stage = pulumi.getStack();
// A stack with a mistyped name would have no gate, so it is refused.
if (!stages.includes(stage)) {
  throw new pulumi.RunError(
    `the stack "${stage}" is no stage: it is none of ${stages.join(", ")}, which index.ts lists`,
  );
}
const before = stages[stages.indexOf(stage) - 1];

// The way around the gate, for an urgent fix. It leaves its trace in Pulumi.<stack>.yaml, in the stack's outputs and
// history, and in a warning of every run until it is removed:
//   pulumi config set urgentFix "INC-4711: refunds are sent twice"
const urgentFix = config.get("urgentFix");
if (urgentFix) {
  void pulumi.log.warn(`the promotion gate is open: ${urgentFix}. To close it: pulumi config rm urgentFix`);
}

const approved =
  before === undefined || urgentFix
    ? undefined
    : new pulumi.StackReference(`${pulumi.getOrganization()}/${pulumi.getProject()}/${before}`).getOutput("codeHashes");

const hooks = new ScriptFolder("hooks", {
  path: "hooks",
  scripts: ({ path }) => ({
    // Only the very text that the stage before this one runs; a file that it does not have is refused, too.
    expectedCodeHash: approved?.apply((hashes?: Record<string, string>) => hashes?.[path]),
    // Ids differ between environments: the text has a key, and each stage its value.
    substitutions: path === "returns/route-returns.js" ? { returnsFlowId: config.require("returnsFlowId") } : undefined,
  }),
});

export const gate = urgentFix ? `open: ${urgentFix}` : before ? `only what ${before} runs` : "none: the first stage";
export const { ids, contentHashes, codeHashes } = hooks;
