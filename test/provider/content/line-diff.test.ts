import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { differenceOf } from "../../../provider/content/line-diff";

const labels = { from: "live", to: "hooks/a.js" };
const head = ["--- live", "+++ hooks/a.js"];

async function linesOf(from: string, to: string): Promise<string[]> {
  return (await differenceOf(from, to, labels))?.split("\n") ?? [];
}

describe("the difference of two texts", () => {
  it("is none when they are the same", async () => {
    expect(await differenceOf("a\n", "a\n", labels)).toBeUndefined();
  });

  it("is a unified diff with three lines of context", async () => {
    const from = Array.from({ length: 20 }, (_, index) => `line ${index}`);
    const to = from.with(10, "changed");
    expect(await linesOf(`${from.join("\n")}\n`, `${to.join("\n")}\n`)).toEqual([
      ...head,
      "@@ -8,7 +8,7 @@",
      ...[" line 7", " line 8", " line 9", "-line 10", "+changed", " line 11", " line 12", " line 13"],
    ]);
  });

  it("says when the last line has no end", async () => {
    expect(await linesOf("a", "a\n")).toEqual([...head, "@@ -1,1 +1,1 @@", "-a", "\\ No newline at end of file", "+a"]);
  });

  it("ends after forty lines, with the number of those that are left", async () => {
    const lines = (mark: string) => Array.from({ length: 100 }, (_, index) => `${mark} ${index}\n`).join("");
    const shown = await linesOf(lines("a"), lines("b"));
    expect(shown).toHaveLength(head.length + 40 + 1);
    expect(shown.at(-1)).toBe("… and 161 more lines");
  });

  it("cuts long lines, and lets nothing steer the terminal", async () => {
    const [, , , , added = ""] = await linesOf("a\n", `\u001b[2J\tb\u202e${"x".repeat(1000)}\n`);
    expect(added).toMatch(/^\+\uFFFD\[2J {4}b\uFFFDx+…$/);
    expect(added.length).toBeLessThan(200);
  });

  it("gives up in time on two long texts that have nothing in common", async () => {
    const words = (seed: number) => Array.from({ length: 40_000 }, (_, index) => `${(index * seed) % 7919}`).join("\n");
    const shown = await linesOf(words(17), words(31));
    expect(shown.length).toBeLessThanOrEqual(head.length + 41);
    expect(shown.at(-1)).toMatch(/too different to show: 40000 lines became 40000|more lines/);
  });

  it("shows every line that was added or removed, where it is short enough", async () => {
    const text = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 8 }).map((lines) => lines.join("\n"));
    await fc.assert(
      fc.asyncProperty(text, text, async (from, to) => {
        const body = (await linesOf(from, to)).slice(head.length).filter((line) => !/^[@\\]/.test(line));
        const side = (other: string) => body.filter((line) => !line.startsWith(other)).map((line) => line.slice(1));
        const within = (whole: string, part: string[]) =>
          `\n${whole}\n`.includes(`\n${part.join("\n")}\n`) || part.length === 0;
        expect(within(from, side("+")) && within(to, side("-"))).toBe(true);
        expect(body.length > 0).toBe(from !== to);
      }),
    );
  });
});
