import { by } from "../output";
import type { NamedScript } from "../records";

/** Names of devices on Windows. */
const reserved = /^(?:con|prn|aux|nul|com\d|lpt\d)$/;
/** The longest name in characters, to keep paths short, and in bytes: file systems allow 255. */
const maxLength = 60;
const maxBytes = 180;

/**
 * Gives each script a logical name, which with `.js` is also its file name. The oldest script of a name gets the plain name.
 * The others, and scripts without a letter or digit in their name, also get a part of their id.
 *
 * @param taken Names that are in use. Letter case makes no difference.
 */
export function nameAll(scripts: readonly NamedScript[], taken: Iterable<string>): Map<string, string> {
  const given = new Set([...taken].map(keyOf));
  const names = new Map<string, string>();
  // An id begins with the time of its creation.
  for (const { id, name } of [...scripts].sort(by("id"))) {
    const stem = stemOf(name);
    const candidates = [...(stem ? [stem] : []), `${stem || "script"}-${id.slice(-6)}`, `${stem || "script"}-${id}`];
    const chosen = candidates.find((candidate) => !given.has(keyOf(candidate))) ?? id;
    given.add(keyOf(chosen));
    names.set(id, chosen);
  }
  return names;
}

/** Writes a name as words of letters and digits with hyphens between them. */
function stemOf(name: string): string {
  const words = name
    .normalize("NFC")
    // Invisible characters, such as emoji variation selectors, are hard to type.
    .replace(/\p{Default_Ignorable_Code_Point}|\u20E3/gu, "")
    .replace(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})/gu, "-")
    .toLowerCase()
    .normalize("NFC")
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, "-");
  const characters = [...words.replace(/^[-\p{M}]+/u, "")].slice(0, maxLength);
  while (Buffer.byteLength(characters.join("")) > maxBytes) {
    characters.pop();
  }
  const stem = characters.join("").replace(/-+$/, "");
  return reserved.test(stem.normalize("NFKC")) ? `${stem}-script` : stem;
}

/** Returns the same key for names that are equal on some file system. */
function keyOf(name: string): string {
  // Upper case first: some letters have two lower-case forms, such as sigma.
  return name.normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC");
}
