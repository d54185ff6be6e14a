import { readFileSync, statSync } from "node:fs";
import { dirname, extname } from "node:path";
import { jsonOf } from "../../../provider/text";
import { UsageError } from "../command";
import { notWritten } from "../file";
import { isFolder } from "../pulumi";
import { dotOf } from "./dot";
import { htmlOf } from "./html";
import { mermaidOf } from "./mermaid";
import { type Graph, pictureOf } from "./model";

/** The formats that a graph can have, each with the endings of its files. */
const endings = {
  mermaid: [".mmd", ".mermaid", ".md", ".txt"],
  dot: [".dot", ".gv"],
  json: [".json"],
  html: [".html", ".htm"],
} as const;
/** A format that a graph can have. */
export type Format = keyof typeof endings;
/** All of {@link Format}. */
export const formats = Object.keys(endings) as Format[];

/** Patterns of a file that holds a graph of this command and nothing else. */
const marks = [
  /^(?:flowchart LR\n {2}%%|\/\/) made by pulumi-celigo graph\n/,
  /^```mermaid\nflowchart LR\n {2}%% made by pulumi-celigo graph\n(?:(?!\n```)[\s\S])*\n```\s*$/,
  /^\{\s*"nodes": \[[\s\S]*\],\s*"edges": \[/,
  /^<!doctype html>[\s\S]{0,300}<meta name="generator" content="pulumi-celigo graph">/,
];

/**
 * Returns the format for the ending of a file; Mermaid without one.
 *
 * @throws UsageError for an ending of no format.
 */
export function formatFor(file = ""): Format {
  const ending = extname(file).toLowerCase();
  const format = ending === "" ? "mermaid" : formats.find((one) => endings[one].some((known) => known === ending));
  if (!format) {
    const known = Object.values(endings).flat().join(", ");
    throw new UsageError(`graph cannot write ${ending}. Use ${known}, or say which with --format.`);
  }
  return format;
}

/**
 * Returns a graph in a format.
 *
 * @param about The account or the stack, for the title of a page.
 * @param file The file to write, if any: Mermaid in a Markdown file needs a fence.
 */
export function render(graph: Graph, format: Format, about: string, file = ""): string {
  switch (format) {
    case "mermaid": {
      const text = mermaidOf(pictureOf(graph));
      return extname(file).toLowerCase() === ".md" ? `\`\`\`mermaid\n${text}\n\`\`\`` : text;
    }
    case "dot":
      return dotOf(pictureOf(graph));
    case "json":
      return jsonOf(graph);
    case "html":
      return htmlOf(graph, about);
  }
}

/** Asserts that a graph can be written to a file, before any request. */
export function assertReplaceable(file: string): void {
  const folder = dirname(file);
  if (!isFolder(folder)) {
    throw notWritten(file, `there is no folder ${folder}`, "Make it, or give another --out.");
  }
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats && !stats.isFile()) {
    throw notWritten(file, "it is not a file", "Give another --out.");
  }
  if (stats && !isGraph(readFileSync(file, "utf8"))) {
    const reason = "the file holds something other than a graph of this command";
    throw notWritten(file, reason, "Remove it, or give another --out.");
  }
}

/** Tells whether a file is empty or holds a graph of this command, so that it can be replaced. */
function isGraph(text: string): boolean {
  const lines = text.replaceAll("\r\n", "\n");
  return lines.trim() === "" || marks.some((mark) => mark.test(lines));
}
