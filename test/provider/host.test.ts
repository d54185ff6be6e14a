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
