import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { hookPoints } from "../../provider/content/hooks";

const root = join(__dirname, "../..");
const file = join(root, "sdk/hooks.ts");

/** The properties of the argument of each exported hook, by the name of its type. */
function optionsByType(): ReadonlyMap<string, readonly string[]> {
  const program = ts.createProgram([file], { strict: true, lib: ["lib.es5.d.ts"], types: [] });
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(file) as ts.SourceFile) as ts.Symbol;
  return new Map(
    checker.getExportsOfModule(module).flatMap((symbol) => {
      const [call] = checker.getDeclaredTypeOfSymbol(symbol).getCallSignatures();
      const options = call?.getParameters().flatMap((parameter) => checker.getTypeOfSymbol(parameter).getProperties());
      return options ? [[symbol.name, options.map(({ name }) => name)]] : [];
    }),
  );
}

function typeOf(hook: string): string {
  return hook.replace(/(?:^|_)[a-z]/g, (start) => start.slice(-1).toUpperCase());
}

describe("the types of hooks", () => {
  const options = optionsByType();

  it("are one for each hook point, whose options have its pages", () => {
    expect([...options.keys()].sort()).toEqual(Object.keys(hookPoints).map(typeOf).sort());
    for (const [name, { pages }] of Object.entries(hookPoints)) {
      expect(options.get(typeOf(name))).toEqual(expect.arrayContaining([...pages]));
    }
  });

  it("have the options that the guide lists for each hook point, with what it must return", () => {
    const guide = readFileSync(join(root, "sdk/README.md"), "utf8");
    const [, section = ""] = guide.split("\n## Write hooks in TypeScript\n");
    const rows = (section.split("\n## ")[0] ?? "").matchAll(/^\| `(\w+)` \| (`\w+`(?:, `\w+`)*) \| (.+) \|$/gm);
    const listed = [...rows].map(([, name, list = "", expected]) => {
      return { name, options: list.replaceAll("`", "").split(", ").sort(), expected };
    });
    const points = Object.entries(hookPoints).map(([name, { expected }]) => {
      return { name, options: options.get(typeOf(name))?.toSorted(), expected };
    });
    expect(listed).toEqual(points);
    expect(listed.length).toBeGreaterThan(10);
  });
});
