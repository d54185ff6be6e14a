import type { Measurement } from "./bench";
import { stages } from "./runners";

/** Returns a Markdown table for each number of scripts: a row for each command and subject. */
export function tablesOf(found: readonly Measurement[]): string {
  const counts = [...new Set(found.map(({ count }) => count))].sort((one, other) => one - other);
  return counts.map((count) => tableOf(found.filter((one) => one.count === count))).join("\n");
}

function tableOf(found: readonly Measurement[]): string {
  const rows = Object.keys(stages).flatMap((stage) => found.filter((one) => one.stage === stage).map(rowOf));
  return [
    `N = ${found[0]?.count}`,
    "",
    "| command | what | CPU, s | wall, s | memory, MB | state, bytes | requests |",
    "|---|---|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

function rowOf({ stage, checkpoints, cpu, wall, memory, stateBytes, requests, subject }: Measurement): string {
  const asked = Object.entries(requests).map(([kind, count]) => `${count} ${kind.split(" ")[1]}`);
  const what = checkpoints ? subject : `${subject}, no checkpoints`;
  const cells = [stage, what, cpu.toFixed(1), wall.toFixed(1), memory.toFixed(0), stateBytes || "", asked.join(", ")];
  return `| ${cells.join(" | ")} |`;
}

const size = { width: 720, height: 420, left: 60, right: 190, top: 30, bottom: 50 };
const colours = ["#1f77b4", "#7f7f7f", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#ff7f0e"];

/** Draws the CPU seconds of an up that changes nothing, and so writes no state, against N: a line for each subject. */
export function chartOf(found: readonly Measurement[]): string {
  const ofStage = found.filter(({ stage, cpu }) => stage === "up, nothing changed" && cpu > 0);
  const shown = [...new Map(ofStage.map((one) => [`${one.subject} ${one.count}`, one])).values()];
  const scale = (values: readonly number[], from: number, to: number) => {
    const [low, high] = [Math.log10(Math.min(...values)), Math.log10(Math.max(...values))];
    return (value: number) => from + ((Math.log10(value) - low) / (high - low || 1)) * (to - from);
  };
  const { width, height, left, right, top, bottom } = size;
  const x = scale(
    shown.map(({ count }) => count),
    left,
    width - right,
  );
  const seconds = [1, 2, 5, 10, 20, 50, 100].filter((one) => shown.some(({ cpu }) => cpu > one / 3));
  const y = scale([...seconds, ...shown.map(({ cpu }) => cpu)], height - bottom, top);
  const names = [...new Set(shown.map(({ subject }) => subject))];
  const counts = [...new Set(shown.map(({ count }) => count))];
  const text = (at: readonly [number, number], content: string | number, anchor = "middle", fill = "#444") =>
    `<text x="${at[0].toFixed(1)}" y="${at[1].toFixed(1)}" text-anchor="${anchor}" fill="${fill}">${content}</text>`;
  const lines = names.flatMap((name, index) => {
    const points = shown.filter((one) => one.subject === name).sort((one, other) => one.count - other.count);
    const places = points.map(({ count, cpu }) => `${x(count).toFixed(1)},${y(cpu).toFixed(1)}`);
    const colour = colours[index % colours.length] ?? "";
    return [
      `<polyline points="${places.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      text([width - right + 12, top + 18 * index + 12], name, "start", colour),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    "<title>What a pulumi up that changes nothing costs</title>",
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...counts.map((count) => text([x(count), height - bottom + 20], count)),
    ...seconds.flatMap((one) => [
      `<line x1="${left}" x2="${width - right}" y1="${y(one).toFixed(1)}" y2="${y(one).toFixed(1)}" stroke="#ddd"/>`,
      text([left - 8, y(one) + 4], one, "end"),
    ]),
    text([(left + width - right) / 2, height - 12], "scripts"),
    text([left, top - 12], "CPU seconds of a pulumi up that changes nothing", "start"),
    ...lines,
    "</svg>",
    "",
  ].join("\n");
}
