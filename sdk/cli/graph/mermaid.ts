import { type Graph, labelsOf, typesOf } from "./model";

/** What Mermaid draws unless the page that embeds it allows more; GitHub does not. */
const limits = { edges: 500, characters: 50_000 } as const;

/** Returns the graph as a Mermaid flowchart. */
export function mermaidOf(graph: Graph): string {
  const labels = labelsOf(graph);
  const groups = typesOf(graph).flatMap(([type, nodes]) => [
    `  subgraph ${idOf("t", type)}["${textOf(type)}"]`,
    ...nodes.map(({ id, unused }) => {
      const label = textOf(labels.get(id) ?? id);
      return `    ${idOf("n", id)}${unused ? `(["${label} · unused"]):::unused` : `["${label}"]`}`;
    }),
    "  end",
  ]);
  const edges = graph.edges.map(({ from, to }) => `  ${idOf("n", from)} --> ${idOf("n", to)}`);
  const style = "  classDef unused stroke-dasharray: 4 3";
  return ["flowchart LR", "  %% made by pulumi-celigo graph", ...groups, ...edges, style].join("\n");
}

/** Says that a flowchart is larger than what Mermaid draws by itself. */
export function mermaidNote({ edges }: Graph, text: string): string | undefined {
  const isLarge = edges.length > limits.edges || text.length > limits.characters;
  return isLarge
    ? `Mermaid draws at most ${limits.edges} edges and ${limits.characters} characters by itself, and this is more. ` +
        "Narrow it with --match, or take --format html."
    : undefined;
}

/** Returns a text as a quoted label shows it: what could be Markdown, a directive or a style becomes a character's code. */
function textOf(text: string): string {
  return text.replace(
    /([\p{L}\p{N}][-_.])(?=[\p{L}\p{N}])|[!-/:-@[-`{-~]/gu,
    (character, withinWord?: string) => withinWord ?? `#${character.codePointAt(0)};`,
  );
}

/** Returns an id as Mermaid takes it; the letter before it keeps it from being one of Mermaid's own words. */
function idOf(letter: string, id: string): string {
  return letter + id.replace(/[^0-9A-Za-z]/gu, (character) => `_${character.codePointAt(0)?.toString(16)}_`);
}
