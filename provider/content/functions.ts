import { parseScript, topLevelFunctions } from "./syntax";

/** What a script offers to those who call it: functions by name, and the first one where they give none. */
async function functionsOf(text: string): Promise<readonly string[] | undefined> {
  const { program } = await parseScript(text);
  return program && topLevelFunctions(program).map(({ name }) => name);
}

/** Returns the name of the function that Celigo calls where it is given none: the first one at the top level. */
export async function firstFunction(text: string): Promise<string | undefined> {
  return (await functionsOf(text))?.[0];
}

/**
 * Returns the top-level functions of a script that another text lacks, in their order. Nothing is missing where one of
 * the texts is not valid.
 */
export async function missingFunctions(before: string, after: string): Promise<readonly string[]> {
  const [had, has] = await Promise.all([functionsOf(before), functionsOf(after)]);
  return has ? (had ?? []).filter((name) => !has.includes(name)) : [];
}
