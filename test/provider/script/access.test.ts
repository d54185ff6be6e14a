import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  CeligoClient,
  CeligoError,
  type CeligoErrorDetails,
  contentHash,
  type RawInputs,
  ScriptLifecycle,
} from "../../../provider/index";
import { Access } from "../../../provider/script/access";
import { ChangeReporter } from "../../../provider/script/preview";
import { type Emulator, startEmulator } from "../../../sdk/emulator/index";

let emulator: Emulator;

beforeEach(async () => {
  emulator = await startEmulator();
});

afterEach(() => emulator.stop());

const content = "function one() {}\n";
const stack = "urn:pulumi:prod::shop::pulumi:pulumi:Stack::shop-prod";
const neither = "this preview checked neither what uses the changed scripts nor their live lines";
const refused = `${neither}: Celigo answered 401: Bearer Authentication Failed. The token from the test was sent to`;
const missing = `${neither}: no API token is set. Set CELIGO_API_TOKEN in the environment, or run: pulumi config set --secret celigo:apiToken`;

/** Previews scripts of an account, and returns what is said at which resource. */
async function previewOf(
  changes: readonly ("create" | "content" | "description" | "management" | "nothing")[],
  { token = emulator.account().token, checkToken = false, url = emulator.url } = {},
) {
  const said: (readonly [string, string])[] = [];
  const client = new CeligoClient({
    baseUrl: url,
    ...(token && { token: { value: token, source: "the test" } }),
    maxConcurrency: 4,
    requestTimeout: 5,
    backoff: 1,
  });
  const lifecycle = new ScriptLifecycle(
    () => ({ client, onNameTaken: "fail", backoff: 1, checkToken }),
    async (urn, message, severity) => void (severity === "warning" && said.push([urn, message])),
  );
  const creator = new CeligoClient({
    baseUrl: emulator.url,
    token: { value: emulator.account().token, source: "the test" },
    maxConcurrency: 4,
    requestTimeout: 5,
  });
  const existing = await Promise.all(
    changes.map(async (change, index) => {
      const name = `s${index}`;
      const makes = new ScriptLifecycle(() => ({ client: creator, onNameTaken: "create" }));
      const { inputs = {} } = await makes.check({}, { name, content, __resource: { name: `::${name}` } });
      const made = change === "create" ? undefined : await makes.create(inputs);
      return { change, name, inputs, made };
    }),
  );
  emulator.resetRequests();
  const failures: unknown[] = [];
  for (const { change, name, inputs, made } of existing) {
    const urn = `urn:pulumi:prod::shop::pulumi-nodejs:dynamic/celigo:Script::${name}`;
    const news: RawInputs = {
      name,
      content: change === "content" ? "function two() {}\n" : content,
      ...(change === "description" && { description: "new" }),
      ...(change === "management" && { onConflict: "overwrite" }),
      __resource: { name: `::${name}`, urn, preview: { isSecret: false } },
    };
    try {
      const { inputs: checked = {} } = await lifecycle.check(made ? inputs : {}, news);
      if (made) await lifecycle.diff(made.id, { ...made.outs }, checked);
    } catch (error) {
      failures.push(error);
    }
  }
  const requests = emulator.requests.map(({ operation }) => operation);
  return { said, failures, requests };
}

describe("a preview", () => {
  it.each([
    [["create", "create", "create"], []],
    [["description", "description"], []],
    [["content"], ["listScriptDependencies", "getScriptById"]],
    [
      ["create", "content", "description"],
      ["listScriptDependencies", "getScriptById"],
    ],
    [["nothing", "management"], undefined],
  ] as const)("of %j sends one request more with checkToken where something changes", async (changes, requests) => {
    expect(await previewOf(changes)).toEqual({ said: [], failures: [], requests: requests ?? [] });
    const proven = requests === undefined ? [] : ["listScriptDependencies", ...requests];
    expect(await previewOf(changes, { checkToken: true })).toEqual({ said: [], failures: [], requests: proven });
  });

  it("warns once, at the stack, when the token is refused", async () => {
    const { said, failures, requests } = await previewOf(["content", "content", "content"], { token: "wrong" });
    expect([said, failures]).toEqual([[[stack, expect.stringContaining(refused)]], []]);
    expect(requests).toEqual(["listScriptDependencies"]);
  });

  it("warns once, at the stack, when the token is missing, without a request", async () => {
    const preview = await previewOf(["create", "content", "description"], { token: "" });
    expect(preview).toEqual({
      said: [[stack, `${missing}. With celigo:checkToken set to true, this is an error.`]],
      failures: [],
      requests: [],
    });
  });

  it("says nothing of the token when nothing changes", async () => {
    const preview = await previewOf(["nothing", "management"], { token: "" });
    expect(preview).toEqual({ said: [], failures: [], requests: [] });
  });

  it.each(["create", "content", "description"] as const)(
    "fails once with checkToken when the token is missing or refused: %s",
    async (change) => {
      for (const [token, message] of [
        ["", missing],
        ["wrong", refused],
      ] as const) {
        const { said, failures } = await previewOf([change, change], { token, checkToken: true });
        expect(said).toEqual([]);
        expect(failures).toEqual([expect.any(CeligoError)]);
        expect(String(failures[0])).toContain(message);
      }
      expect((await previewOf([change], { checkToken: true })).failures).toEqual([]);
    },
  );

  it.each(["create", "content"] as const)("warns once when the server is away: %s", async (change) => {
    const { said, failures } = await previewOf([change, change], { checkToken: true, url: "http://127.0.0.1:1" });
    expect(said).toEqual([[stack, expect.stringContaining(`${neither}: connect ECONNREFUSED`)]]);
    expect(failures).toEqual([]);
  });
});

describe("a lookup that fails", () => {
  const failure = (details: Partial<CeligoErrorDetails>) =>
    new CeligoError({
      subject: "could not look",
      reason: "it failed",
      operation: "listScriptDependencies",
      ...details,
    });

  /** What is said of five scripts and of the stack, one after the other, when the look-ups answer and fail like this. */
  async function saidOfFive(...answers: readonly (CeligoError | undefined)[]): Promise<string[]> {
    const messages: string[] = [];
    let asked = 0;
    const client = {
      listScriptDependencies: async () => {
        const answer = answers[asked++];
        if (answer) {
          throw answer;
        }
        return { flows: [{ id: "1", name: "Sync" }] };
      },
      getScript: async (_id: string) => ({ _id, name: "x", content }),
    } as unknown as CeligoClient;
    const connect = () => ({ client, onNameTaken: "fail", backoff: 1 }) as const;
    const tell = async (_: string, message: string) => void messages.push(message.replace(/^script "\w": /, ""));
    const reporter = new ChangeReporter(connect, tell, new Access(connect, tell));
    for (const name of ["a", "b", "c", "d", "e"]) {
      const urn = `urn:pulumi:prod::shop::type::${name}`;
      const declared = {
        inputs: { name, content: "function two() {}\n" },
        former: {},
        isParsed: true,
        resource: { name, urn },
      };
      await reporter.report(name, { name, contentHash: contentHash(content) }, declared, { urn, isSecret: false });
    }
    return messages;
  }

  const used = 'used by 1 flow: "Sync"';
  const failed = "could not check what uses it: it failed";

  it("is one short note, and the others are looked at, where it says nothing of them", async () => {
    const cut = failure({ code: "ECONNRESET" });
    expect(await saidOfFive(cut, cut, undefined, cut)).toEqual([failed, failed, used, failed, used]);
    const busy = failure({ status: 503 });
    expect(await saidOfFive(busy, busy, busy, busy)).toEqual([failed, failed, failed, failed, used]);
  });

  it("is the only one where every other one would fail as well, or three in a row get no response", async () => {
    for (const details of [{ status: 403 }, { code: "ECONNREFUSED" }, { code: "missing_token" }]) {
      expect(await saidOfFive(failure(details))).toEqual([`${failed}; no other script is looked at`]);
    }
    expect(await saidOfFive(failure({ status: 401 }))).toEqual([
      `${neither}: it failed. With celigo:checkToken set to true, this is an error.`,
    ]);
    const cut = failure({ code: "ETIMEDOUT" });
    expect(await saidOfFive(cut, cut, cut)).toEqual([failed, failed, `${failed}; no other script is looked at`]);
  });
});
