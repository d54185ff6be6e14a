import { runtime } from "@pulumi/pulumi";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createProvider } from "../../provider/host";
import { resourceKey } from "../../provider/script/resource";
import { maskToken } from "../../provider/text";
import { type Emulator, startEmulator } from "../../sdk/emulator/index";
import { warnOfSettings } from "../../sdk/settings";

const name = 'The "unreleased" project';
const content = "function f() {}\n";
const program = { name, content, onNameTaken: "adopt", [resourceKey]: { name: "::s", hasSecretName: true } };

let emulator: Emulator;

beforeEach(async () => {
  emulator = await startEmulator();
});

afterEach(() => emulator.stop());

async function providerOf() {
  const provider = createProvider();
  const settings: Record<string, string> = {
    "celigo:baseUrl": emulator.url,
    "celigo:apiToken": emulator.account().token,
  };
  const config = { get: (key: string) => settings[key] };
  await provider.configure?.({ config } as unknown as Parameters<NonNullable<typeof provider.configure>>[0]);
  const { inputs = {} } = (await provider.check?.({}, program)) ?? {};
  return { provider, inputs };
}

it("shows no name that the program keeps secret in errors and in what the state says of an unfinished script", async () => {
  const { provider, inputs } = await providerOf();
  const { _id } = emulator.account().seed({ name, content: "// other\n" });
  emulator.faults.add({ operation: "updateScript", times: 9, fault: { kind: "status", status: 403 } });
  const unfinished = (await provider.create(inputs).catch((error: unknown) => error)) as Error & {
    reasons: string[];
    properties: Record<string, unknown>;
  };
  expect(unfinished.reasons).toEqual([expect.stringContaining('script "[secret]"')]);
  expect(unfinished.message + unfinished.reasons.join()).not.toContain("unreleased");
  // Pulumi encrypts the name among the outputs.
  expect(unfinished.properties).toMatchObject({ name, [resourceKey]: { name: "::s", hasSecretName: true } });

  emulator.faults.add({ operation: "getScriptById", times: 9, fault: { kind: "status", status: 403 } });
  const unread = (await provider.read?.(_id, unfinished.properties).catch((error: unknown) => error)) as Error;
  expect(unread.message).toMatch(/^could not read script "\[secret\]"/);
});

it("knows the configuration's token, to keep it out of the lines of code that it shows", async () => {
  await providerOf();
  const { token } = emulator.account();
  expect(maskToken(`f("${token}")`)).toBe(`f("${"*".repeat(token.length)}")`);
  // The program knows it as well.
  runtime.setConfig("celigo:apiToken", "token-of-the-program");
  warnOfSettings();
  expect(maskToken("// token-of-the-program")).toBe(`// ${"*".repeat(20)}`);
});

it("says in full once what is wrong with the token or the address, and then in one line for each other script", async () => {
  const account = emulator.account();
  const ids = ["a", "b", "c"].map((one) => account.seed({ name: one, content })._id);
  const failuresWith = async (settings: Record<string, string>) => {
    const provider = createProvider();
    const config = { get: (key: string) => settings[key] };
    await provider.configure?.({ config } as unknown as Parameters<NonNullable<typeof provider.configure>>[0]);
    const read = (id: string, index: number) => provider.read?.(id, { name: "abc"[index], content });
    return Promise.all(ids.map((id, index) => read(id, index)?.catch((error: Error) => error.message)));
  };
  const url = { "celigo:baseUrl": emulator.url };
  const token = { "celigo:apiToken": account.token };
  const short = (cause: string) => {
    return ["b", "c"].map((one, index) => {
      return `could not read script "${one}" (${ids[index + 1]}): same cause as for script "a" (${ids[0]}): ${cause}`;
    });
  };
  const wrong = await failuresWith({ ...url, "celigo:apiToken": "wrong" });
  expect(wrong[0]).toMatch(/401: Bearer Authentication Failed\. The token from celigo:apiToken in the stack/);
  expect(wrong.slice(1)).toEqual(short("Celigo answered 401: Bearer Authentication Failed"));
  const missing = await failuresWith(url);
  expect(missing[0]).toMatch(/no API token is set\. Set CELIGO_API_TOKEN/);
  expect(missing.slice(1)).toEqual(short("no API token is set"));
  const lost = await failuresWith({ ...token, "celigo:baseUrl": `${emulator.url}/v1` });
  expect(lost[0]).toMatch(
    /could not confirm that this 404 comes from integrator\.io.*\/v1 \(from celigo:baseUrl in the/,
  );
  expect(lost.slice(1)).toEqual(short("Celigo answered 404"));
  const invalid = await failuresWith({ ...url, ...token, "celigo:maxConcurrency": "lots" });
  expect(invalid[0]).toMatch(/"lots" is not a whole number from 1 to 1000\. Remove it/);
  expect(invalid.slice(1)).toEqual(
    Array(2).fill(expect.stringMatching(/"lots" is not a .* 1000 \(the same for every script\)$/)),
  );
  const away = await failuresWith({ ...token, "celigo:baseUrl": "http://127.0.0.1:1" });
  // Whichever gave up first.
  const isFull = (message: unknown) =>
    / ECONNREFUSED 127\.0\.0\.1:1 \(5 attempts\)\. Check the network/.test(String(message));
  const isShort = (message: unknown) =>
    /: same cause as for script ".*: connect ECONNREFUSED \S+$/.test(String(message));
  expect([away.filter(isFull).length, away.filter(isShort).length]).toEqual([1, 2]);
});
