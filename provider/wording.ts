/** Lists things as in a sentence: `a, b and c`. */
export function enumerate(items: readonly (string | number)[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

/** Puts a name of the code into quotation marks: what cannot be seen as `?`, and shortened to 40 characters. */
export function quote(name: string): string {
  const visible = name.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
  return `"${visible.length > 40 ? `${visible.slice(0, 39)}…` : visible}"`;
}
