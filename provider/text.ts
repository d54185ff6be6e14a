/** Lists things as in a sentence: `a, b and c`. */
export function enumerate(items: readonly (string | number)[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

/** Lists the first few things, and how many more there are: `a, b and 3 more`. */
export function enumerateSome(items: readonly string[], most = 5): string {
  return enumerate(items.length <= most + 1 ? items : [...items.slice(0, most), `${items.length - most} more`]);
}

/** Counts things: `1 script`, `2 scripts`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Puts a name of the code into quotation marks: what cannot be seen as `?`, and shortened to 40 characters. */
export function quote(name: string): string {
  const visible = name.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
  return `"${visible.length > 40 ? `${visible.slice(0, 39)}…` : visible}"`;
}
