import { createRequire } from "node:module";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import { SharedCauses } from "../provider/errors";
import { warnOfSettings } from "./settings";

// After a kill -9 of the CLI, standard error is closed. Pulumi's handler of uncaught errors prints there, and what that
// fails with is another uncaught error, without end. Only Pulumi's program runner sets the variable.
if (process.env["PULUMI_NODEJS_ENGINE"] !== undefined) {
  process.stderr.on("error", () => process.exit(1));
}

/** Arguments. Each may be an output. */
export type InputsOf<Args> = { readonly [Name in keyof Args]: pulumi.Input<Args[Name]> };

/** Asks once all arguments are known; what preview does not know yet stays unknown. */
export function whenKnown<Args, Result>(
  args: InputsOf<Args>,
  get: (args: Args) => Promise<Result>,
): pulumi.Output<Result> {
  // Results are plain data, so that an output of one is the output of its type.
  return pulumi.output(args).apply((known) => get(known as Args)) as pulumi.Output<Result>;
}

/** Tells whether the program is a unit test with `pulumi.runtime.setMocks`. */
export function isMocked(): boolean {
  return pulumi.runtime.getMonitor() instanceof MockMonitor;
}

/**
 * Asserts that Pulumi finds the provider: it looks from the program's folder, and would print a stack where only a library
 * of the program has this package. An inline program of the Automation API has another folder.
 */
export function assertProviderFound(): void {
  if (!/[\\/]cmd[\\/]run([\\/]index\.js)?$/.test(process.argv[1] ?? "")) {
    return;
  }
  try {
    createRequire(join(process.cwd(), "_")).resolve("pulumi-celigo/provider");
  } catch {
    const fix = "Run there: npm install pulumi-celigo";
    throw new pulumi.RunError(`pulumi-celigo is not installed in ${process.cwd()}, where Pulumi looks for it. ${fix}`);
  }
}

const answers = new Map<string, Promise<unknown>>();
const causes = new SharedCauses();

/**
 * Asks for the same thing once in a program. Under `pulumi.runtime.setMocks` the user's mocks answer, to the token
 * `celigo:index:` and the function's name.
 */
export async function lookUp<Result extends object>(
  name: string,
  args: object,
  ask: () => Promise<Result>,
): Promise<Result> {
  if (isMocked()) {
    return pulumi.runtime.invoke(`celigo:index:${name}`, { ...args });
  }
  warnOfSettings();
  const asked = Object.entries(args).filter(([, value]) => value !== undefined);
  const question = JSON.stringify([name, asked.sort(([a], [b]) => (a < b ? -1 : 1))]);
  const known = answers.get(question) as Promise<Result> | undefined;
  if (known) {
    return known;
  }
  const answer = ask().catch((error: unknown) => {
    answers.delete(question);
    throw causes.once(error);
  });
  answers.set(question, answer);
  return answer;
}
