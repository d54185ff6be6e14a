import { normalise } from "../../provider/content/content";

/** The name and description of a script, from the first comment of its file. */
export interface ScriptHeader {
  /** The rest of the line after `@name` or `@displayName`. */
  readonly name?: string;
  /** The text before the first tag, otherwise that of `@description`. Lines are joined; a blank line separates paragraphs. */
  readonly description?: string;
}

/** What may come before a comment. */
const beforeComment = /(?:\s+|(?:"use strict"|'use strict')\s*;?)*/y;
const indentation = /[^\S\n]*/y;

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

/** Yields the lines of each comment before the code, without comment marks. `saysNothing` marks a notice or a stub. */
function* comments(text: string): Generator<{ readonly lines: readonly string[]; readonly saysNothing: boolean }> {
  for (let at = after(beforeComment, text, 0); ; at = after(beforeComment, text, at)) {
    const { parts, end } = text.startsWith("/*", at) ? block(text, at) : lineComments(text, at);
    if (end === at) {
      return;
    }
    const lines = parts.filter((part) => !directive.test(part)).flatMap(withoutMarks);
    const isStub = stub.test(lines.find((line) => line !== "") ?? "");
    yield { lines, saysNothing: isStub || lines.some((line) => notice.test(line)) };
    at = end;
  }
}

/** The text of a comment, and the offset after it; without a comment, the offset of the search. */
interface Comment {
  readonly parts: readonly string[];
  readonly end: number;
}

function block(text: string, start: number): Comment {
  const end = text.indexOf("*/", start + 2);
  return end < 0 ? { parts: [], end: start } : { parts: [text.slice(start + 2, end)], end: end + 2 };
}

/** Reads consecutive lines that are comments. */
function lineComments(text: string, start: number): Comment {
  const parts: string[] = [];
  let at = start;
  while (text.startsWith("//", at)) {
    const newline = text.indexOf("\n", at);
    const end = newline < 0 ? text.length : newline;
    parts.push(text.slice(at, end).replace(/^\/+/, ""));
    at = newline < 0 ? end : after(indentation, text, end + 1);
  }
  return { parts, end: at };
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

/** Returns the end of the match of a sticky pattern that can match nothing. */
function after(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  pattern.test(text);
  return pattern.lastIndex;
}
