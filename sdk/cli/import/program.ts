import { existsSync, readFileSync } from "node:fs";
import { CeligoError } from "../../../provider/errors";
import { jsonOf, oneLine } from "../../../provider/text";
import { type Entry, type Language, modulePathIn, shownPath } from "../project/entry";
import type { Stack } from "../pulumi";

/** The declaration of a script in the program. */
export interface Declaration {
  /** Celigo's id. */
  readonly id: string;
  readonly logicalName: string;
  /** The file name in the folder of the scripts. */
  readonly file: string;
  /** The arguments besides the content, without those at their default. */
  readonly args: Readonly<Record<string, string | boolean>>;
  /** Remarks for the reader, one a line. */
  readonly notes: readonly string[];
}

/** Begins the comment above each declaration. A later import finds the declared scripts by it. */
const mark = "// Celigo id ";

/**
 * Returns the text of a program that declares scripts.
 *
 * @param folder The folder of the scripts, relative to the one that the program runs in, with `/`.
 */
export function programOf(
  declarations: readonly Declaration[],
  folder: string,
  language: Language = "typescript",
): string {
  const isCommonJs = language === "commonjs";
  const lineFor = (name: string, required: string, imported: string) =>
    isCommonJs ? `const ${required} = require(${jsonOf(name)});` : `import ${imported} from ${jsonOf(name)};`;
  return withDeclarations(
    `${lineFor("@pulumi/pulumi", "pulumi", "* as pulumi")}
${lineFor("pulumi-celigo", "{ Script }", "{ Script }")}

/** A file of a script; the path is relative to the folder that Pulumi runs the program in. */
const file = (name${language === "typescript" ? ": string" : ""}) => new pulumi.asset.FileAsset(${JSON.stringify(`${folder}/`)} + name);
`,
    declarations,
  );
}

/** Adds declarations to the end of a program. */
export function withDeclarations(text: string, declarations: readonly Declaration[]): string {
  const whole = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  return [whole, ...declarations.map(declarationOf)].join("\n");
}

/** Returns the logical names of the scripts that a program declares, by id. */
export function declaredIn(text: string): Map<string, string> {
  const found = new Map<string, string>();
  const declarations =
    /^\/\/ Celigo id ([0-9a-f]{24})\b[^\n]*\n(?:\/\/[^\n]*\n)*[^\n]*\bnew Script\(\s*("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')/gm;
  for (const [, id = "", literal = '""'] of text.matchAll(declarations)) {
    // Loaded here: at the top, it would be a tenth of the start of every command.
    const { parseExpressionAt } = require("acorn") as typeof import("acorn");
    const { value } = parseExpressionAt(literal, 0, { ecmaVersion: "latest" }) as { readonly value?: unknown };
    found.set(id, String(value));
  }
  return found;
}

function declarationOf({ id, logicalName, file, args, notes }: Declaration): string {
  const lines = [
    `${mark}${id}`,
    ...notes.map((note) => `// ${oneLine(note)}`),
    `new Script(${jsonOf(logicalName)}, {`,
    ...Object.entries(args).map(([name, value]) => `  ${name}: ${jsonOf(value)},`),
    `  content: file(${jsonOf(file)}),`,
    "});",
  ];
  return `${lines.join("\n")}\n`;
}

/** The module that declares the scripts, as it is before an import. */
export interface Module {
  readonly path: string;
  /** Its text; empty when it does not exist. */
  readonly text: string;
  /** The logical names of its scripts, by id. */
  readonly declared: ReadonlyMap<string, string>;
}

/** Reads the module in a folder that the program imports. */
export function readModule(folder: string, entry: Entry): Module {
  const path = modulePathIn(folder, entry);
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  return { path, text: text.trim() === "" ? "" : text, declared: declaredIn(text) };
}

/** Asserts that declarations can be added to a module: an earlier import made it, or it has what they need. */
export function assertCanTakeMore({ path, text }: Module): void {
  const hasScript = /\bScript\b[^;]*(?:\bfrom|\brequire\()\s*["']pulumi-celigo["']/.test(text);
  const hasFile =
    /\b(?:const|let|var)\s+file\s*=\s*(?:\(|\w+\s*=>|function\b)|\bfunction\s+file\s*\(|\bimport\b[^;]*\bfile\b[^;]*\bfrom\b/;
  if (text !== "" && !(hasScript && hasFile.test(text))) {
    throw new CeligoError({
      subject: "could not begin the import",
      reason: `${shownPath(path)} was not made by an import, and nothing was changed`,
      hint: "Give another folder with --out, or add to the file what a declaration needs: the import of Script from pulumi-celigo, and the function file.",
    });
  }
}

/**
 * Asserts that a module declares scripts of the account.
 *
 * @param known The ids of the scripts in the account or in the state of the stack.
 * @param stackName The stack's name, if given.
 */
export function assertSameAccount(
  { path, declared }: Module,
  known: ReadonlySet<string>,
  stack: Stack,
  stackName?: string,
): void {
  if (declared.size > 0 && ![...declared.keys()].some((id) => known.has(id))) {
    const up = `CELIGO_ON_NAME_TAKEN=adopt pulumi up${stackName === undefined ? "" : ` --stack ${stackName}`}`;
    throw new CeligoError({
      subject: `could not import into ${stack.label}`,
      reason: `${shownPath(path)} declares the scripts of another account, and nothing was changed`,
      hint: `To adopt its scripts by name, look with pulumi-celigo compare, then run ${up}. To declare this account's scripts beside it, give another folder with --out.`,
    });
  }
}
