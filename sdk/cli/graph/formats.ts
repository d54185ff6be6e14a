import { extname } from "node:path";
import { jsonOf } from "../../../provider/text";
import { dotOf } from "./dot";
import { htmlOf } from "./html";
import { mermaidNote, mermaidOf } from "./mermaid";
import type { Graph } from "./model";

/** The formats that a graph can have. */
export const formats = ["mermaid", "dot", "json", "html"] as const;
/** One of {@link formats}. */
export type Format = (typeof formats)[number];

/** A graph as it is printed. */
export interface Rendered {
  readonly text: string;
  /** What whoever looks at it should know. */
  readonly note?: string | undefined;
}

/** How a file tells that it holds a graph of ours and nothing else, by the first lines of it and, in Markdown, by its end. */
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
  ".dot": "dot",
  ".gv": "dot",
  ".json": "json",
  ".html": "html",
  ".htm": "html",
};

/** Returns the format that the ending of a file stands for: Mermaid if none. */
export function formatFor(file = ""): Format {
  return endings[extname(file).toLowerCase()] ?? "mermaid";
}

/**
 * Returns a graph in a format.
 *
 * @param about Whose scripts they are, for the title of a page.
 * @param file The file that it is for, if any: Mermaid in a Markdown file needs a fence.
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

/** Tells whether a file's text is a graph of ours, of whatever format, and can be replaced by another. */
export function isGraph(text: string): boolean {
  const lines = text.replaceAll("\r\n", "\n");
  return lines.trim() === "" || marks.some((mark) => mark.test(lines));
}
