import { describe, expect, it } from "vitest";
import { tableOf } from "../../sdk/cli/output";

const rows = [
  ["NAME", "ID", "WHEN"],
  ["x".repeat(180), "66f1a0c4b7d2e35a9c01d4e1", "2026-01-31T12:00:00.000Z"],
  ["日本".repeat(40), "66f1a0c4b7d2e35a9c01d4e2", "-"],
];

describe("tables", () => {
  it("are never cut in a file or a pipe", () => {
    expect(tableOf(rows, Number.POSITIVE_INFINITY)).toContain("x".repeat(180));
  });

  it("are cut to the width of a terminal, the widest column first, and never within a character", () => {
    const lines = tableOf(rows, 80).split("\n");
    expect(lines[1]).toBe(`${"x".repeat(27)}…  66f1a0c4b7d2e35a9c01d4e1  2026-01-31T12:00:00.000Z`);
    expect(lines[2]).toMatch(/^(日本){6}日… {3}66f1a0c4b7d2e35a9c01d4e2 {2}-$/);
    // An id is whole as long as anything else can be cut.
    expect(tableOf(rows, 60).split("\n")[1]).toBe(`${"x".repeat(15)}…  66f1a0c4b7d2e35a9c01d4e1  2026-01-31T12:0…`);
    expect(tableOf(rows, 20).split("\n")[1]).toBe(`${"x".repeat(11)}…  66f1a0c4b7d…  2026-01-31T…`);
  });
});
