import type { Graph } from "./model";
import type { Picture } from "./picture";

/** Mermaid's default limits. GitHub uses them. */
const limits = { edges: 500, characters: 50_000 } as const;

/** Returns a picture as a Mermaid flowchart. */
export function mermaidOf({ groups, edges }: Picture): string {
  const subgraphs = groups.flatMap(({ type, nodes }) => [
    `  subgraph ${idOf("t", type)}["${textOf(type)}"]`,
    ...nodes.map(({ id, label, unused }) => {
      const text = textOf(label);
      return `    ${idOf("n", id)}${unused ? `(["${text} · unused"]):::unused` : `["${text}"]`}`;
    }),
    "  end",
  ]);
  const arrows = edges.map(({ from, to }) => `  ${idOf("n", from)} --> ${idOf("n", to)}`);
  const style = "  classDef unused stroke-dasharray: 4 3";
  return ["flowchart LR", "  %% made by pulumi-celigo graph", ...subgraphs, ...arrows, style].join("\n");
}

/** Notes that a flowchart is above Mermaid's default limits. */
export function noteIfTooLarge({ edges }: Graph, text: string): void {
  if (edges.length > limits.edges || text.length > limits.characters) {
    console.error(
      `note: Mermaid draws at most ${limits.edges} edges and ${limits.characters} characters by default, and this is more. ` +
        "Use --match to show fewer scripts, or --format html.",
    );
  }
}

/** Returns text as a label. Characters that could be Markdown, a directive or a style become character codes. */
function textOf(text: string): string {
  return text.replace(
    /([\p{L}\p{N}][-_.])(?=[\p{L}\p{N}])|[!-/:-@[-`{-~]/gu,
    (character, withinWord?: string) => withinWord ?? `#${character.codePointAt(0)};`,
  );
}

/** Returns an id for Mermaid. The letter before it prevents a keyword of Mermaid's. */
function idOf(letter: string, id: string): string {
  return letter + id.replace(/[^0-9A-Za-z]/gu, (character) => `_${character.codePointAt(0)?.toString(16)}_`);
}
