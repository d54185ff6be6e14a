/** The parts of a `Link` header (RFC 8288): `<target>`, `"quoted"`, separators and words. */
const parts = /<([^<>]*)>|"([^"]*)"|[,;=]|[^\s<",;=]+/g;

/**
 * Finds the URL of the next page in a `Link` header; a relative one is resolved against `base`.
 *
 * @throws TypeError when the URL is not valid.
 */
export function nextPage(header: string, base: string): string | undefined {
  let target: string | undefined;
  let parameter = "";
  let before = "";
  for (const [part, address, quoted] of header.matchAll(parts)) {
    if (address !== undefined || part === ",") {
      target = address;
    } else if (before === ";") {
      parameter = part.toLowerCase();
    } else if (before === "=" && parameter === "rel" && target !== undefined && isNext(quoted ?? part)) {
      return new URL(target, base).href;
    }
    before = part;
  }
  return undefined;
}

function isNext(relations: string): boolean {
  return relations.toLowerCase().split(/\s+/).includes("next");
}
