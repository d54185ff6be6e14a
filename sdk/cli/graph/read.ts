import type { ScriptDependencies } from "../../../provider/api/client";
import { printable } from "../../../provider/text";
import type { Account } from "../account";
import { matching } from "../match";
import { inQueue, listDependents, listNames } from "../records";
import { type Graph, type GraphScript, graphOf } from "./model";

/** Which scripts of the account to show. */
export interface Selection {
  /** Only those in the state of the account's stack. */
  readonly ofStack: boolean;
  /** Only those whose name, or logical name in the stack, matches. */
  readonly match?: RegExp | undefined;
}

/** Reads the scripts and the dependents of each, several at a time. */
export async function readGraph(account: Account, { ofStack, match }: Selection): Promise<Graph> {
  const all = await listNames(account.client);
  const scripts: readonly GraphScript[] = ofStack ? await scriptsOfStack(account, all) : all;
  const namesOf = ({ name, logicalName }: GraphScript) => [name, ...(logicalName === undefined ? [] : [logicalName])];
  const meant = matching(scripts, match, namesOf, "could not show what uses which scripts");
  const uses = new Map<GraphScript, ScriptDependencies>(meant.map((script) => [script, {}]));
  await inQueue(account.client, meant, async (script) => {
    uses.set(script, await listDependents(account.client, script));
  });
  return graphOf(uses);
}

/** Returns the scripts of the stack under their current names. Notes those that the account no longer has. */
async function scriptsOfStack({ stack }: Account, all: readonly GraphScript[]): Promise<GraphScript[]> {
  const live = new Map(all.map((script) => [script.id, script]));
  const found = new Map<string, GraphScript>();
  for (const { id, logicalName } of (await stack?.scripts()) ?? []) {
    const script = live.get(id);
    if (script) {
      found.set(id, { ...script, logicalName });
    } else {
      const where = `is in the state of ${stack?.label}, but not in the account`;
      console.error(`note: "${printable(logicalName)}" (${printable(id)}) ${where}: left out.`);
    }
  }
  return [...found.values()];
}
