import { CeligoClient, isId } from "../../provider/api/client";
import { type Configuration, readConfiguration, settings } from "../../provider/config";
import { CeligoError, messageOf } from "../../provider/errors";
import { count, nearest, printable } from "../../provider/text";
import type { AccountOptions } from "./options";
import { type ManagedScript, projectFileAbove, Stack, settingsIn } from "./pulumi";
import { listNames, type NamedScript, readLive } from "./records";

/** The account that a command works on, the same that the provider uses for the stack. */
export interface Account {
  readonly client: CeligoClient;
  /** The stack; absent outside a Pulumi project. */
  readonly stack: Stack | undefined;
}

/** Opens the account with the provider's settings: the environment, then the stack's configuration. */
export async function openAccount(options: AccountOptions): Promise<Account> {
  const stack = stackOf(options);
  return { client: new CeligoClient(await readSettings(stack, options)), stack };
}

/**
 * Finds a script by id, by exact name, or by the logical name of a resource in the stack, in this order.
 *
 * @param listed The scripts of the account, if already read. Without them, an id is not verified.
 * @throws CeligoError when no script, or more than one, has the name.
 */
export async function findScript(
  { client, stack }: Account,
  word: string,
  listed?: readonly NamedScript[],
): Promise<NamedScript> {
  if (isId(word)) {
    const id = word.toLowerCase();
    const found = listed ? listed.find((script) => script.id === id) : { id, name: "" };
    if (found) {
      return found;
    }
    throw new CeligoError({
      subject: `could not find script ${id}`,
      reason: `none of ${count(listed?.length ?? 0, "script")} in the account has that id`,
      hint: "Run pulumi-celigo list to see them.",
      code: "not_found",
    });
  }
  const all = listed ?? (await listNames(client));
  const named = all.filter(({ name }) => name === word);
  if (named.length > 0) {
    return onlyOne(named, word, "scripts have that name");
  }
  const nowhere = new CeligoError({
    subject: `could not find a script named "${word}"`,
    reason: `none of ${count(all.length, "script")} in the account has that name`,
    code: "not_found",
  });
  const managed = stack ? await managedBy(stack, nowhere) : [];
  const meant = managed
    .filter(({ logicalName }) => logicalName === word)
    .map(({ id }) => ({ id, name: all.find((script) => script.id === id)?.name ?? "" }));
  if (stack && meant.length > 0) {
    return onlyOne(meant, word, `resources of ${stack.label} have that logical name`);
  }
  const near = nearest(word, [...all.map(({ name }) => name), ...managed.map(({ logicalName }) => logicalName)]);
  throw nowhere.with({
    reason: `${nowhere.reason}${stack ? `, and no resource of ${stack.label}` : ""}`,
    hint: near === undefined ? "Run pulumi-celigo list to see them." : `Did you mean "${near}"?`,
  });
}

/**
 * Returns a script that is about to be changed with its name. Reads it where only the id is known.
 *
 * @throws CeligoError when it does not exist, or is in the recycle bin.
 */
export async function liveScript(client: CeligoClient, { id, name }: NamedScript): Promise<NamedScript> {
  return { id, name: name || ((await readLive(client, id)).name ?? "") };
}

/** Returns a script's name and id for a message. */
export function labelOf({ id, name }: NamedScript): string {
  return `"${printable(name)}" (${id})`;
}

/** Returns the only script of a list, or throws. */
function onlyOne(scripts: readonly NamedScript[], word: string, what: string): NamedScript {
  const [found, ...others] = scripts;
  if (found && others.length === 0) {
    return found;
  }
  const ids = scripts.map(({ id }) => id).sort();
  throw new CeligoError({
    subject: `could not find a script named "${word}"`,
    reason: `${ids.length} ${what}: ${ids.join(", ")}`,
    hint: "Give the id.",
  });
}

/** Lists the scripts of the stack. */
async function managedBy(stack: Stack, nowhere: CeligoError): Promise<ManagedScript[]> {
  try {
    return await stack.scripts();
  } catch (error) {
    const reason = `${nowhere.reason}, and the logical names could not be read: ${messageOf(error)}`;
    throw nowhere.with({ reason });
  }
}

function stackOf({ cwd, stack }: AccountOptions): Stack | undefined {
  return stack === undefined && projectFileAbove(cwd) === undefined ? undefined : new Stack(cwd, stack);
}

/**
 * Reads the settings. With token and address in the environment it needs no Pulumi CLI. A region is not enough: an address in
 * the stack's configuration would win over it.
 */
async function readSettings(stack: Stack | undefined, { stack: asked }: AccountOptions): Promise<Configuration> {
  const isSet = (name: keyof typeof settings) => Boolean(process.env[settings[name]]?.trim());
  if (!stack || (isSet("apiToken") && isSet("baseUrl"))) {
    return readConfiguration(() => undefined);
  }
  try {
    return readConfiguration(settingsIn(await stack.configuration()));
  } catch (error) {
    // Without a selected stack, a token in the environment is enough.
    const isNoneSelected = error instanceof CeligoError && /no stack selected/i.test(error.reason);
    if (asked === undefined && isSet("apiToken") && isNoneSelected) {
      console.error(`note: ${error.message} Using the environment only.`);
      return readConfiguration(() => undefined);
    }
    throw error;
  }
}
