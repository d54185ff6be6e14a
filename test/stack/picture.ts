import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startEmulator } from "../../sdk/emulator/index";
import { createWorkspace } from "../engine/index";
import { repositoryRoot } from "../engine/repository";

const program = `
const pulumi = require("@pulumi/pulumi");
const { ScriptFolder } = require("pulumi-celigo");
exports.ids = new ScriptFolder("hooks", { path: "hooks" }).ids;
`;
const before = `// Gives the orders of all shops one shape.
function preMap(options) {
  return options.data.map((order) => ({
    ...order,
    total: Number(order.total),
  }));
}
`;
const after = before.replace("Number(order.total)", "Math.round(Number(order.total) * 100) / 100");
const added = `// Keeps open orders only.
function filter(options) {
  options.record.status === "open";
}
`;

/** Draws `.github/preview.svg`, the picture in README, from a preview by the real Pulumi CLI against the emulator. */
async function drawPreview(): Promise<void> {
  const emulator = await startEmulator();
  const account = emulator.account();
  const workspace = await createWorkspace({
    program: { files: { "index.js": program, "hooks/normalize-orders.js": before } },
    project: "shop",
    env: { CELIGO_BASE_URL: emulator.url, CELIGO_API_TOKEN: account.token },
  });
  try {
    await workspace.up();
    account.setDependents(account.scripts()[0]?._id ?? "", {
      flows: [{ name: "Shopify to NetSuite" }, { name: "Resync of orders" }],
      imports: [{ name: "Add orders" }],
    });
    workspace.writeFile("hooks/normalize-orders.js", after);
    workspace.writeFile("hooks/keep-open-orders.js", added);
    const { stdout } = await workspace.preview();
    const lines = `$ pulumi preview\n${stdout}`.split("\n").filter((line) => !/^@ |^\s*$/.test(line));
    writeFileSync(join(repositoryRoot(), ".github", "preview.svg"), svgOf(lines));
  } finally {
    await workspace.dispose();
    await emulator.stop();
  }
}

const lineHeight = 18;
const maxColumns = 120;

/** Colours as Pulumi's terminal output has them. */
const colours: readonly (readonly [RegExp, string])[] = [
  [/^\$ /, "#79c0ff"],
  [/^\s*(\+\s|\+ \d|\+ {2})|^ {4}\+/, "#7ee787"],
  [/^\s{4}-/, "#ffa198"],
  [/^\s*~/, "#e3b341"],
  [/\bwarning:/, "#e3b341"],
  [/\berror:/, "#ffa198"],
];

function svgOf(lines: readonly string[]): string {
  const cut = lines.map((line) => (line.length > maxColumns ? `${line.slice(0, maxColumns - 1)}…` : line));
  const height = cut.length * lineHeight + 32;
  const rows = cut.map((line, index) => {
    const colour = colours.find(([pattern]) => pattern.test(line))?.[1] ?? "#e6edf3";
    return `<text x="16" y="${28 + index * lineHeight}" fill="${colour}">${escaped(line)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${maxColumns * 7.9 + 32} ${height}" font-family="ui-monospace,Menlo,Consolas,monospace" font-size="13" xml:space="preserve" role="img" aria-label="A preview of two scripts">
<title>A preview of two scripts</title>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${rows.join("\n")}
</svg>
`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

void drawPreview();
