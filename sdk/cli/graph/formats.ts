import { extname } from "node:path";
import { jsonOf, printable } from "../../../provider/text";
import { UsageError } from "../command";
import { dotOf } from "./dot";
import { htmlOf } from "./html";
import { mermaidNote, mermaidOf } from "./mermaid";
import type { Graph } from "./model";

/** The formats that a graph can have. */
export const formats = ["mermaid", "dot", "json", "html"] as const;
/** One of {@link formats}. */
export type Format = (typeof formats)[number];

/** The text of a graph. */
export interface Rendered {
  readonly text: string;
  /** A hint for the reader. */
  readonly note?: string | undefined;
}

/** Patterns of a file that holds a graph of this command and nothing else. */
const marks = [
  /^(?:flowchart LR\n {2}%%|\/\/) made by pulumi-celigo graph\n/,
  /^```mermaid\nflowchart LR\n {2}%% made by pulumi-celigo graph\n(?:(?!\n```)[\s\S])*\n```\s*$/,
  /^\{\s*"nodes": \[[\s\S]*\],\s*"edges": \[/,
  /^<!doctype html>[\s\S]{0,300}<meta name="generator" content="pulumi-celigo graph">/,
];

const endings: Readonly<Record<string, Format>> = {
  ".mmd": "mermaid",
  ".mermaid": "mermaid",
  ".md": "mermaid",
  ".txt": "mermaid",
  ".dot": "dot",
  ".gv": "dot",
  ".json": "json",
  ".html": "html",
  ".htm": "html",
};

/**
 * Returns the format for the ending of a file; Mermaid without one.
 *
 * @throws UsageError for an ending of no format.
 */
export function formatFor(file = ""): Format {
  const ending = extname(file).toLowerCase();
  const format = ending === "" ? "mermaid" : endings[ending];
  if (!format) {
    const known = Object.keys(endings).join(", ");
    throw new UsageError(`graph cannot write ${printable(ending)}. Use ${known}, or say which with --format.`);
  }
  return format;
}

/**
 * Returns a graph in a format.
 *
 * @param about The account or the stack, for the title of a page.
 * @param file The file to write, if any: Mermaid in a Markdown file needs a fence.
 */
export function render(graph: Graph, format: Format, about: string, file = ""): Rendered {
  switch (format) {
    case "mermaid": {
      const text = mermaidOf(graph);
      const isMarkdown = extname(file).toLowerCase() === ".md";
      return { text: isMarkdown ? `\`\`\`mermaid\n${text}\n\`\`\`` : text, note: mermaidNote(graph, text) };
    }
    case "dot":
      return { text: dotOf(graph) };
    case "json":
      return { text: jsonOf(graph) };
    case "html":
      return { text: htmlOf(graph, about) };
  }
}

/** Tells whether a file is empty or holds a graph of this command, so that it can be replaced. */
export function isGraph(text: string): boolean {
  const lines = text.replaceAll("\r\n", "\n");
  return lines.trim() === "" || marks.some((mark) => mark.test(lines));
}
