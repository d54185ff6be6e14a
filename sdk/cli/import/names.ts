import { byCodeUnit } from "../output";
import type { NamedScript } from "../records";

/** Names that Windows keeps for its devices. */
const reserved = /^(?:con|prn|aux|nul|com\d|lpt\d)$/;
/** Characters of a name that are taken over, so that paths stay short; and bytes, of which file systems allow 255. */
const maxLength = 60;
const maxBytes = 180;

/**
 * Gives each script a name that serves as its logical name and, with `.js`, as that of its file. The oldest script of a
 * name gets it plain; others get a part of their id as well, and so does a script whose name holds no letter and no digit.
 *
 * @param taken Names that are given already; letter case does not tell two names apart.
 */
export function nameAll(scripts: readonly NamedScript[], taken: Iterable<string>): Map<string, string> {
  const given = new Set([...taken].map(keyOf));
  const names = new Map<string, string>();
  // Ids begin with the time at which they were made.
  for (const { id, name } of [...scripts].sort((one, other) => byCodeUnit(one.id, other.id))) {
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
    // What cannot be seen, such as what makes a sign an emoji, nobody can type.
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

/** Names that some file system takes for one have the same key. */
function keyOf(name: string): string {
  // Upper case first: it is one for letters that have two lower ones, such as the two sigmas.
  return name.normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC");
}
