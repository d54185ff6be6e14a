import * as pulumi from "@pulumi/pulumi";
import { refusal } from "./preflight";
import { isMocked } from "./runtime";

/** Which resource manages a script. */
interface Owner {
  readonly urn: string;
  readonly logicalName: string;
}

/** Owners by the scripts' ids, for each run: one process may run several programs. */
const runs = new WeakMap<object, Map<string, Owner>>();

/**
 * Stops the program when two resources of it manage one script: each would undo what the other does, run after run. A
 * provider cannot tell, since Pulumi does not say for which resource it asks.
 */
export function claim(resource: pulumi.CustomResource, logicalName: string): void {
  const run = pulumi.runtime.getStackResource();
  if (!run || isMocked()) {
    return;
  }
  const owners = runs.get(run) ?? new Map<string, Owner>();
  runs.set(run, owners);
  pulumi.all([resource.urn, resource.id]).apply(([urn, id]) => {
    const other = owners.get(id);
    if (other && other.urn !== urn) {
      throw refusal(
        `script "${logicalName}": it is the script ${id}, which "${other.logicalName}" of this program manages, too: each ` +
          "undoes what the other does. Take the one that came later out of the state (pulumi state delete), and give it " +
          'another name or onNameTaken: "create".',
        resource,
      );
    }
    owners.set(id, { urn, logicalName });
  });
}
