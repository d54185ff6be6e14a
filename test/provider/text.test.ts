import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  count,
  enumerate,
  enumerateSome,
  jsonOf,
  nearest,
  nearestParts,
  oneLine,
  printable,
  printableLines,
  quote,
  shorten,
} from "../../provider/text";

/** One of each kind of character that no output may hold. */
const steering = [
  ["a null character", "\u0000"],
  ["the escape of a terminal", "\u001b"],
  ["delete", "\u007f"],
  ["a control sequence in one character", "\u009b"],
  ["a line separator", "\u2028"],
  ["a paragraph separator", "\u2029"],
  ["an override of the direction", "\u202e"],
  ["an isolate of a direction", "\u2066"],
  ["a mark of a direction", "\u200f"],
  ["an Arabic letter mark", "\u061c"],
  ["a zero-width space", "\u200b"],
  ["a soft hyphen", "\u00ad"],
  ["a word joiner", "\u2060"],
  ["a byte order mark", "\ufeff"],
  ["a joiner that joins nothing", "\u200d"],
  ["the first half of a character", "\ud83d"],
  ["the second half of a character", "\udce6"],
  ["an invisible tag", "\u{e0041}"],
] as const;

describe.each(steering)("%s", (_, character) => {
  it("becomes a replacement character in text to print", () => {
    expect(printable(`a${character}b`)).toBe("a\uFFFDb");
    expect(printableLines(`a${character}b\n\tc\r\nd`)).toBe("a\uFFFDb\n\tc\nd");
  });

  it("never reaches a message", () => {
    expect(oneLine(`a${character}b`)).toMatch(/^a[ \uFFFD]b$/);
  });

  it("is written as an escape in JSON and in quotations, and can be read back", () => {
    expect(quote(`a${character}b`)).toMatch(/^"a(\\u[0-9a-f]{4})+b"$/);
    expect(JSON.parse(quote(`a${character}b`))).toBe(`a${character}b`);
    expect(JSON.parse(jsonOf({ [character]: character }))).toEqual({ [character]: character });
  });
});

describe("text to print", () => {
  it.each(["äöü € 日本 العربية", "👨‍👩‍👧 ❤️ 📦", "می‌خواهم", "क्‍ष", "a\u00a0b"])("keeps %s", (text) => {
    expect([printable(text), oneLine(text), JSON.parse(quote(text))]).toEqual([text, text, text]);
    expect(quote(text)).toBe(`"${text}"`);
  });

  it("has no line end and no tab where it is for one line", () => {
    expect(printable("a\nb\tc")).toBe("a\uFFFDb\uFFFDc");
    expect(oneLine("  a \r\n\n b\tc\u2028d\u0085e\vf\f ")).toBe("a b c d e f");
  });

  it("takes time in proportion to the text", () => {
    const seconds = (length: number) => {
      const text = `${" ".repeat(length)}\n`.repeat(2) + "\u200b".repeat(length);
      const start = process.cpuUsage().user;
      oneLine(text);
      printableLines(text);
      quote(text);
      return (process.cpuUsage().user - start) / 1e6;
    };
    seconds(1000);
    expect(seconds(1_000_000)).toBeLessThan(2);
  });

  it("is the same for any text, printed twice", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(printable(printable(text))).toBe(printable(text));
        expect(oneLine(oneLine(text))).toBe(oneLine(text));
        expect(JSON.parse(jsonOf(text, 0))).toBe(text);
      }),
    );
  });
});

describe("a quotation", () => {
  it("cannot be ended by what it quotes", () => {
    expect(quote('a", "b\\')).toBe('"a\\", \\"b\\\\"');
  });

  it("is cut at 100 characters, and not within one", () => {
    expect(quote("x".repeat(100))).toBe(`"${"x".repeat(100)}"`);
    expect(quote("x".repeat(101))).toBe(`"${"x".repeat(99)}…"`);
    expect(shorten("📦📦", 4)).toBe("📦📦");
    expect(shorten("📦📦", 3)).toBe("📦…");
    expect(shorten("📦📦a", 4)).toBe("📦…");
  });
});

describe("things in a sentence", () => {
  it("are listed, and counted where they are many", () => {
    expect([[], ["a"], ["a", "b"], ["a", "b", "c"]].map(enumerate)).toEqual(["", "a", "a and b", "a, b and c"]);
    expect(enumerateSome(["a", "b", "c"], 2)).toBe("a, b and c");
    expect(enumerateSome([1, 2, 3, 4], 2)).toBe("1, 2 and 2 more");
    expect([count(0, "script"), count(1, "script"), count(2, "script")]).toEqual([
      "0 scripts",
      "1 script",
      "2 scripts",
    ]);
  });
});

describe("the nearest parts of known words", () => {
  const known = ["round-prices", "Normalize orders", "orders", "orders-eu", "orders", ""];

  it.each([
    ["orders", ["orders", "orders-eu", "Normalize orders"]],
    ["ORDERS-US", ["orders-eu", "orders", "Normalize orders"]],
    ["ordesr", ["orders", "orders-eu", "Normalize orders"]],
    ["prcies", ["round-prices"]],
    ["", []],
    ["invoice", []],
  ])("of %j are %j", (word, near) => {
    expect(nearestParts(word, known)).toEqual(near);
  });

  it("are looked for in no text of many characters", () => {
    expect(nearestParts("name", ["x".repeat(10_000_000), "names"])).toEqual(["names"]);
    expect(nearestParts("x".repeat(1_000_000), ["x".repeat(1_000_000)])).toEqual([]);
  });
});

describe("the nearest of known words", () => {
  const known = ["name", "content", "description", "noModule", "onConflict"];

  it.each([
    ["nmae", "name"],
    ["Description", "description"],
    ["desciption", "description"],
    ["onConflct", "onConflict"],
    ["x", undefined],
    ["something else", undefined],
  ])("for %s is %s", (word, near) => {
    expect(nearest(word, known)).toBe(near);
  });

  it("is found at once, however long a word of the server is", () => {
    const start = process.cpuUsage().user;
    expect(nearest("name", ["x".repeat(10_000_000), "nane"])).toBe("nane");
    expect(nearest("x".repeat(1_000_000), ["x".repeat(1_000_001)])).toBe(undefined);
    expect((process.cpuUsage().user - start) / 1e6).toBeLessThan(1);
  });
});
