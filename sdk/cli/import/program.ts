import { parseExpressionAt } from "acorn";
import { jsonOf, oneLine } from "../../../provider/text";
import type { Language } from "../project/entry";

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

/** Tells whether a program has what new declarations need. */
export function canTakeMore(text: string): boolean {
  const hasScript = /\bScript\b[^;]*(?:\bfrom|\brequire\()\s*["']pulumi-celigo["']/.test(text);
  const hasFile =
    /\b(?:const|let|var)\s+file\s*=\s*(?:\(|\w+\s*=>|function\b)|\bfunction\s+file\s*\(|\bimport\b[^;]*\bfile\b[^;]*\bfrom\b/;
  return hasScript && hasFile.test(text);
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
