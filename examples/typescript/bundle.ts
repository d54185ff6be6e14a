import { dirname, resolve } from "node:path";
import { buildSync } from "esbuild";
import type { ScriptFile } from "pulumi-celigo";
import * as ts from "typescript";

/** The modules that Celigo offers. All others become part of the script. */
const external = ["dayjs", "integrator-api", "sjcl"];

/** Bundles a hook file and the modules that it imports into one readable script. */
export function bundle(text: string, { file }: Pick<ScriptFile, "file">): string {
  const { outputFiles } = buildSync({
    stdin: { contents: text, sourcefile: file, resolveDir: resolve(dirname(file)), loader: "ts" },
    bundle: true,
    charset: "utf8",
    external,
    format: "esm",
    logLevel: "silent",
    target: "es2020",
    write: false,
  });
  return `// Built from ${file}. Edit that file, not this script.\n\n${arrange(outputFiles[0].text)}`;
}

/**
 * Puts the exported functions first, in the order of the file: Celigo calls the first function when a step names none.
 * JavaScript hoists imports and functions, so the code runs as before. The exports go, since Celigo calls by name.
 */
function arrange(code: string): string {
  const { statements } = ts.createSourceFile("bundle.js", code, ts.ScriptTarget.Latest);
  const exported = statements.filter(ts.isExportDeclaration).flatMap(namesOf);
  const nameOf = (statement: ts.Statement) => (ts.isFunctionDeclaration(statement) && statement.name?.text) || "";
  const hooks = statements.filter((statement) => exported.includes(nameOf(statement)));
  const other = exported.find((name) => !hooks.map(nameOf).includes(name));
  if (other !== undefined) {
    throw new Error(`${other} is no function declaration. Write: export function ${other}(options) { … }`);
  }
  const imports = statements.filter(ts.isImportDeclaration);
  const moved = new Set<ts.Statement>([...imports, ...hooks, ...statements.filter(ts.isExportDeclaration)]);
  const ordered = [...imports, ...hooks, ...statements.filter((statement) => !moved.has(statement))];
  return `${ordered.map(({ pos, end }) => withoutPath(code.slice(pos, end))).join("\n\n")}\n`;
}

/** Returns the names that a bundle exports, which must be those of its functions. */
function namesOf({ exportClause }: ts.ExportDeclaration): readonly string[] {
  const exported = exportClause && ts.isNamedExports(exportClause) ? [...exportClause.elements] : [];
  return exported.map(({ name, propertyName }) => {
    if (propertyName && propertyName.text !== name.text) {
      throw new Error(`"${name.text}" would be called ${propertyName.text} in the bundle. Give it a name of its own.`);
    }
    return name.text;
  });
}

/** Leaves out the comment in which esbuild names the file of the code that follows. */
function withoutPath(code: string): string {
  return code.trim().replace(/^\/\/ [^\n]*\n/, "");
}
