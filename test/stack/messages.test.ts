import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { EmulatorAccount, FaultRule } from "../../sdk/emulator/index";
import { engineOrSkip } from "../engine/vitest";
import { openSession, programOf, sourceOf } from "./session";

const engine = engineOrSkip();
const limit = { timeout: 300_000 };
const document = join(__dirname, "../../provider/MESSAGES.md");
const secret = "tok-4f9a0c-do-not-show";
const failing = { args: ["--continue-on-error"], expectFailure: true } as const;
const unknownId = "5f0000000000000000000abc";

/** Every message that the tests below have seen in Pulumi's summary. */
const rendered: string[] = [];

/** Messages by the logical name of the script beside which they stand; those of the stack by `""`. */
type Messages = Readonly<Record<string, readonly string[]>>;

/** Makes a pattern of a message in which `…` stands for a part of a line that varies. */
function patternOf(message: string): string {
  const parts = message.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"));
  return parts.join("[^\\n]*?");
}

/** What stands beside each resource in the summary that Pulumi ends with; it shows each message while it runs, too. */
function summaryOf(output: string): Map<string, string> {
  const [summary = ""] = output
    .slice(output.lastIndexOf("\nDiagnostics:\n"))
    .split(/^(?:Outputs|Resources|Duration):/m);
  const [, ...parts] = summary.split(/^ {2}pulumi\S*:(Stack|Script) \((\S+)\):\n/m);
  const blocks = new Map<string, string>();
  for (let index = 0; index < parts.length; index += 3) {
    const [kind, name = "", text = ""] = parts.slice(index, index + 3);
    blocks.set(kind === "Stack" ? "" : name, text.replace(/^ {4}/gm, ""));
  }
  return blocks;
}

/** Expects that the summary holds these messages, each of them once and beside its resource, and nothing else. */
function expectMessages(output: string, messages: Messages): void {
  expect(output).not.toMatch(/^\s+at .*[:(]\d+/m);
  expect(output).not.toMatch(/\[object|undefined|node_modules|do-not-show|emulator-token/);
  const summary = summaryOf(output);
  const wrong: string[] = [];
  for (const [name, expected] of Object.entries(messages)) {
    for (const short of expected) {
      // Warnings and notes on the code say the script's name, as errors do.
      const message = short.replace("warning: @", `warning: script "${name}"`).replace(/^@/, `script "${name}"`);
      const pattern = new RegExp(`^(?:\\t\\* )?${patternOf(message)}$`, "gm");
      const text = summary.get(name) ?? "";
      const found = text.match(pattern) ?? [];
      if (found.length !== 1) {
        wrong.push(`${found.length} times, beside ${name || "the stack"}: ${message}`);
      }
      rendered.push(...found);
      summary.set(name, text.replace(pattern, ""));
    }
  }
  for (const [name, text] of summary) {
    const pulumi = /^error: (?:update failed|preview failed|1 error occurred:)$/gm;
    const rest = text.replace(pulumi, "").trim();
    if (rest !== "") {
      wrong.push(`unexpected, beside ${name || "the stack"}: ${rest}`);
    }
  }
  expect(wrong).toEqual([]);
}

const code = (value: number) => `function f() { return ${value}; }\n`;
const args = (value: number, more = "") => `{ content: ${JSON.stringify(code(value))}${more} }`;
const text = (content: string, more = "") => `{ content: ${JSON.stringify(content)}${more} }`;
const file = (path: string) => `{ content: new pulumi.asset.FileAsset("${path}") }`;

type StatusFault = Extract<FaultRule["fault"], { kind: "status" }>;

const answer = (status: number, more: Omit<StatusFault, "kind" | "status"> = {}): StatusFault => ({
  kind: "status",
  status,
  ...more,
});

/** The words of {@link answer} without a body. */
const words = "A fault rule of the emulator gave this answer";

/** The id of the one script of that name. */
function idIn(account: EmulatorAccount, name: string): string {
  const [script, ...others] = account.scripts().filter((one) => one.name === name);
  expect([script?.name, others]).toEqual([name, []]);
  return script?._id ?? "";
}

describe("a message on the real engine stands once, beside its script, without a stack or a secret", limit, () => {
  it("of inputs, code and configuration: all of them in one preview, and nothing is sent", async () => {
    const { workspace, emulator } = await openSession(
      engine(),
      {
        ...programOf({
          wrong: `{ content: "", descripton: "x", name: "y".repeat(101), templateId: "1", noModule: "yes", hash: "x" }`,
          odd: `{ description: 7, onConflict: "no", colour: "red" }`,
          hidden: '{ content: pulumi.secret(["do-not-show"]), name: "" }',
          missing: file("missing.js"),
          binary: file("binary.js"),
          empty: file("empty.js"),
          broken: file("broken.js"),
          confidential: '{ content: pulumi.secret("const key = `do-not-show") }',
          guessed: text(code(1), ', expectedCodeHash: "1234"'),
          tolerated: text("function f( {", ', syntaxCheck: "warn"'),
          imports: text("import _ from 'lodash';\nexport const f = () => require('x');"),
          timers: text("function f() { setTimeout(f, 1); }"),
          data: text("const a = 1;"),
          commonjs: text("function f() {}\nmodule.exports = { f };"),
          path: text("hooks/x.js"),
          mute: text("function preMap(options) { options.data; }"),
          ids: text(`function f() { return '${unknownId}'; }`),
          big: text(`function f() {}${" ".repeat(103_000)}`),
          plain: text("export function f() {}", ", noModule: true"),
          awaits: text("function f() {}\nawait f();", ", noModule: true"),
          template: text("const f = () => '{{stage}}';", ', substitutions: { stag: "x" }'),
          unnamed: text("const f = () => '{{stage}}';", ', substitutions: { "my-stage": "x" }'),
          imported: `${args(1)}, { import: "${unknownId}" }`,
          typed: text("const f = () => '{{stage}}';", ", substitutions: { stage: 1 }"),
        }),
        "empty.js": "",
        "broken.js": "function f() {\n  return (1;\n}\n",
      },
      { config: { "celigo:apiTokn": "x", "celigo:colour": "red", "celigo:apiToken": secret } },
    );
    writeFileSync(join(workspace.folder, "binary.js"), Buffer.from([0xff, 0xfe, 0x00, 0x80]));
    const { output } = await workspace.preview({ expectFailure: true });
    const adopt = 'Remove it, and set onNameTaken to "adopt" to adopt the script of that name.';
    const offered = 'Celigo offers "integrator-api", "dayjs" and "sjcl" only. Put the code into the script';
    expectMessages(output, {
      imported: [`error: script "imported": the import option does not work for dynamic resources. ${adopt}`],
      wrong: [
        'error: script "wrong": content must not be empty',
        'error: script "wrong": descripton is not a property of a script: did you mean description?',
        'error: script "wrong": name has 101 characters, and Celigo allows at most 100',
        'error: script "wrong": templateId must be a Celigo id: 24 hexadecimal digits',
        'error: script "wrong": noModule must be true or false, not the string yes',
        'error: script "wrong": hash is an output: it cannot be set',
      ],
      odd: [
        'error: script "odd": description must be a string, not the number 7',
        'error: script "odd": onConflict must be fail or overwrite, not the string no',
        'error: script "odd": colour is not a property of a script; its properties are content, name, …',
        'error: script "odd": content is required',
      ],
      hidden: [
        'error: script "hidden": content must be a string, or a Pulumi asset of a file or a string',
        'error: script "hidden": name must not be empty',
      ],
      missing: [
        'error: script "missing": could not read the content file missing.js: ENOENT: no such file or directory…' +
          "missing.js'. The path is relative to the folder of the program's main file.",
      ],
      binary: [
        'error: script "binary": could not read the content file binary.js: the file is not UTF-8 text. Save the file as UTF-8.',
      ],
      empty: ['error: script "empty": empty.js: it is empty'],
      broken: [
        'error: script "broken": broken.js:2:12: this is not valid JavaScript: unexpected token\n' +
          "  2 |   return (1;\n    |            ^",
      ],
      confidential: ['error: script "confidential": content:1:14: this is not valid JavaScript'],
      guessed: ['error: script "guessed": expectedCodeHash must be a codeHash: sha256: and 64 hexadecimal digits'],
      tolerated: [
        "warning: @: content:1:14: this is not valid JavaScript: unexpected end of the script\n" +
          "  1 | function f( {\n    |              ^",
      ],
      imports: [
        `warning: @: content:1:1: import of "lodash" does not work: ${offered} [import]`,
        'warning: @: content:2:24: require does not work: Celigo has no CommonJS. Import "integrator-api", "dayjs" or "sjcl", ' +
          "and put other code into the script [require]",
      ],
      timers: ["warning: @: content:1:16: setTimeout does not work: Celigo has no timers [timer]"],
      data: ["warning: @: content:1:1: no top-level function: a hook has nothing to call [no-function]"],
      commonjs: [
        "warning: @: content:2:1: module.exports does not work: Celigo has no CommonJS and calls functions by name. " +
          "Remove it, or test typeof module first [commonjs]",
      ],
      path: [
        'error: script "path": content must be code, not the path of a file: pass new pulumi.asset.FileAsset(path)',
      ],
      mute: [
        "warning: @: content:1:10: preMap returns nothing, but Celigo expects an array as long as options.data [return]",
      ],
      ids: [
        `warning: @: content:1:24: "${unknownId}" looks like a Celigo id, and ids differ between accounts. Read it ` +
          "from the settings [id]",
      ],
      big: ["warning: @: content:1:1: the content is 101 KB; keep hooks under 100 KB [size]"],
      plain: [
        "warning: @: content:1:1: import, export and top-level await need a module, and noModule makes this a " +
          "plain script. Remove noModule [module-syntax]",
      ],
      awaits: [
        "warning: @: content:2:7: import, export and top-level await need a module, and noModule makes this a " +
          "plain script. Remove noModule [module-syntax]",
      ],
      template: [
        'error: script "template": content:1: {{stage}} has no value in substitutions',
        'error: script "template": substitutions has a value for stag, but content has no {{stag}}: did you mean {{stage}}?',
      ],
      unnamed: [
        'error: script "unnamed": substitutions has the key "my-stage": a key is a name of letters, digits and _',
      ],
      typed: ['error: script "typed": substitutions must have a text for stage, not a number'],
      "": [
        "warning: Configuration key celigo:apiTokn is unknown and has no effect. " + "Did you mean celigo:apiToken?",
        "warning: Configuration key celigo:colour is unknown and has no effect. Known keys: apiToken, …",
        "warning: celigo:apiToken is stored in plain text, in the stack's configuration file and in its state. " +
          "Create a new token in Celigo, and run: pulumi config set --secret celigo:apiToken",
      ],
    });
    expect(emulator.count()).toBe(0);
  });

  it("of inputs that a transform of the program makes wrong, after they were found right", async () => {
    const wrong = '{ ...props, description: "x".repeat(2000), name: "" }';
    const options = `{ transforms: [({ props, opts }) => ({ props: ${wrong}, opts })] }`;
    const { workspace } = await openSession(engine(), programOf({ changed: `${args(1)}, ${options}` }));
    const { output } = await workspace.preview({ expectFailure: true });
    const problem = "error: pulumi-nodejs:dynamic/celigo:Script resource 'changed' has a problem:";
    expectMessages(output, {
      changed: [
        `${problem} description has 2000 characters, and Celigo allows at most 1024`,
        `${problem} name must not be empty`,
      ],
    });
  });

  it("of data functions, of folders of scripts, and of the configuration", async () => {
    const { workspace, account, emulator } = await openSession(engine(), {
      "index.js": "",
      "hooks/one/a.js": code(1),
      "hooks/one/a.mjs": code(1),
      "hooks/two/a.js": code(1),
    });
    for (const name of ["orders", "twice", "twice"]) {
      account.seed({ name, content: code(1) });
    }
    const [orders, ...twice] = account.scripts().map(({ _id }) => _id);
    const gone = account.seed({ name: "gone", content: code(1) })._id;
    account.remove(gone);
    account.behave({ showsRecycled: true });
    const next = (url: string) => answer(200, { body: [], headers: { link: `<${url}>; rel="next"` } });
    for (const [path, fault] of [
      [/include=_userId/, next(`${emulator.url}/v1/scripts?include=_userId`)],
      [/include=createdAt/, next("https://elsewhere.example.com/v1/scripts")],
    ] as const) {
      emulator.faults.add({ operation: "listScripts", path, times: Infinity, fault });
    }
    const settings = {
      CELIGO_BASE_URL: ["http://example.com", "ftp://example.com", "https://me:do-not-show@example.com"],
      CELIGO_MAX_CONCURRENCY: ["lots"],
      CELIGO_REQUEST_TIMEOUT: ["0"],
      CELIGO_ON_NAME_TAKEN: ["perhaps"],
      CELIGO_API_TOKEN: ["tok do-not-show"],
    };
    workspace.writeFile(
      "index.js",
      `const celigo = require("pulumi-celigo");
      const { CELIGO_BASE_URL, CELIGO_API_TOKEN } = process.env;
      for (const [name, values] of Object.entries(${JSON.stringify(settings)})) {
        for (const value of values) {
          process.env[name] = value;
          celigo.getScripts({ nameMatches: value });
          Object.assign(process.env, { CELIGO_BASE_URL, CELIGO_API_TOKEN });
        }
        if (!/BASE_URL|API_TOKEN/.test(name)) delete process.env[name];
      }
      Object.assign(process.env, { CELIGO_REGION: "mars", CELIGO_BASE_URL: "" });
      celigo.getScripts();
      Object.assign(process.env, { CELIGO_REGION: "", CELIGO_BASE_URL });

      celigo.getScript({});
      celigo.getScript({ name: "ordrs" });
      celigo.getScript({ name: "twice" });
      celigo.getScript({ id: "123" });
      celigo.getScript({ id: "${gone}" });
      celigo.getScriptOutput({ id: "${unknownId}" });
      celigo.getScripts({ include: ["lastModifed"] });
      celigo.getScripts({ include: ["lastModified"], exclude: ["createdAt"] });
      celigo.getScripts({ nameMatches: "(" });
      celigo.getScripts({ include: ["userId"] });
      celigo.getScripts({ include: ["createdAt"] });
      celigo.getScriptLogs({ id: "${orders}", limit: 0 });
      celigo.getScriptLogs({ id: "${orders}", startDate: "yesterday" });
      celigo.getScriptLogs({ id: "${orders}", level: "loud" });
      celigo.getScriptAudit({ id: "${orders}", include: ["a b"] });

      const folder = async (path, more) => void new celigo.ScriptFolder("folder", { path, ...more });
      folder("missing");
      folder("index.js");
      folder("hooks", { include: ["*.ts"] });
      folder("hooks", { include: ["!a.js"] });
      folder("hooks");
      folder("hooks", { include: ["one/*"] });
      folder("hooks/two", { scripts: { "b.js": {} } });`,
    );
    const { output } = await workspace.preview({ expectFailure: true });
    const folder = (path: string) => `error: could not make scripts of the folder "${path}":`;
    const invalid = (name: string) => `error: invalid configuration…${name} in the environment…:`;
    expectMessages(output, {
      "": [
        `${invalid("CELIGO_BASE_URL")} http://example.com would send the token in the clear. Use https; …`,
        `${invalid("CELIGO_BASE_URL")} it is not an http or https address. Set it to an https address, such as …`,
        `${invalid("CELIGO_BASE_URL")} it holds a user name or a password. Remove it. Only CELIGO_API_TOKEN authorises.`,
        `${invalid("CELIGO_MAX_CONCURRENCY")} "lots" is not a whole number from 1 to 1000. Remove it for the default of 32.`,
        `${invalid("CELIGO_REQUEST_TIMEOUT")} "0" is not a number from 0.1 to 3600. Remove it for the default of 30.`,
        `${invalid("CELIGO_ON_NAME_TAKEN")} "perhaps" is not a valid value. Set it to fail, adopt… create.`,
        `${invalid("CELIGO_API_TOKEN")} it has characters that a token cannot have. Copy the token again, as one line.`,
        `${invalid("CELIGO_REGION")} "mars" is not a region. Set it to us or eu.`,
        "error: …getScript: needs either an id or a name…",
        'error: …getScript: no script has the name "ordrs"; did you mean "orders"?…',
        `error: …getScript: 2 scripts have the name "twice": give one of the ids ${twice.join(", ")}…`,
        "error: could not read script 123: the id is not 24 hexadecimal digits…",
        `error: …getScript: script ${gone} was moved to the recycle bin at …`,
        `error: could not read script ${unknownId}: Celigo answered 404: There is no script ${unknownId}. ` +
          "Check the id, and that the token belongs to the script's account.",
        'error: …getScripts: "lastModifed" is not a field of a list; did you mean "lastModified"?…',
        "error: could not list scripts: include and exclude cannot be combined…",
        'error: …getScripts: nameMatches is "(", and must be a regular expression…',
        "error: could not list scripts: pagination loop: the server sent the same next page twice…",
        "error: could not list scripts: the server pointed to another address, https://elsewhere.example.com/v1/scripts, " +
          `which was not followed. Check the network and that ${emulator.url} is the right address (from CELIGO_BASE_URL in the environment).`,
        "error: …: limit is 0, and must be a whole number from 1 to 1000…",
        'error: …: startDate is "yesterday", and must be a time in ISO 8601, such as 2026-01-31T12:00:00Z…',
        `error: could not read the execution log of script ${orders}: Celigo answered 400: level must be equal to one of ` +
          "the allowed values… (field level). Correct what Celigo names, and run the command again.",
        `error: could not read the audit log of script ${orders}: "a b" is not a list of fields: a name has letters, digits, ` +
          '"." and "_" only…',
        `${folder("missing")} … does not exist. The path is relative to the folder of the program's main file.`,
        `${folder("index.js")} … is not a folder. The path is relative to the folder of the program's main file.`,
        `${folder("hooks")} no file in … matches {"include":["*.ts"]}. Correct the patterns. To delete all scripts of ` +
          "the folder, set allowEmpty: true.",
        `${folder("hooks")} "!a.js" is not a pattern. Use globs such as "**/*.js". Put patterns of files to leave out into ` +
          'exclude, without "!".',
        `${folder("hooks")} "one/a.js" and "two/a.js" would have the same name in Celigo, "a". Set @name in the header ` +
          'of one of them, or allow both with onNameTaken: "create".',
        `${folder("hooks")} "one/a.js" and "one/a.mjs" become the same script, "folder/one/a". Rename one of them, ` +
          "exclude it, or remove a former path from renamedFrom.",
        `${folder("hooks/two")} scripts names "b.js", and the folder has no such script. Did you mean "a.js"?`,
      ],
    });
  });

  it("of creating scripts", async () => {
    const { workspace, account, emulator } = await openSession(engine(), { "index.js": "" });
    const { faults } = emulator;
    const seed = (name: string) => account.seed({ name, content: code(1) })._id;
    const [taken, ...others] = ["taken", "twice", "twice", "pair", "pair"].map(seed);
    const ids: Record<string, string> = {};
    /** The answer to a creation that was carried out: as much as Celigo must say of it, and what happens meanwhile. */
    const created = (name: string, meanwhile: () => void) => ({
      get _id() {
        ids[name] ??= idIn(account, name);
        meanwhile();
        return ids[name];
      },
      name,
    });
    faults.add({ operation: "listScripts", fault: answer(403) });
    faults.add({ operation: "listScripts", path: /createdAt/, fault: answer(400) });
    // One for each POST, in their order.
    for (const fault of [
      answer(502, { body: "<html><title>Bad Gateway</title></html>" }),
      ...Array.from({ length: 5 }, () => answer(503, { headers: { "retry-after": "7" } })),
      answer(502, { body: created("ambiguous", () => (ids["another"] = seed("ambiguous"))), when: "after" }),
      answer(502, {
        body: created("altered", () => account.edit(ids["altered"] ?? "", { content: code(9) })),
        when: "after",
      }),
      answer(503),
      answer(201, { body: created("twin", () => (ids["sibling"] = seed("twin"))), when: "after" }),
      answer(503),
      answer(201, {
        body: created("unsure", () => {
          faults.add({ operation: "listScripts", path: /createdAt/, fault: answer(403) });
        }),
        when: "after",
      }),
      answer(422, { body: { errors: [{ code: "limit", message: "There are too many scripts", field: "name" }] } }),
      answer(201, {
        body: created("unconfirmed", () => {
          faults.add({ operation: "getScriptById", fault: answer(403) });
        }),
        when: "after",
      }),
    ]) {
      faults.add({ operation: "createScript", fault });
    }
    const order = ["unlisted", "taken", "twice", "pair", "lost", "never", "ambiguous", "altered", "twin"];
    order.push("unsure", "refused");
    // Each one waits until the one before has been created or has failed.
    workspace.writeFile(
      "index.js",
      `const { Script } = require("pulumi-celigo");
      let before = Promise.resolve();
      for (const name of ${JSON.stringify([...order, "unconfirmed"])}) {
        const content = before.then(() => ${JSON.stringify(code(1))});
        before = new Script(name, { content, onNameTaken: name === "pair" ? "adopt" : undefined }).id.isKnown;
      }`,
    );
    const { output } = await workspace.up(failing);
    const one = (id: string | undefined) => `${id} (last changed …, the same content)`;
    expectMessages(output, {
      unlisted: [
        `error: could not create script "unlisted": Celigo answered 403: ${words}. Give the token's user access to ` +
          "scripts in Celigo, or use another token.",
      ],
      taken: [
        `error: could not create script "taken": the account already has a script of that name: ${one(taken)}. ` +
          "To adopt it, also after an interrupted run: CELIGO_ON_NAME_TAKEN=adopt pulumi up --refresh. To make " +
          'another, set onNameTaken to "create". If it belongs to a resource of this stack that you renamed, ' +
          "give that an alias.",
      ],
      twice: [
        'error: could not create script "twice": the account already has 2 scripts of that name: ' +
          `${one(others[0])}, ${one(others[1])}. …To make another, set onNameTaken to "create". If it …`,
      ],
      pair: [
        'error: could not create script "pair": the account already has 2 scripts of that name: ' +
          `${one(others[2])}, ${one(others[3])}. Only a single one can be adopted: delete or rename the others in ` +
          'Celigo, adopt one by its id (pulumi-celigo import ID), or set onNameTaken to "create" for another one.',
      ],
      lost: [
        'error: could not create script "lost": 502 and an HTML page titled "Bad Gateway" instead of Celigo\'s JSON; ' +
          `could not check whether it was created: …Celigo answered 400: ${words}. …Run pulumi up again: ` +
          "should the script be there, it says so, and how to go on.",
      ],
      never: [
        `error: could not create script "never": Celigo answered 503: ${words}… (5 attempts; the list of scripts does not ` +
          "show it). The server or the network is in trouble: run the command again later. The server asks " +
          "to wait 7 s.",
      ],
      ambiguous: [
        'error: could not create script "ambiguous": the response was lost, and there are 2 new scripts of that name ' +
          `and content: ${ids["ambiguous"]} (created …), ${ids["another"]} (created …). Delete or rename all but one of ` +
          "them in Celigo, and then: CELIGO_ON_NAME_TAKEN=adopt pulumi up --refresh",
      ],
      altered: [
        'error: could not create script "altered": the response was lost, and there is a new script of that name with other ' +
          `content: ${ids["altered"]} (created …). If it is this script, with a change of somebody's: ` +
          "CELIGO_ON_NAME_TAKEN=adopt pulumi up --refresh. Otherwise delete or rename it in Celigo.",
      ],
      twin: [
        `script "twin" (${ids["twin"]}) was created, possibly twice: an earlier attempt whose response was lost also made ` +
          `${ids["sibling"]}; delete that in Celigo. Then run pulumi up again.`,
      ],
      unsure: [
        `script "unsure" (${ids["unsure"]}) was created, possibly twice: could not check whether an earlier attempt whose response was ` +
          `lost made another one; look for it in Celigo: …Celigo answered 403: ${words}. …Then ` +
          "run pulumi up again.",
      ],
      refused: [
        'error: could not create script "refused": Celigo answered 422: There are too many scripts (field name). Correct ' +
          "what Celigo names, and run the command again.",
      ],
      unconfirmed: [`…${ids["unconfirmed"]}…: Celigo answered 403: ${words}…`],
    });
  });

  it("of updating and deleting scripts, and of whatever answers in Celigo's place", async () => {
    const { workspace, account, emulator } = await openSession(engine(), {});
    const places = ["absent", "big", "broken", "changed", "conflict", "cut", "denied", "elsewhere", "empty", "gone"];
    const updated = [...places, "html", "limited", "lost", "nameless", "prose", "refused", "slow"];
    const deleted = ["dropped", "insisted", "leaving", "mislaid", "mystery", "used"];
    const program = (value: number, more: readonly string[]) => {
      const updates = updated.map((name) => [name, name === "changed" ? file("changed.js") : args(value)]);
      const deletes = more.map((name) => [name, args(1, name === "insisted" ? ', onDependents: "delete"' : "")]);
      return sourceOf(Object.fromEntries([...updates, ...deletes]));
    };
    workspace.writeFile("changed.js", code(1));
    workspace.writeFile("index.js", program(1, deleted));
    await workspace.up();

    const ids = Object.fromEntries([...updated, ...deleted].map((name) => [name, idIn(account, name)]));
    const strike = (operation: string, name: string, fault: FaultRule["fault"], skip = 0) =>
      emulator.faults.add({ operation, path: new RegExp(`/${ids[name]}`), times: Infinity, skip, fault });
    const by = { userName: "Ada Lovelace" };
    for (const name of ["conflict", "nameless", "dropped"]) {
      account.edit(ids[name] ?? "", { content: code(9) }, by);
    }
    strike("getScriptAudit", "nameless", answer(403));
    account.remove(ids["gone"] ?? "");
    account.setDependents(ids["used"] ?? "", {
      flows: [{ id: unknownId, name: "Sync", paths: ["pageProcessors[0].responseMapping"] }],
    });
    account.setDependents(ids["insisted"] ?? "", { flows: [{ id: unknownId, name: "Sync" }] });
    strike("listScriptDependencies", "mystery", answer(403));
    const { __hash, ...changed } = account.scripts().find(({ name }) => name === "changed") ?? { __hash: "" };
    strike(
      "getScriptById",
      "changed",
      answer(200, {
        body: {
          ...changed,
          // Read when the answer is sent.
          get __hash() {
            workspace.writeFile("changed.js", code(3));
            return __hash;
          },
        },
      }),
    );
    strike("getScriptById", "big", answer(200, { body: "x".repeat(64 * 2 ** 20 + 1) }));
    strike("getScriptById", "cut", { kind: "cut", when: "before" });
    strike("getScriptById", "elsewhere", answer(302, { headers: { location: "https://login.example.com/" } }));
    strike("getScriptById", "empty", answer(200, { body: {} }));
    strike("getScriptById", "html", answer(502, { body: "<html><title>Bad Gateway</title></html>" }));
    strike("getScriptById", "limited", answer(429, { headers: { "retry-after": "3600" } }));
    strike("getScriptById", "lost", answer(400), 1);
    strike("getScriptById", "prose", answer(200, { body: "Hello." }));
    strike("getScriptById", "slow", { kind: "hang", when: "before" });
    strike("getScriptById", "mislaid", answer(400), 1);
    strike("deleteScript", "mislaid", { kind: "cut", when: "after" });
    strike("updateScript", "absent", answer(404));
    strike("updateScript", "broken", answer(503));
    strike("updateScript", "denied", answer(403));
    strike("updateScript", "lost", { kind: "cut", when: "after" });
    const problems = [
      { code: "max_length_exceeded", message: "description is too long", field: "description" },
      { code: "no_such_template", message: "There is no such template" },
    ];
    strike("updateScript", "refused", answer(422, { body: { errors: problems } }));

    workspace.setEnv("CELIGO_REQUEST_TIMEOUT", "2");
    workspace.writeFile("changed.js", code(2));
    workspace.writeFile("index.js", program(2, []));
    const { output } = await workspace.up(failing);
    const update = (name: string) => `error: could not update script "${name}" (${ids[name]}):`;
    const remove = (name: string) => `error: could not delete script "${name}" (${ids[name]}):`;
    const conflict = "it was changed in Celigo since the last refresh,";
    const look = "To look at the change: pulumi preview --refresh --diff.";
    const impostor = `Check that ${emulator.url} is integrator.io's API and that no proxy answers in its place.`;
    const later = "The server or the network is in trouble: run the command again later.";
    const gone =
      "it no longer exists in Celigo. Run pulumi refresh, and then pulumi up to create it anew, or restore it from " +
      "Celigo's recycle bin.";
    expectMessages(output, {
      absent: [`${update("absent")} ${gone}`],
      big: [`${update("big")} the response is larger than 67108864 bytes. ${impostor}`],
      broken: [`error: could not update script "broken" …${ids["broken"]}…: Celigo answered 503: ${words}…. ${later}`],
      changed: [
        "error: …could not read the content file changed.js: the file was changed while Pulumi ran. Run the command again.",
      ],
      conflict: [
        `${update("conflict")} ${conflict} by Ada Lovelace at … (server hash … then, … now). ${look} ` +
          "To take the change into your file: pulumi-celigo pull conflict. To overwrite it with what the program says: pulumi up --refresh",
      ],
      cut: [
        `${update("cut")} socket hang up (5 attempts). Check the network and that ${emulator.url} is the right address ` +
          "(from CELIGO_BASE_URL in the environment).",
      ],
      denied: [
        `error: could not update script "denied" …${ids["denied"]}…: Celigo answered 403: ${words}. Give the token's user ` +
          "access to scripts in Celigo, or use another token.",
      ],
      elsewhere: [
        `${update("elsewhere")} Celigo answered 302 with a redirect to https://login.example.com/, which was not ` +
          "followed. Set CELIGO_BASE_URL in the environment to the API's own address.",
      ],
      empty: [`${update("empty")} the response does not match the API's schema: _id is missing. ${impostor}`],
      gone: [`${update("gone")} ${gone}`],
      html: [`${update("html")} 502 and an HTML page titled "Bad Gateway" instead of Celigo's JSON…. ${later}`],
      limited: [
        `${update("limited")} Celigo answered 429: ${words}. The account's rate limit is shared with every other tool: ` +
          "run the command again later. The server asks to wait 3600 s.",
      ],
      lost: [
        `error: could not update script "lost" …${ids["lost"]}…: socket hang up; could not check whether it was updated: Celigo answered ` +
          `400: ${words}. …un …again…`,
      ],
      nameless: [
        `${update("nameless")} ${conflict} at … (the audit log does not say by whom) (server hash … then, … now). ` +
          `${look} To take the change into your file: pulumi-celigo pull nameless. To overwrite it with what the program says: pulumi up --refresh`,
      ],
      prose: [`${update("prose")} the response does not match the API's schema: it is not JSON. ${impostor}`],
      refused: [
        `error: could not update script "refused" …${ids["refused"]}…: Celigo answered 422: description is too long ` +
          "(field description); There is no such template. Correct what Celigo names, and run the command again.",
      ],
      slow: [
        `${update("slow")} no response from ${emulator.url} within 2 s (5 attempts). Check the network, or raise ` +
          "celigo:requestTimeout (seconds; CELIGO_REQUEST_TIMEOUT in the environment wins).",
      ],
      dropped: [
        `${remove("dropped")} ${conflict} by Ada Lovelace at … (server hash … then, … now). ${look} To take … pull dropped. To delete it anyway, ` +
          "add --refresh to your command.",
      ],
      insisted: [
        `error: could not delete script …${ids["insisted"]}…: Celigo answered 422: The script "insisted" cannot be ` +
          `deleted while it is used by flows "Sync" (${unknownId})…(field _id). …`,
      ],
      mislaid: [
        `error: could not delete script "mislaid" …${ids["mislaid"]}…: socket hang up; could not check whether it was deleted: Celigo answered ` +
          `400: ${words}. …un …again…`,
      ],
      mystery: [
        `${remove("mystery")} could not check what uses it: Celigo answered 403: ${words}. Give the token's user ` +
          "access to scripts in Celigo, or use another token.…",
      ],
      used: [
        `${remove("used")} it is still used by flow "Sync" (${unknownId}) at pageProcessors[0].responseMapping. Detach it ` +
          "there in Celigo, and run the command again. To send the delete anyway, declare the script with " +
          'onDependents: "delete", run pulumi up, and then delete it.',
      ],
      "": ["Celigo keeps deleted scripts in its recycle bin for 30 days."],
    });
  });

  it("of the promotion gate, and of a resource that takes its own script over", async () => {
    const { workspace } = await openSession(engine(), {});
    const problem = (name: string, why: string) =>
      `error: pulumi-nodejs:dynamic/celigo:Script resource '${name}' has a problem: ${why}`;
    const noValue = "blocked: expectedCodeHash has no value. Deploy this script to the stage before first.";
    const other = `sha256:${"0".repeat(64)}`;
    const differs = `blocked: the code hash of content is sha256:…, and expectedCodeHash is ${other}. Check out the version with that hash.`;
    workspace.writeFile("index.js", sourceOf({ gated: text(code(1), `, expectedCodeHash: "${other}"`) }));
    expectMessages((await workspace.preview({ expectFailure: true })).output, {
      gated: [`warning: @: ${differs}`, problem("gated", differs)],
    });
    workspace.writeFile("index.js", sourceOf({ shut: text(code(1), ", expectedCodeHash: pulumi.output(undefined)") }));
    expectMessages((await workspace.preview({ expectFailure: true })).output, {
      shut: [`warning: @: ${noValue}`, problem("shut", noValue)],
    });
    // What Pulumi's getOutputDetails gives.
    workspace.writeFile(
      "index.js",
      sourceOf({ shut: text(code(1), ", expectedCodeHash: Promise.resolve(undefined)") }),
    );
    expectMessages((await workspace.preview({ expectFailure: true })).output, {
      shut: [`warning: @: ${noValue}`, problem("shut", noValue)],
    });

    workspace.writeFile("index.js", sourceOf({ adopts: args(1, ', onNameTaken: "adopt"') }));
    await workspace.up();
    const urn = "urn:pulumi:dev::test::pulumi-nodejs:dynamic/celigo:Script::adopts";
    expectMessages((await workspace.up({ args: ["--replace", urn] })).output, {
      "": ['Script "adopts" (…) was not deleted: another resource of the stack manages it.'],
    });
  });

  it("of the notes of a preview", async () => {
    const names = ["denied", "gone", "other", "same", "used"];
    const { workspace, account, emulator } = await openSession(engine(), {});
    const program = (value: number) => {
      const asset = `{ content: new pulumi.asset.StringAsset(${JSON.stringify(code(value))}) }`;
      const contents: Record<string, string> = { other: file("other.js"), same: asset };
      return sourceOf(Object.fromEntries(names.map((name) => [name, contents[name] ?? args(value)])));
    };
    workspace.writeFile("other.js", code(1));
    workspace.writeFile("index.js", program(1));
    await workspace.up();
    const other = idIn(account, "other");
    const { lastModified } = account.edit(other, { description: "by somebody" });
    account.edit(idIn(account, "same"), { content: code(2) });
    account.setDependents(idIn(account, "used"), { flows: [{ name: "Sync" }] });
    for (const [name, operation, fault] of [
      ["denied", "listScriptDependencies", answer(400)],
      ["gone", "getScriptById", answer(404)],
    ] as const) {
      emulator.faults.add({ operation, path: new RegExp(idIn(account, name)), fault });
    }
    workspace.writeFile("other.js", code(2));
    workspace.writeFile("index.js", program(2));
    const changed = "warning: @: it was changed in Celigo since the last refresh,";
    const { output } = await workspace.preview();
    expectMessages(output, {
      denied: [`@: +1 -1 lines, could not check what uses it: Celigo answered 400: ${words}…`],
      gone: ["@: not found in this token's account. If the account is right, run pulumi refresh"],
      other: [
        `${changed} by Somebody Else at ${lastModified}: pulumi up will not overwrite that; pulumi up --refresh will. ` +
          "To take the change into your file: pulumi-celigo pull other.",
        `@: these lines change:\n--- ${other}, live in Celigo\n+++ other.js\n@@ -1,1 +1,1 @@\n-${code(1)}+${code(2).trim()}`,
        "@: +1 -1 lines, not used in Celigo",
      ],
      same: ["@: Celigo has this content already, not used in Celigo"],
      used: ['@: +1 -1 lines, used by 1 flow: "Sync"'],
    });
  });

  it("of a token, a setting, a script of two resources, a server that is not there, and a missing package", async () => {
    const { workspace, account, emulator } = await openSession(engine(), programOf({ kept: args(1) }));
    await workspace.up();
    const id = idIn(account, "kept");
    const update = `could not update script "kept" (${id}):`;
    workspace.writeFile("index.js", sourceOf({ kept: args(2) }));

    const wrong = await workspace.up({ expectFailure: true, env: { CELIGO_API_TOKEN: secret } });
    expectMessages(wrong.output, {
      kept: [
        `error: ${update} Celigo answered 401: Bearer Authentication Failed. The token from CELIGO_API_TOKEN in the ` +
          `environment was sent to ${emulator.url} (from CELIGO_BASE_URL in the environment): check that it was created …, and is neither revoked nor expired.`,
      ],
    });
    const none = await workspace.up({ expectFailure: true, env: { CELIGO_API_TOKEN: undefined } });
    expectMessages(none.output, {
      kept: [
        `error: ${update} no API token is set. Set CELIGO_API_TOKEN in the environment, or run: ` +
          "pulumi config set --secret celigo:apiToken",
      ],
    });
    await workspace.setConfig("celigo:requestTimeout", "soon");
    const late = await workspace.up({ expectFailure: true });
    expectMessages(late.output, {
      kept: [
        "error: invalid configuration (celigo:requestTimeout in the stack's configuration): " +
          '"soon" is not a number from 0.1 to 3600. Remove it for the default of 30.',
      ],
    });
    await workspace.setConfig("celigo:requestTimeout", "30");

    workspace.writeFile(
      "index.js",
      `const { Script } = require("pulumi-celigo");
      const thief = new Script("thief", ${args(2, ', name: "kept", onNameTaken: "adopt"')});
      new Script("kept", ${args(3)}, { dependsOn: thief });`,
    );
    const twice = await workspace.up({ expectFailure: true });
    expectMessages(twice.output, {
      kept: [
        `error: …script …${id}…: it belongs to this resource, and another resource of the program with the same name ` +
          "adopted it in this run. Remove that other resource from the state (pulumi state delete), and give it another " +
          'name or onNameTaken: "create".',
      ],
    });

    // Nothing changes, and two resources have one script.
    const thief = args(2, ', name: "kept", onNameTaken: "adopt"');
    workspace.writeFile("index.js", sourceOf({ kept: args(1), thief }));
    const both = await workspace.preview({ expectFailure: true });
    const [later, earlier] = /\(thief\):\s+error/.test(both.output) ? ["thief", "kept"] : ["kept", "thief"];
    expectMessages(both.output, {
      [later]: [
        `error: script "kept" (${id}): the resource "${earlier}" of this program manages it, too, and each would overwrite ` +
          "the other. Remove the one that was added later from the state (pulumi state delete), and give it another name or " +
          'onNameTaken: "create".',
      ],
    });
    const urnOf = (name: string) => `urn:pulumi:dev::test::pulumi-nodejs:dynamic/celigo:Script::${name}`;
    await workspace.run(["state", "delete", "--yes", urnOf("thief")]);

    workspace.writeFile("index.js", sourceOf({ renamed: args(2, ', name: "kept"') }));
    const renamed = await workspace.up({ args: ["--refresh"], expectFailure: true });
    expectMessages(renamed.output, {
      "": [
        `script "kept" (${id}) was changed in Celigo since the last refresh, by Emulator User at …. To take the change into your ` +
          "file: pulumi-celigo pull kept. To overwrite it: pulumi up",
      ],
      renamed: [
        `error: could not create script "kept": the account already has a script of that name: ${id} (last changed …, the ` +
          "same content). A resource of this stack manages one: if that is this resource under its former name, give it " +
          'an alias; if the program has both, set onNameTaken to "create" for this one.',
      ],
    });
    const astray = await workspace.refresh({ expectFailure: true, env: { CELIGO_BASE_URL: `${emulator.url}/v1` } });
    expectMessages(astray.output, {
      kept: [
        `error: could not read script "kept" (${id}): Celigo answered 404: …; could not confirm that this 404 comes ` +
          "from integrator.io: Celigo answered 404: …. Check that … (from CELIGO_BASE_URL in the environment) is the API's own " +
          "address, without a path, and that no proxy answers in its place.",
      ],
    });
    expect(idIn(account, "kept")).toBe(id);

    await emulator.stop();
    const dead = await workspace.refresh({ expectFailure: true });
    expectMessages(dead.output, {
      kept: [
        `error: could not read script "kept" (${id}): connect ECONNREFUSED … (5 attempts). Check the network and ` +
          `that ${emulator.url} is the right address (from CELIGO_BASE_URL in the environment).`,
      ],
    });

    // A library that brings this package: the text in the state would not find it.
    const library = join(workspace.folder, "node_modules/hooks-of-all");
    mkdirSync(join(library, "node_modules"), { recursive: true });
    renameSync(join(workspace.folder, "node_modules/pulumi-celigo"), join(library, "node_modules/pulumi-celigo"));
    writeFileSync(join(library, "index.js"), 'module.exports = require("pulumi-celigo");');
    workspace.writeFile("index.js", sourceOf({ kept: args(1) }).replace('"pulumi-celigo"', '"hooks-of-all"'));
    const brought = await workspace.preview({ expectFailure: true });
    expectMessages(brought.output, {
      "": [
        `error: pulumi-celigo is not installed in ${workspace.folder}, where Pulumi looks for it. Run there: npm install pulumi-celigo`,
      ],
    });

    // Pulumi's host prints this before anything of this package runs, and with a stack.
    const bare = await workspace.refresh({ expectFailure: true });
    const [message] = summaryOf(bare.output).get("kept")?.split("\n") ?? [];
    expect(message).toBe("error: Cannot find module 'pulumi-celigo/provider'");
    rendered.push(String(message));
  });

  it("is one that can happen, for each row of provider/MESSAGES.md", () => {
    const rows = readFileSync(document, "utf8")
      .split("\n")
      .filter((line) => line.startsWith("| `"));
    expect(rows.length).toBeGreaterThan(9);
    const fragments = rows.flatMap((row) =>
      [...(row.split(" | ")[0] ?? "").matchAll(/`([^`]+)`/g)].map(([, one]) => one),
    );
    const patterns = fragments.map((one = "") => [one, new RegExp(patternOf(one), "i")] as const);
    expect(patterns.filter(([, pattern]) => !rendered.some((one) => pattern.test(one))).map(([one]) => one)).toEqual(
      [],
    );
  });
});
