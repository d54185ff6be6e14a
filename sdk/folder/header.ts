import type { Comment } from "acorn";
import { normalise } from "../../provider/content/content";

/** The name and description of a script, from the first comment of its file. */
export interface ScriptHeader {
  /** The rest of the line after `@name` or `@displayName`. */
  readonly name?: string;
  /** The text before the first tag, otherwise that of `@description`. Lines are joined; a blank line separates paragraphs. */
  readonly description?: string;
}

/** A line of a copyright or licence notice. */
const notice = /^!|@licen[cs]e\b|^(?:©|\(c\)|copyright\b)|\bSPDX-|\blicen[cs]ed under\b|\ball rights reserved\b/i;
/** The first line of the comment that Celigo's editor inserts with a new function. */
const stub = /^\w+(?: function)? stub:?$/i;
/** The beginning of a comment for a tool. */
const directive =
  /^[\s*]*(?:eslint[- ]|biome-|celigo-ignore|prettier-|[jt]s[hl]int[ :]|jscs:|noinspection |#(?:end)?region\b|cspell:|(?:istanbul|[cv]8) ignore|globals? |exported |@ts-|<reference )/;
/** A decorative line. */
const rule = /^[-=*_~#+]{3,}$/;

/**
 * Reads the header of a file: the first comment before any code that has a name or a description. Comments for tools are
 * skipped. A notice, or a stub from Celigo's editor, only gives a name, and only when no other comment does.
 */
export function readHeader(text: string): ScriptHeader {
  let ofNotice: Pick<ScriptHeader, "name"> = {};
  for (const { lines, saysNothing } of comments(normalise(text).replace(/^#!.*/, ""))) {
    const { name, ...header } = parse(lines);
    const named = name === undefined ? {} : { name };
    if (saysNothing) {
      ofNotice = { ...named, ...ofNotice };
    } else if (name !== undefined || header.description !== undefined) {
      return { ...ofNotice, ...named, ...header };
    }
  }
  return ofNotice;
}

/** Lists the comments before the code by their lines. `saysNothing` marks a notice or a stub. */
function comments(text: string): { readonly lines: readonly string[]; readonly saysNothing: boolean }[] {
  const groups: Comment[][] = [];
  for (const comment of commentsBeforeCode(text)) {
    const last = groups.at(-1)?.at(-1);
    // Consecutive lines that are comments are one.
    const isNext = last?.type === "Line" && /^\n[^\S\n]*$/.test(text.slice(last.end, comment.start));
    if (isNext && comment.type === "Line") {
      groups.at(-1)?.push(comment);
    } else {
      groups.push([comment]);
    }
  }
  return groups.map((group) => {
    const parts = group.map(({ type, value }) => (type === "Line" ? value.replace(/^\/+/, "") : value));
    const lines = parts.filter((part) => !directive.test(part)).flatMap(withoutMarks);
    const isStub = stub.test(lines.find((line) => line !== "") ?? "");
    return { lines, saysNothing: isStub || lines.some((line) => notice.test(line)) };
  });
}

/** Lists the comments before the first token that is no directive, also of text that is not JavaScript. */
function commentsBeforeCode(text: string): readonly Comment[] {
  // A program without a folder does not wait for the parser.
  const { tokenizer } = require("acorn") as typeof import("acorn");
  const found: Comment[] = [];
  const tokens = tokenizer(text, { ecmaVersion: "latest", sourceType: "module", onComment: found });
  const next = () => {
    const { start, end } = tokens.getToken();
    return text.slice(start, end);
  };
  try {
    while (/^(?:"use strict"|'use strict'|;)$/.test(next())) {}
  } catch {
    // The code does not parse. The comments before it do.
  }
  return found;
}

/** Removes the stars before each line, and decorative lines. */
function withoutMarks(part: string): string[] {
  const lines = part.split("\n").map((line) => line.replace(/^\s*\*+/, "").trim());
  return lines.map((line) => (rule.test(line) ? "" : line));
}

const nameTags = ["name", "displayName"];

function parse(lines: readonly string[]): ScriptHeader {
  const sections: { readonly tag: string; readonly lines: string[] }[] = [{ tag: "", lines: [] }];
  for (const line of lines) {
    const [, tag, rest = ""] = /^@([a-z]+)\b(.*)$/is.exec(line) ?? [];
    if (tag === undefined) {
      sections.at(-1)?.lines.push(line);
    } else {
      sections.push({ tag, lines: [rest.trim()] });
      if (nameTags.includes(tag)) {
        // A name ends with its line.
        sections.push({ tag: "", lines: [] });
      }
    }
  }
  const of = (...tags: string[]) => sections.find(({ tag }) => tags.includes(tag))?.lines ?? [];
  const [name] = of(...nameTags);
  const plain = sections.filter(({ tag }) => tag === "").flatMap(({ lines: some }) => [...some, ""]);
  const description = paragraphs(plain) || paragraphs(of("description"));
  return { ...(name ? { name } : {}), ...(description ? { description } : {}) };
}

function paragraphs(lines: readonly string[]): string {
  const parts = lines.join("\n").split(/\n{2,}/);
  return parts
    .map((part) => part.trim().replaceAll("\n", " "))
    .filter(Boolean)
    .join("\n\n");
}
