import * as pulumi from "@pulumi/pulumi";
import { ScriptFolder } from "pulumi-celigo";
import stages from "./stages.json";

const config = new pulumi.Config();
const stage = pulumi.getStack();
if (!stages.includes(stage)) {
  // Without a place in the list, the stack would have no gate.
  throw new pulumi.RunError(
    `the stack "${stage}" is not a stage. Add it to stages.json, or select ${stages.join(", ")}.`,
  );
}
const before = stages[stages.indexOf(stage) - 1];

// An urgent fix passes the gate alone. It is recorded in Pulumi.<stack>.yaml and in the output "gate":
//   pulumi config set urgentFix "hooks/round-prices.js: INC-4711, refunds are sent twice"
const [urgent = "", reason = ""] = (config.get("urgentFix") ?? "").split(/:(.*)/s);
const urgentFiles = urgent
  .split(",")
  .map((file) => file.trim())
  .filter(Boolean);
if (urgentFiles.length > 0 && reason.trim() === "") {
  throw new pulumi.RunError(`urgentFix needs a reason: pulumi config set urgentFix "${urgent}: why"`);
}

// Always referenced: the state of the scripts depends on it, also while a fix passes.
const approved = before
  ? new pulumi.StackReference(`${pulumi.getOrganization()}/${pulumi.getProject()}/${before}`).getOutput("codeHashes")
  : undefined;

const hooks = new ScriptFolder("hooks", {
  path: "hooks",
  scripts: ({ path }) => ({
    // Only the code that the stage before this one runs. A file that it does not have is blocked too.
    expectedCodeHash: urgentFiles.includes(`hooks/${path}`)
      ? undefined
      : approved?.apply((hashes?: Record<string, string>) => hashes?.[path]),
    // Ids differ between environments: the code has a key, and each stage its value.
    substitutions: path === "returns/route-returns.js" ? { returnsFlowId: config.require("returnsFlowId") } : undefined,
  }),
});
const unknownFiles = urgentFiles.filter((file) => !Object.keys(hooks.scripts).some((path) => `hooks/${path}` === file));
if (unknownFiles.length > 0) {
  throw new pulumi.RunError(`urgentFix names ${unknownFiles.join(", ")}, and there is no such file`);
}
if (urgentFiles.length > 0) {
  void pulumi.log.warn(`the promotion gate lets ${urgent}:${reason} pass. To close it: pulumi config rm urgentFix`);
}

export const gate = !before
  ? "none: the first stage"
  : `only what ${before} runs${urgent && `, and ${urgent}:${reason}`}`;
export const { ids, contentHashes, codeHashes } = hooks;
