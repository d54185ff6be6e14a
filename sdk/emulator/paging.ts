import type { Behaviour } from "./behaviour";
import type { StoredScript } from "./records";
import { invalidQuery } from "./refusal";

/** One page of a list, and the cursor of the next page. */
export interface Page {
  readonly scripts: readonly StoredScript[];
  readonly next?: string;
}

/** Returns the page at a cursor, in the order of creation; without a cursor, the first page. */
export function pageAt(
  all: readonly StoredScript[],
  cursor: unknown,
  { paging, pageSize }: Pick<Behaviour, "paging" | "pageSize">,
): Page {
  if (paging === "cursor") {
    const after = cursor === undefined ? "" : opened(cursor, /^[0-9a-f]{24}$/);
    const rest = all.filter(({ _id }) => _id > after);
    const scripts = rest.slice(0, pageSize);
    return { scripts, ...(rest.length > scripts.length && { next: closed(scripts.at(-1)?._id ?? "") }) };
  }
  const offset = cursor === undefined ? 0 : Number(opened(cursor, /^\d+$/));
  if (paging === "endless") {
    const start = offset % Math.max(1, all.length);
    return { scripts: all.slice(start, start + pageSize), next: closed(String(offset + pageSize)) };
  }
  const end = offset + pageSize;
  const scripts = [...all].reverse().slice(offset, end);
  return { scripts, ...(end < all.length && { next: closed(String(end)) }) };
}

function closed(text: string): string {
  return Buffer.from(text).toString("base64url");
}

function opened(cursor: unknown, form: RegExp): string {
  const text = Buffer.from(String(cursor), "base64url").toString();
  if (!form.test(text)) throw invalidQuery("The cursor does not come from this API.", "cursor");
  return text;
}
