import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { ScriptRecord } from "../../../provider/api/client";
import { contentHash, normalise } from "../../../provider/content/content";
import { fileAsset } from "../../../provider/pulumi-wire";
import { toInputs, toOutputs } from "../../../provider/script/mapping";
import { resourceKey } from "../../../provider/script/resource";

const id = "0123456789abcdef01234567";
const code = "function hook() {}\n";
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** The inputs for a file as check leaves them. */
function inputsOf(bytes: string) {
  const asset = fileAsset("hooks/hook.js", sha256(bytes));
  const codeHash = contentHash(bytes);
  const isOther = codeHash !== `sha256:${sha256(bytes)}`;
  return { name: "s", content: asset, [resourceKey]: "::s", ...(isOther ? { codeHash } : {}) };
}

describe("the inputs of a read script", () => {
  it.each([code, code.replace("\n", "\r\n"), `\uFEFF${code}`])("have the asset of the file %j", (bytes) => {
    const inputs = inputsOf(bytes);
    const record: ScriptRecord = { _id: id, name: "s", content: normalise(bytes) };
    const outputs = { ...toOutputs(record, inputs) };
    expect(toInputs({ ...record, description: "edited" }, outputs)).toEqual({ ...inputs, description: "edited" });
    // A read keeps what the next one needs.
    expect(toOutputs(record, outputs)).toEqual(outputs);
  });

  it.each([code, code.replace("\n", "\r\n")])(
    "have the edited text, and never again the asset of %j for it",
    (bytes) => {
      const record: ScriptRecord = { _id: id, name: "s", content: normalise(bytes) };
      const outputs = { ...toOutputs(record, inputsOf(bytes)) };
      const edited = { ...record, content: "// edited\n" };
      expect(toInputs(edited, outputs)).toEqual({ name: "s", content: "// edited\n", [resourceKey]: "::s" });
      const after = { ...toOutputs(edited, outputs) };
      expect(after[resourceKey]).toBe("::s");
      expect(toInputs({ ...edited, name: "t" }, after)).toMatchObject({ name: "t", content: "// edited\n" });
    },
  );

  it("have the asset when Celigo stores another text than was sent", () => {
    const inputs = inputsOf(code);
    const outputs = {
      ...toOutputs({ _id: id, name: "s", content: code }, inputs),
      contentHash: contentHash(code.trimEnd()),
      sent: { contentHash: contentHash(code) },
    };
    const record = { _id: id, name: "s", content: code.trimEnd(), description: "edited" };
    expect(toInputs(record, outputs)).toMatchObject({ content: inputs.content, description: "edited" });
  });

  it("have the text of a script that no file was declared for", () => {
    const record: ScriptRecord = { _id: id, name: "s", content: code };
    const outputs = { ...toOutputs(record, { name: "s", content: code, [resourceKey]: "::s" }) };
    expect(outputs[resourceKey]).toBe("::s");
    expect(toInputs(record, outputs)).toEqual({ name: "s", content: code, [resourceKey]: "::s" });
  });
});
