import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { addCommand, type CommandDefinition } from "../../sdk/cli/command";
import { documents, repositoryRoot } from "../engine/repository";

const root = repositoryRoot();
const { commands } = createRequire(__filename)(join(root, "dist", "sdk", "cli", "main.js")) as {
  readonly commands: readonly CommandDefinition[];
};

/** Returns the error of a command line, if it has one; nothing is run. */
async function usageErrorOf(words: readonly string[]): Promise<string | undefined> {
  const program = new Command("pulumi-celigo").version("0").enablePositionalOptions().exitOverride();
  program.configureOutput({ writeErr: () => {}, writeOut: () => {} });
  for (const command of commands) addCommand(program, idle(command));
  try {
    await program.parseAsync(words, { from: "user" });
    return undefined;
  } catch (error) {
    return (error as { exitCode?: number }).exitCode === 0 ? undefined : String(error);
  }
}

function idle({ run, subcommands = [], ...definition }: CommandDefinition): CommandDefinition {
  return { ...definition, subcommands: subcommands.map(idle), ...(run && { run: async () => {} }) };
}

/** Finds the command lines of a text of the shell, without what a pipe, a redirection or a comment adds. */
function callsIn(shell: string): string[][] {
  const calls = [...shell.matchAll(/(?:^|npx +)pulumi-celigo ((?:'[^']*'|"[^"]*"|[^\n#|>;&])*)/gm)];
  return calls.map(([, words = ""]) =>
    [...words.matchAll(/'([^']*)'|"([^"]*)"|\S+/g)].map(([word, single, double]) => single ?? double ?? word),
  );
}

function optionsOf({ options = [], subcommands = [] }: CommandDefinition): string[] {
  return [...options.map(({ long }) => long ?? ""), ...subcommands.flatMap(optionsOf)];
}

describe("the command lines that are shown", () => {
  it.each(documents())("can be run as they are: %s", async (path) => {
    const blocks = [...readFileSync(join(root, path), "utf8").matchAll(/^```(?:sh|bash)\n([\s\S]*?)^```$/gm)];
    for (const words of blocks.flatMap(([, block = ""]) => callsIn(block))) {
      expect([words, await usageErrorOf(words)]).toEqual([words, undefined]);
    }
  });

  it("can be run as they are: the examples of --help", async () => {
    const examplesOf = ({ examples = [], subcommands = [] }: CommandDefinition): string[] => [
      ...examples,
      ...subcommands.flatMap(examplesOf),
    ];
    const examples = commands.flatMap(examplesOf);
    expect(examples.length).toBeGreaterThan(20);
    for (const words of examples.flatMap((example) => callsIn(`pulumi-celigo ${example}`))) {
      expect([words, await usageErrorOf(words)]).toEqual([words, undefined]);
    }
  });

  it("are checked: a wrong one is found", async () => {
    expect(await usageErrorOf(["list", "--mach", "a"])).toContain("unknown option '--mach'");
    expect(callsIn("npx pulumi-celigo get \"a b\" > 'c' # pulumi-celigo\n")).toEqual([["get", "a b"]]);
  });
});

describe("sdk/cli/README.md", () => {
  const text = readFileSync(join(root, "sdk", "cli", "README.md"), "utf8");

  it("shows every command and every option", () => {
    for (const command of commands) {
      expect(text).toContain(`npx pulumi-celigo ${command.name}`);
      for (const option of optionsOf(command)) {
        expect(text, command.name).toMatch(new RegExp(`${option}\\b`));
      }
    }
  });

  it("has links that lead somewhere", () => {
    const headings = [...text.matchAll(/^## (.*)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replace(/[^\w -]/g, "")
        .replaceAll(" ", "-"),
    );
    const anchors = [...text.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor]) => anchor);
    expect(anchors).toEqual(headings);
  });
});
