import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Script } from "../../sdk/script";

const content = "function preMap(options) {\n  return options.data;\n}\n";
const { prepareStackTrace, stackTraceLimit } = Error;
const refused = "the engine refuses this name";

/** Counts the stack traces that are formatted for a script, those without a frame left out. */
async function tracesOf(declare: () => Script): Promise<number> {
  let traces = 0;
  Error.prepareStackTrace = (error, frames) => {
    traces += frames.length > 0 ? 1 : 0;
    return `${error}`;
  };
  const script = declare();
  await new Promise((resolve) => pulumi.all([script.id, script.codeHash]).apply(resolve));
  Error.prepareStackTrace = prepareStackTrace;
  return traces;
}

describe("the stack traces that Pulumi takes of promises", () => {
  beforeEach(() =>
    pulumi.runtime.setMocks({
      newResource({ name, inputs }) {
        if (name === "refused") throw new Error(refused);
        return { id: name, state: inputs };
      },
      call: () => ({}),
    }),
  );
  afterEach(() => {
    Error.prepareStackTrace = prepareStackTrace;
    expect(Error.stackTraceLimit).toBe(stackTraceLimit);
    vi.unstubAllEnvs();
  });

  it("are few for a script whose inputs are plain", async () => {
    const file = new pulumi.asset.FileAsset("examples/basic/hooks/route-by-warehouse.js");
    for (const args of [{ content }, { content: file }, { content, name: "Orders", description: "Orders." }]) {
      expect(await tracesOf(() => new Script("orders", args))).toBeLessThanOrEqual(25);
    }
  });

  it("are all there with PULUMI_DEBUG_PROMISE_LEAKS", async () => {
    vi.stubEnv("PULUMI_DEBUG_PROMISE_LEAKS", "true");
    expect(await tracesOf(() => new Script("orders", { content }))).toBeGreaterThan(80);
  });

  it("stay on for the program's own code in a transformation, whatever that reads and leaves", async () => {
    const limits: number[] = [];
    const transformations: pulumi.ResourceTransformation[] = [
      ({ props, opts }) => {
        limits.push(props.name && Error.stackTraceLimit);
        return { props: { ...props }, opts };
      },
      ({ props: { __provider, ...props }, opts }) => {
        limits.push(Error.stackTraceLimit);
        return { props: { ...props, __provider }, opts };
      },
    ];
    const script = new Script("orders", { content }, { transformations });
    limits.push(Error.stackTraceLimit);
    await new Promise((resolve) => script.id.apply(resolve));
    expect(limits).toEqual([stackTraceLimit, stackTraceLimit, stackTraceLimit]);
  });

  it("lead to the program's line where the engine refuses a script", async () => {
    const listeners = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    const failed = new Promise<Error>((resolve) => process.on("unhandledRejection", resolve));
    new Script("refused", { content });
    const { stack } = await failed;
    await new Promise((resolve) => setImmediate(resolve));
    process.removeAllListeners("unhandledRejection");
    for (const listener of listeners) process.on("unhandledRejection", listener);
    expect(stack).toContain(refused);
    expect(stack).toContain("script.test.ts");
  });
});
