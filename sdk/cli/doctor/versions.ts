/** Tells whether a version such as `3.259.0` or `v3.259.0-beta` is another one or newer; of the other, parts can be left out. */
export function isAtLeast(version: string, oldest: string): boolean {
  const [ours, theirs] = [numbersOf(version), numbersOf(oldest)];
  const index = theirs.findIndex((number, position) => number !== (ours[position] ?? 0));
  return index < 0 || (ours[index] ?? 0) > (theirs[index] ?? 0);
}

/** Tells whether a version is in a range such as `^3.216.0`. */
export function isCompatible(version: string, range: string): boolean {
  return numbersOf(version)[0] === numbersOf(range)[0] && isAtLeast(version, range);
}

function numbersOf(version: string): number[] {
  return (/\d+(\.\d+)*/.exec(version)?.[0] ?? "").split(".").map(Number);
}
