import * as pulumi from "@pulumi/pulumi";
import { Shown } from "../provider/shown";

let shown: Shown | undefined;

/** Warns once in `pulumi up`: in its preview, if it has one. */
export function warnOnce(message: string, place?: pulumi.Resource): void {
  shown ??= new Shown(`${pulumi.getStack()}::${pulumi.getProject()} program`);
  if (shown.isDue(message, pulumi.runtime.isDryRun())) {
    void pulumi.log.warn(message, place);
  }
}
