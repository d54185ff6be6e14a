import { ScriptFolder } from "pulumi-celigo";
import { bundle } from "./bundle";

const hooks = new ScriptFolder("hooks", {
  path: "hooks",
  include: ["**/*.ts"],
  exclude: ["shared/**"],
  transform: bundle,
});

export const { ids, codeHashes } = hooks;
