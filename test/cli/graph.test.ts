import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it, type TestContext } from "vitest";
import { type Emulator, type EmulatorAccount, startEmulator } from "../../sdk/emulator/index";
import type { CommandResult } from "../engine/command";
import { type Environment, foldersWith } from "../engine/environment";
import { removeTemporaryFolder, temporaryFolder } from "../engine/temporary";
import { NoBrowserError, openBrowser, type Page } from "./browser";
import { runCli } from "./command-line";

const token = "token-of-graph";
const content = "function f() {\n  return 1;\n}\n";

/** What `--format json` prints. */
interface Graph {
  readonly nodes: readonly {
    readonly id: string;
    readonly type: string;
    readonly name: string;
    readonly logicalName?: string;
    readonly unused?: boolean;
  }[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly paths: readonly string[] }[];
}

let emulator: Emulator;
let account: EmulatorAccount;
let env: Environment;
let folder: string;

beforeEach(async () => {
  emulator = await startEmulator({ accounts: [{ token }], behaviour: { pageSize: 4 } });
  account = emulator.account();
  env = { CELIGO_API_TOKEN: token, CELIGO_BASE_URL: emulator.url };
  folder = temporaryFolder("graph");
});

afterEach(async () => {
  await emulator.stop();
  removeTemporaryFolder(folder);
});

/** Runs the command in the test's folder. */
function run(args: readonly string[], more: Environment = {}): Promise<CommandResult> {
  return runCli(["graph", ...args], { cwd: folder, env: { ...env, ...more } });
}

/** Returns what a run prints that ends well, and has nothing to remark. */
async function printed(...args: readonly string[]): Promise<string> {
  const result = await run(args);
  expect([result.stderr, result.code]).toEqual(["", 0]);
  return result.stdout;
}

async function graphOf(...args: readonly string[]): Promise<Graph> {
  return JSON.parse(await printed("--format", "json", ...args)) as Graph;
}

/** Returns the one line that a run says which has failed. */
async function complaintOf(code: 1 | 2, args: readonly string[], more: Environment = {}): Promise<string> {
  const result = await run(args, more);
  expect([result.stdout, result.code]).toEqual(["", code]);
  expect(result.stderr).toMatch(/^error: [^\n]+\n$/);
  return result.stderr.trimEnd();
}

const flow = { id: "6a0000000000000000000001", name: "Orders to ERP", paths: ["pageProcessors[0]._scriptId"] };
const load = { id: "6a0000000000000000000002", name: "Add orders", paths: ["hooks.preMap._scriptId"] };

/** Three scripts: two share a flow, and one of them has an import, too; nothing uses the third. */
function seedShop(): { shape: string; route: string; old: string } {
  const [shape = "", route = "", old = ""] = ["orders-shape", "orders-route", "old"].map(
    (name, index) => account.seed({ _id: `5f000000000000000000000${index}`, name, content })._id,
  );
  account.setDependents(shape, { imports: [load], flows: [{ ...flow, paths: ["b", "a"] }] });
  account.setDependents(route, { flows: [flow] });
  return { shape, route, old };
}

/** Names that mean something to a format, to a terminal or to a browser. */
const awkward = [
  'say "hi"',
  "it's",
  "a\nb",
  "[x](y) {z} |p|",
  "<script>alert(1)</script>",
  '</script><img src=x onerror="document.title=1">',
  "<!--<script>",
  "🚀 launch 日本",
  "\u001b[31mred",
  "&amp; #quot; #35; \\n \\N",
  "C:\\dir\\",
  "**b** _e_ `c`",
  "1. list",
  "- item",
  "%%{init: {}}%%",
  "style: #abc;",
  "end",
  "",
  "\u202Ertl",
  "x -->|y| z:::unused",
];
/** What pictures show of such a name: no control characters, and of one that is empty what it is. */
const shown = (name: string, id: string) => name.replace(/[\p{Cc}\u202E]/gu, "\uFFFD") || `(no name) (${id})`;

function seedAwkward(): void {
  for (const [index, name] of awkward.entries()) {
    const { _id } = account.seed({ name, content });
    const shared = { id: "6b0000000000000000000000", name: "</script> shared", paths: ['a["b<c>"]\n&'] };
    if (index % 2) account.setDependents(_id, { "</style>": [shared], flows: [{ name }] });
  }
}

describe("graph", { tags: ["slow"], timeout: 60_000 }, () => {
  it("shows its options, its exit codes and examples", async () => {
    const help = await printed("--help");
    expect(help).toMatch(/^Usage: pulumi-celigo graph \[options\]\n/);
    for (const option of ["--format <format>", "--out <file>", "--match <pattern>", "--unused", "--stack <name>"]) {
      expect(help).toContain(`  ${option} `);
    }
    expect(help).toContain("Exit codes: 0 done, 1 failed, 2 wrong usage.");
    expect(help.match(/ \$ pulumi-celigo graph /g)).toHaveLength(3);
  });

  it("prints JSON with each resource once, what refers to what and where, and which scripts nothing uses", async () => {
    const { shape, route, old } = seedShop();
    expect(await graphOf()).toEqual({
      nodes: [
        { id: flow.id, type: "flows", name: "Orders to ERP" },
        { id: load.id, type: "imports", name: "Add orders" },
        { id: old, type: "scripts", name: "old", unused: true },
        { id: route, type: "scripts", name: "orders-route", unused: false },
        { id: shape, type: "scripts", name: "orders-shape", unused: false },
      ],
      edges: [
        { from: flow.id, to: shape, paths: ["a", "b"] },
        { from: flow.id, to: route, paths: flow.paths },
        { from: load.id, to: shape, paths: load.paths },
      ],
    });
  });

  it("adds what an entry says about other nodes, and nothing about strangers or itself", async () => {
    const { shape, route, old } = seedShop();
    const dependencyIds = { imports: [load.id, "6a00000000000000000000ff"], script: [old, route], flows: [flow.id] };
    account.setDependents(route, { flows: [{ ...flow, dependencyIds }] });
    account.setDependents(shape, { flows: [flow], imports: [load], scripts: [{ id: shape, name: "orders-shape" }] });
    const { nodes, edges } = await graphOf();
    expect(edges).toEqual([
      { from: flow.id, to: shape, paths: flow.paths },
      { from: flow.id, to: route, paths: flow.paths },
      { from: flow.id, to: old, paths: [] },
      { from: flow.id, to: load.id, paths: [] },
      { from: load.id, to: shape, paths: load.paths },
    ]);
    expect(nodes.filter(({ unused }) => unused)).toEqual([]);
  });

  it("asks for the list, a page each, and once for each script that is meant, some at a time", async () => {
    for (let index = 0; index < 9; index++) account.seed({ name: `s${index}`, content });
    await printed();
    expect(emulator.requests.map(({ operation }) => operation).sort()).toEqual([
      ...Array(9).fill("listScriptDependencies"),
      ...Array(3).fill("listScripts"),
    ]);
    emulator.resetRequests();
    const { nodes } = await graphOf("--match", "^s[12]$");
    expect(nodes.map(({ name }) => name)).toEqual(["s1", "s2"]);
    expect(emulator.count({ operation: "listScriptDependencies" })).toBe(2);
  });

  it("fails for a pattern that matches no script, writes no file, and asks nothing of a script", async () => {
    account.seed({ name: "orders", content });
    expect(await complaintOf(1, ["--match", "^ordres", "--out", join(folder, "none.html")])).toBe(
      'error: could not show what uses which scripts: none of 1 script matches /^ordres/. The nearest names: "orders".',
    );
    expect(existsSync(join(folder, "none.html"))).toBe(false);
    expect(emulator.count({ operation: "listScriptDependencies" })).toBe(0);
  });

  it("leaves the scripts that nothing uses when it is asked", async () => {
    const { old } = seedShop();
    expect(await graphOf("--unused")).toEqual({
      nodes: [{ id: old, type: "scripts", name: "old", unused: true }],
      edges: [],
    });
  });

  it("is Mermaid, where nothing else is said", async () => {
    const { shape, route, old } = seedShop();
    const lines = [
      "flowchart LR",
      "  %% made by pulumi-celigo graph",
      '  subgraph tflows["flows"]',
      `    n${flow.id}["Orders to ERP"]`,
      "  end",
      '  subgraph timports["imports"]',
      `    n${load.id}["Add orders"]`,
      "  end",
      '  subgraph tscripts["scripts"]',
      `    n${old}(["old · unused"]):::unused`,
      `    n${route}["orders-route"]`,
      `    n${shape}["orders-shape"]`,
      "  end",
      `  n${flow.id} --> n${shape}`,
      `  n${flow.id} --> n${route}`,
      `  n${load.id} --> n${shape}`,
      "  classDef unused stroke-dasharray: 4 3",
    ];
    expect((await printed()).trimEnd().split("\n")).toEqual(lines);
    await printed("--out", "graph.md");
    const fenced = ["```mermaid", ...lines, "```", ""];
    expect(readFileSync(join(folder, "graph.md"), "utf8").split("\n")).toEqual(fenced);
  });

  it("keeps Mermaid's own signs out of its labels", async () => {
    seedAwkward();
    const lines = (await printed("--format", "mermaid")).split("\n");
    const { nodes } = await graphOf();
    for (const { id, name } of nodes) {
      const [label] = lines
        .flatMap((line) => /^ {4}n(\w+)(?:\["|\(\[")(.*?)(?: · unused)?"\]/.exec(line)?.slice(1) ?? [])
        .flatMap((part, index, all) => (part === id ? [all[index + 1] ?? ""] : []));
      expect(label).not.toMatch(/["<>[\]{}|\\`*%:;&](?<!#\d+;)/);
      const read = label?.replace(/#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));
      expect(read).toBe(shown(name, id).trim());
    }
    expect(lines.filter((line) => /^ {2}n\w+ --> n\w+$/.test(line))).toHaveLength(awkward.length);
  });

  it("says when Mermaid would not draw it", async () => {
    const [first = ""] = [..."ab"].map((name) => account.seed({ name, content })._id);
    const flows = Array.from({ length: 501 }, (_, index) => ({ name: `f${index}` }));
    account.setDependents(first, { flows });
    const { stderr, code } = await run([]);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^note: Mermaid draws at most 500 edges [^\n]+\n$/)]);
  });

  it("is DOT that Graphviz reads, with all names as they are", async (context) => {
    seedAwkward();
    const dot = await printed("--format", "dot");
    expect(dot).toMatch(/^\/\/ made by pulumi-celigo graph\ndigraph celigo \{\n/);
    if (foldersWith("dot", process.env["PATH"]).length === 0) {
      skip(context, "there is no Graphviz. Install it (apt-get install graphviz).");
    }
    const { objects, edges } = JSON.parse(execFileSync("dot", ["-Tdot_json"], { input: dot, encoding: "utf8" })) as {
      readonly objects: readonly {
        readonly name: string;
        readonly label: string;
        readonly nodes?: readonly number[];
      }[];
      readonly edges: readonly { readonly tail: number; readonly head: number }[];
    };
    const graph = await graphOf();
    const meant = graph.nodes.map(({ id, name, unused }) => [id, shown(name, id).trim() + (unused ? " · unused" : "")]);
    const plain = (label: string) => label.replaceAll("&amp;", "&").replaceAll("\\\\", "\\");
    const drawn = objects.filter(({ nodes }) => !nodes).map(({ name, label }) => [name, plain(label)]);
    expect(drawn.sort()).toEqual(meant.sort());
    const ends = edges.map(({ tail, head }) => [objects[tail]?.name, objects[head]?.name]);
    expect(ends.sort()).toEqual(graph.edges.map(({ from, to }) => [from, to]).sort());
  });

  it("takes the format from the ending of the file, unless it is said, and replaces what it made", async () => {
    seedShop();
    const counts = "3 scripts (1 unused), 2 resources, 3 edges";
    for (const [file, format] of [
      ["a.mmd", "mermaid"],
      ["a.gv", "dot"],
      ["a.dot", "dot"],
      ["a.json", "json"],
      ["a.HTML", "html"],
      ["a.txt", "mermaid"],
    ] as const) {
      for (const _ of [1, 2]) expect(await printed("--out", file)).toBe(`${file}: ${format}, ${counts}\n`);
      expect(readFileSync(join(folder, file), "utf8")).toBe(await printed("--format", format));
    }
    expect(await printed("--out", "a.txt", "--format", "json")).toBe(`a.txt: json, ${counts}\n`);
    expect(readdirSync(folder)).toHaveLength(6);
  });

  it("is the same to the byte, in any order of Celigo's responses", async () => {
    seedAwkward();
    const { shape } = seedShop();
    const first = await Promise.all(["mermaid", "dot", "json", "html"].map((format) => printed("--format", format)));
    account.setDependents(shape, { flows: [{ ...flow, paths: ["a", "b"] }], imports: [load] });
    emulator.faults.add({
      operation: "listScriptDependencies",
      times: 5,
      fault: { kind: "latency", milliseconds: 200 },
    });
    const again = await Promise.all(["mermaid", "dot", "json", "html"].map((format) => printed("--format", format)));
    expect(again).toEqual(first);
  });

  it("shows an account without scripts", async () => {
    expect(await graphOf()).toEqual({ nodes: [], edges: [] });
    expect(await printed("--out", "empty.html")).toBe("empty.html: html, 0 scripts (0 unused), 0 resources, 0 edges\n");
  });

  it("ends with 2 for a format or a pattern that is none", async () => {
    expect(await complaintOf(2, ["--format", "svg"])).toContain("Allowed choices are mermaid, dot, json, html");
    expect(await complaintOf(2, ["--match", "("])).toContain("It is not a regular expression");
    expect(await complaintOf(2, ["all"])).toContain("too many arguments");
    expect(emulator.requests).toEqual([]);
  });

  it("asks nothing when the file cannot be written, and overwrites nothing of anybody else's", async () => {
    expect(await complaintOf(1, ["--out", "no/where/graph.html"])).toBe(
      "error: could not write no/where/graph.html: there is no folder no/where. Make it, or give another --out.",
    );
    mkdirSync(join(folder, "folder.html"));
    expect(await complaintOf(1, ["--out", "folder.html"])).toContain("it is not a file");
    expect(await complaintOf(2, ["--out", "scripts.pdf"])).toBe(
      "error: graph cannot write .pdf. Use .mmd, .mermaid, .md, .txt, .dot, .gv, .json, .html, .htm, or say which with --format.",
    );
    writeFileSync(join(folder, "notes.md"), "# Notes\n");
    expect(await complaintOf(1, ["--out", "notes.md"])).toBe(
      "error: could not write notes.md: the file holds something other than a graph of this command. Remove it, or give another --out.",
    );
    expect(readFileSync(join(folder, "notes.md"), "utf8")).toBe("# Notes\n");
    const drawing = "```mermaid\nflowchart LR\n  %% made by pulumi-celigo graph\n```\n";
    for (const [name, text] of Object.entries({
      "how-to.md": "# Scripts\n\nRefresh with `npx pulumi-celigo graph --out how-to.md`.\n",
      "with-words.md": `${drawing}\nOur own words.\n`,
      "package.json": '{ "scripts": { "graph": "pulumi-celigo graph --out scripts.json" } }\n',
      "nodes.json": '{ "nodes": [1, 2] }\n',
      "page.html": "<!doctype html>\n<p>Made by hand; see pulumi-celigo graph</p>\n",
    })) {
      writeFileSync(join(folder, name), text);
      expect(await complaintOf(1, ["--out", name])).toContain("the file holds something other than a graph");
      expect(readFileSync(join(folder, name), "utf8")).toBe(text);
    }
    expect(emulator.requests).toEqual([]);
  });

  it("writes through a link, and leaves the old file when Celigo fails", async () => {
    seedShop();
    mkdirSync(join(folder, "docs"));
    await printed("--out", "docs/graph.json");
    symlinkSync("docs/graph.json", join(folder, "link.json"));
    const before = readFileSync(join(folder, "docs", "graph.json"), "utf8");
    await complaintOf(1, ["--out", "link.json"], { CELIGO_API_TOKEN: "token-of-nobody" });
    expect(readFileSync(join(folder, "docs", "graph.json"), "utf8")).toBe(before);
    await printed("--out", "link.json", "--unused");
    expect(JSON.parse(readFileSync(join(folder, "docs", "graph.json"), "utf8"))).toMatchObject({ edges: [] });
    expect(readdirSync(join(folder, "docs"))).toEqual(["graph.json"]);
  });

  it("fails in a line with a wrong token, and asks no more once a request has failed", async () => {
    for (let index = 0; index < 20; index++) account.seed({ name: `s${index}`, content });
    expect(await complaintOf(1, [], { CELIGO_API_TOKEN: "token-of-nobody" })).toMatch(
      /^error: could not list scripts: Celigo answered 401/,
    );
    const body = { errors: [{ code: "forbidden", message: "Not yours." }] };
    emulator.faults.add({
      operation: "listScriptDependencies",
      times: 20,
      fault: { kind: "status", status: 403, body },
    });
    expect(await complaintOf(1, [], { CELIGO_MAX_CONCURRENCY: "2" })).toMatch(
      /^error: could not list the dependents of script "s\d+" \([0-9a-f]{24}\): Celigo answered 403: Not yours\./,
    );
    expect(emulator.count({ operation: "listScriptDependencies" })).toBeLessThanOrEqual(3);
  });
});

/** Skips a test, and says so. */
function skip(context: TestContext, reason: string): never {
  console.warn(`SKIPPED: "${context.task.name}": ${reason}`);
  return context.skip(reason);
}

describe("graph, as a page in a browser", { tags: ["slow"], timeout: 120_000 }, () => {
  /** Writes the page and opens it; skips the test, and says so, where there is no browser. */
  async function openPage(context: TestContext, fragment = ""): Promise<Page & { readonly url: string }> {
    await printed("--out", "graph.html");
    const url = pathToFileURL(join(folder, "graph.html")).href;
    try {
      const page = await openBrowser();
      context.onTestFinished(() => page.close());
      await page.open(url + fragment);
      return { ...page, url };
    } catch (error) {
      if (!(error instanceof NoBrowserError)) throw error;
      return skip(context, error.message);
    }
  }

  const labels = (of: string) =>
    `[...document.querySelectorAll("#drawing ${of}")].map((one) => one.title.split("\\n")[0])`;

  it("draws every node and edge, with nothing from elsewhere and nothing refused", async (context) => {
    const { shape, old } = seedShop();
    const page = await openPage(context);
    expect((await page.value<string[]>(labels(".node"))).sort()).toEqual(
      ["Add orders", "Orders to ERP", "old", "orders-route", "orders-shape"].sort(),
    );
    expect(await page.value<string[]>(labels(".node.unused"))).toEqual(["old"]);
    const edges = '[...document.querySelectorAll("path.edge")].map((one) => [one.dataset.from, one.dataset.to])';
    expect(await page.value<string[][]>(edges)).toEqual((await graphOf()).edges.map(({ from, to }) => [from, to]));
    // Each line begins at its one box and ends at its other.
    const gaps = `[...document.querySelectorAll("path.edge")].flatMap((edge) => {
      const box = (id) => document.querySelector('.node[data-id="' + id + '"]').getBoundingClientRect();
      const at = (length) => edge.getPointAtLength(length).matrixTransform(edge.getScreenCTM());
      const [from, to, start, end] = [box(edge.dataset.from), box(edge.dataset.to), at(0), at(edge.getTotalLength())];
      return [start.x - from.right, start.y - from.top - from.height / 2, end.x - to.left, end.y - to.top - to.height / 2];
    }).map(Math.round)`;
    expect(await page.value<number[]>(gaps)).toEqual(Array(12).fill(0));
    const legend = '[...document.querySelectorAll("#legend button")].map((one) => one.innerText.replace(/\\s+/, " "))';
    expect(await page.value<string[]>(legend)).toEqual(["flows 1", "imports 1", "scripts 3", "unused 1"]);
    const said = (id: string) => `document.querySelector('.node[data-id="${id}"]').getAttribute("aria-label")`;
    expect(await page.value(said(shape))).toBe("script orders-shape, used by 2");
    expect(await page.value(said(old))).toBe("script old, unused");
    expect(page.noted).toEqual([page.url]);
  });

  it("keeps every name a name", async (context) => {
    seedAwkward();
    const page = await openPage(context);
    const { nodes } = await graphOf();
    const names = nodes.map(({ id, name }) => shown(name, id).trim());
    expect((await page.value<string[]>(labels(".node"))).sort()).toEqual(names.sort());
    const listed = '[...document.querySelectorAll("#list > ul > li > bdi")].map((one) => one.textContent)';
    expect((await page.value<string[]>(listed)).sort()).toEqual(names.sort());
    expect(await page.value("document.querySelectorAll('img, script:not([type])').length")).toBe(1);
    expect(await page.value("document.title")).toBe("Celigo scripts of the account");
    await page.open(`${page.url}#node=6b0000000000000000000000`);
    expect(await page.value("document.querySelector('#details code:nth-of-type(1)').textContent")).toMatch(/^6b0/);
    expect(await page.value("document.querySelector('#details li code').textContent")).toContain('a["b<c>"]\n&');
    expect(page.noted).toEqual([page.url]);
  });

  it("runs no other script, asks nobody and takes no other style", async (context) => {
    seedShop();
    const page = await openPage(context);
    const html = readFileSync(join(folder, "graph.html"), "utf8");
    const foreign =
      "<script>document.title = 'taken'</script><img src='http://127.0.0.1:9/x'><b style='color: red'>b</b>";
    writeFileSync(join(folder, "tampered.html"), html.replace("</main>", `${foreign}</main>`));
    await page.open(pathToFileURL(join(folder, "tampered.html")).href);
    expect(await page.value("document.title")).toBe("Celigo scripts of the account");
    expect(await page.value("getComputedStyle(document.querySelector('b[style]')).color")).not.toBe("rgb(255, 0, 0)");
    for (const rule of ["script-src", "style-src", "default-src 'none'"]) {
      expect(page.noted.filter((one) => one.includes("Content Security Policy") && one.includes(rule))).not.toEqual([]);
    }
    expect(await page.value("document.querySelectorAll('.node').length")).toBe(5);
  });

  it("shows what a search finds with what it is linked to, and keeps the search in the address", async (context) => {
    seedShop();
    const page = await openPage(context, "#q=ROUTE");
    expect(await page.value<string[]>(labels(".node"))).toEqual(["Orders to ERP", "orders-route"]);
    expect(await page.value<string[]>(labels(".node.found"))).toEqual(["orders-route"]);
    expect(await page.value("document.querySelector('#search').value")).toBe("ROUTE");
    expect(await page.value("document.querySelector('#status').textContent")).toBe(
      "1 found, 2 shown with what they are linked to",
    );
    await page.point("#search", "click");
    await page.value("document.querySelector('#search').select()");
    await page.press(..."premap");
    expect(await page.value<string[]>(labels(".node"))).toEqual(["Add orders", "orders-shape"]);
    expect(await page.value("location.hash")).toBe("#q=premap");
    await page.open(`${page.url}#hide=flows,imports`);
    expect((await page.value<string[]>(labels(".node"))).sort()).toEqual(["old", "orders-route", "orders-shape"]);
    await page.point("#legend [data-type=flows]", "click");
    expect(await page.value<string[]>(labels(".node"))).toContain("Orders to ERP");
    expect(await page.value("location.hash")).toBe("#hide=imports");
    await page.point("#legend .unused", "click");
    expect(await page.value<string[]>(labels(".node"))).toEqual(["old"]);
    await page.open(`${page.url}#q=nothing-has-this`);
    expect(await page.value("document.querySelector('#drawing').textContent")).toBe("There is nothing to show.");
    expect(page.noted).toEqual(expect.not.arrayContaining([expect.stringMatching(/error/i)]));
  });

  it("lights up what a box is linked to, by mouse, by keyboard and from the address", async (context) => {
    const { shape, route } = seedShop();
    const page = await openPage(context, `#node=${route}`);
    expect(await page.value<string[]>(labels(".node.lit"))).toEqual(["Orders to ERP", "orders-route"]);
    expect(await page.value("document.querySelectorAll('.edge.lit').length")).toBe(1);
    expect(await page.value("document.querySelector('#details').innerText")).toMatch(
      /^orders-route\s+script 5f0{21}1\s+Used by 1\s+flow\s*Orders to ERP\s+pageProcessors\[0\]\._scriptId$/,
    );
    await page.point(`.node[data-id="${shape}"]`);
    expect((await page.value<string[]>(labels(".node.lit"))).sort()).toEqual([
      "Add orders",
      "Orders to ERP",
      "orders-shape",
    ]);
    await page.point("h1");
    expect(await page.value<string[]>(labels(".node.lit"))).toEqual(["Orders to ERP", "orders-route"]);
    await page.point("#details .link", "click");
    expect(await page.value("location.hash")).toBe(`#node=${flow.id}`);
    expect(await page.value("document.activeElement.dataset.id")).toBe(flow.id);
    await page.press("ArrowRight");
    const focused = await page.value("document.activeElement.dataset.id");
    expect([shape, route]).toContain(focused);
    await page.press("Enter");
    expect(await page.value("location.hash")).toBe(`#node=${focused}`);
    expect(await page.value("document.activeElement.getAttribute('aria-pressed')")).toBe("true");
    await page.press("Escape");
    expect(await page.value("location.hash")).toBe("");
    expect(await page.value("document.querySelectorAll('.node[tabindex=\"0\"]').length")).toBe(1);
    await page.press("/");
    expect(await page.value("document.activeElement.id")).toBe("search");
  });

  it("is readable as a list where no script runs", async () => {
    const { shape } = seedShop();
    const html = await printed("--format", "html");
    expect(html).toContain("<noscript><p>The drawing needs JavaScript.");
    expect(html).toContain('<details id="list" open>');
    expect(html).toContain(`<li><bdi>orders-shape</bdi> <code>${shape}</code>, used by:`);
    expect(html).not.toMatch(/\b(?:src|href|action)=|@import|url\(/);
  });

  it("draws 300 scripts and 500 resources in seconds, none upon another", async (context) => {
    const resources = Array.from({ length: 500 }, (_, index) => ({
      id: (0x6c0000000000 + index).toString(16).padEnd(24, "0"),
      name: `resource ${index}`,
    }));
    for (let index = 0; index < 300; index++) {
      const { _id } = account.seed({ name: `script ${index}`, content });
      const users = [0, 1, 300 + index * 7].map((step) => resources[(index + step) % 500] ?? flow);
      if (index % 10) account.setDependents(_id, { [index % 2 ? "flows" : "imports"]: users });
    }
    const page = await openPage(context);
    const seconds = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd / 1000";
    expect(await page.value<number>(seconds)).toBeLessThan(5);
    const { nodes, edges } = await graphOf();
    expect(await page.value("document.querySelectorAll('.node').length")).toBe(nodes.length);
    expect(await page.value("document.querySelectorAll('.edge').length")).toBe(edges.length);
    const places =
      "[...document.querySelectorAll('.node')].map((one) => one.getBoundingClientRect()).map(({ x, y }) => [x, y])";
    const all = await page.value<number[][]>(places);
    const columns = [...new Set(all.map(([x]) => x))];
    expect(columns).toHaveLength(2);
    for (const column of columns) {
      const inColumn = all.filter(([x]) => x === column);
      const rows = inColumn.map(([, y = 0]) => y).sort((one, other) => one - other);
      for (const [index, y] of rows.entries()) expect(y - (rows[index - 1] ?? -100)).toBeGreaterThanOrEqual(26);
    }
    expect(statSync(join(folder, "graph.html")).size).toBeLessThan(500_000);
  });
});
