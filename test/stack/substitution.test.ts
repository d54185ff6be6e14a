import { describe, expect, it } from "vitest";
import { contentHash } from "../../provider/content/content";
import { engineOrSkip } from "../engine/vitest";
import { openSession, sourceOf } from "./session";

const template = 'function route(options) {\n  return "{{flow}} {{region}} {{flow}}";\n}\n';

const engine = engineOrSkip();

describe("substitutions on the real engine", { timeout: 180_000 }, () => {
  it("send the values of the environment, compare the result, and let every stage agree on the template", async () => {
    const source = (values: string, more = "") =>
      `${sourceOf({ text: `{ content: ${JSON.stringify(template)}, substitutions: ${values}${more} }` })}
       const file = new Script("file", { content: new pulumi.asset.FileAsset("route.js"), substitutions: ${values}${more} });
       exports.codeHash = file.codeHash;
       exports.contentHash = file.contentHash;`;
    const values = '{ flow: "F", region: pulumi.output("eu") }';
    const { workspace, account, takeRequests } = await openSession(engine(), {
      "index.js": source(values),
      "route.js": template,
    });
    await workspace.up();
    const sent = template.replaceAll("{{flow}}", "F").replace("{{region}}", "eu");
    expect(account.scripts().map(({ content }) => content)).toEqual([sent, sent]);
    expect(await workspace.outputs()).toMatchObject({
      codeHash: contentHash(template),
      contentHash: contentHash(sent),
    });
    takeRequests();
    await workspace.preview({ expectNoChanges: true });
    expect(takeRequests()).toEqual({});
    await workspace.refresh();
    await workspace.preview({ expectNoChanges: true });

    const gate = `, expectedCodeHash: ${JSON.stringify(contentHash(template))}`;
    workspace.writeFile("index.js", source('{ flow: "G", region: "eu" }', gate));
    const preview = await workspace.preview();
    expect(preview.output).toMatch(/\+\+\+ route\.js\n[\s\S]*-\s+return "F eu F";\n\s+\+\s+return "G eu G";/);
    await workspace.up();
    const [one, other] = account.scripts();
    expect([one?.content, other?.content]).toEqual([sent.replaceAll("F", "G"), sent.replaceAll("F", "G")]);

    account.edit(one?._id ?? "", { content: template });
    await workspace.refresh();
    await workspace.up();
    expect(account.scripts()[0]?.content).toBe(sent.replaceAll("F", "G"));
    await workspace.preview({ expectNoChanges: true });

    workspace.writeFile("index.js", source('{ flow: "G", regon: "eu" }'));
    const refused = await workspace.preview({ expectFailure: true });
    expect(refused.output).toContain("route.js:2: {{region}} has no value in substitutions");
    expect(refused.output).toContain(
      "substitutions has a value for regon, but route.js has no {{regon}}: did you mean {{region}}?",
    );
    workspace.writeFile("index.js", source(`{ flow: pulumi.secret("top secret"), region: "eu" }`));
    const secret = await workspace.preview();
    expect(secret.output).not.toContain("top secret");
    await workspace.up();
    expect(account.scripts()[0]?.content).toContain("top secret eu top secret");
    expect(workspace.filesContaining("top secret eu")).toEqual([]);

    // An edit in Celigo must not bring the values into the state in clear, and is found and overwritten.
    for (const { _id, name } of account.scripts()) {
      account.edit(_id, { content: `// top secret eu, edited ${name}\n` });
    }
    await workspace.refresh();
    expect(workspace.filesContaining("top secret eu")).toEqual([]);
    const edited = await workspace.preview({ args: ["--diff"] });
    // Pulumi masks both values before it compares them: only the hash of the code shows that the text changes.
    expect(edited.output).toMatch(/\+ codeHash: "sha256:\w+"\s+content : \[secret\]/);
    expect(edited.output).not.toContain("top secret");
    await workspace.up();
    expect(account.scripts()[0]?.content).toContain("top secret eu top secret");
    await workspace.preview({ expectNoChanges: true });
    account.edit(account.scripts()[0]?._id ?? "", { description: "Somebody's." });
    const settings = await workspace.preview({ args: ["--diff", "--refresh"] });
    expect(settings.output).toMatch(/description *: "Somebody's\."/);
    expect(settings.output).not.toContain("top secret");
    expect(workspace.filesContaining("top secret eu")).toEqual([]);
  });

  it("hide at once a value that stood in the code before, and an edit of content that is secret itself", async () => {
    const { workspace, account } = await openSession(engine(), {
      "index.js": sourceOf({
        shown: "{ content: \"function f() { return 'top secret'; }\" }",
        asset: '{ content: pulumi.secret(new pulumi.asset.FileAsset("s.js")) }',
      }),
      "s.js": "function f() {}\n",
    });
    await workspace.up();
    workspace.writeFile(
      "index.js",
      sourceOf({
        shown: `{ content: "function f() { return '{{value}}'; }", substitutions: { value: pulumi.secret("top secret") } }`,
        asset: '{ content: pulumi.secret(new pulumi.asset.FileAsset("s.js")) }',
      }),
    );
    await workspace.up();
    expect(JSON.stringify(await workspace.exportState())).not.toContain("top secret");
    for (const { _id } of account.scripts()) {
      account.edit(_id, { content: "// top secret, edited\n" });
    }
    await workspace.refresh();
    expect(JSON.stringify(await workspace.exportState())).not.toContain("top secret");
  });

  it("leave a stage that ignores changes of the file with the hash of the code that it runs", async () => {
    const { workspace, account } = await openSession(engine(), {
      "index.js": `const pulumi = require("@pulumi/pulumi");
        const { Script } = require("pulumi-celigo");
        const content = new pulumi.asset.FileAsset("route.js");
        const substitutions = { flow: "F", region: "eu" };
        exports.hash = new Script("pinned", { content, substitutions }, { ignoreChanges: ["content"] }).codeHash;`,
      "route.js": template,
    });
    await workspace.up();
    await workspace.up();
    expect(await workspace.outputs()).toEqual({ hash: contentHash(template) });
    workspace.writeFile("route.js", template.replace("route", "other"));
    await workspace.up();
    expect(account.scripts()[0]?.content).toContain("function route");
    expect(await workspace.outputs()).toEqual({ hash: contentHash(template) });
  });
});
