import * as pulumi from "@pulumi/pulumi";
import type { SyntaxCheck } from "../provider/content/check";
import type { OnConflict, OnDependents, OnNameTaken } from "../provider/policies";
import { fieldNames } from "../provider/script/fields";
import { resourceKey } from "../provider/script/resource";
import { isPlain, remarks, type Verified, verify } from "./preflight";
import { assertProviderFound, isMocked } from "./runtime";
import { warnOfSettings } from "./settings";
import { withoutTraces } from "./traces";

/**
 * The text by which Pulumi's dynamic host finds the provider. It is part of every script's state, and is run from
 * there: never change it. It resolves the package from the program's folder, so that it works for an installed and for
 * a linked package, in a workspace, and at the root of this package's own repository.
 */
const providerText =
  "exports.handler=()=>require('module').createRequire(process.cwd()+'/_')('pulumi-celigo/provider').provider";

/** What a program says of a script. */
export interface ScriptArgs {
  /**
   * The JavaScript code: a string, or an asset of a file or a string. A leading byte order mark is dropped and line
   * ends become LF before it is sent. The state of a string holds the code, so that previews show which lines change;
   * the state of a file holds its path and hash.
   */
  readonly content: pulumi.Input<string | pulumi.asset.FileAsset | pulumi.asset.StringAsset>;
  /**
   * The name that Celigo shows, at most 100 characters. Changing it renames the script; its id stays.
   * @default the logical name of the resource
   */
  readonly name?: pulumi.Input<string | undefined>;
  /**
   * What the script does, at most 1,024 characters.
   * @default ""
   */
  readonly description?: pulumi.Input<string | undefined>;
  /**
   * Whether a post-response hook also processes child records.
   * @default false
   */
  readonly postResponseHookToProcessOnChildRecord?: pulumi.Input<boolean | undefined>;
  /**
   * Values for the `{{key}}`s in the content, by key: texts that differ between environments. A key is a name of letters,
   * digits and `_` without spaces around it. A key without a value and a value without a key are errors. Without this
   * input, braces mean nothing.
   */
  readonly substitutions?: pulumi.Input<Readonly<Record<string, pulumi.Input<string>>> | undefined>;
  /** The id of the template that the script was made from, 24 hexadecimal digits. */
  readonly templateId?: pulumi.Input<string | undefined>;
  /**
   * Whether Celigo loads the code as a plain script and not as a module.
   * @default false
   */
  readonly noModule?: pulumi.Input<boolean | undefined>;
  /**
   * What happens on create when the account already has a script of that name that is not in the stack: `fail` says
   * which; `adopt` adopts the one match and updates it to the program's state; `create` makes another one.
   * @default the stack's `celigo:onNameTaken`, otherwise "fail"
   */
  readonly onNameTaken?: pulumi.Input<OnNameTaken | undefined>;
  /**
   * What happens on update and delete when the script was changed in Celigo since the last refresh: `fail` says who and
   * when, and how to go on; `overwrite` goes on.
   * @default "fail"
   */
  readonly onConflict?: pulumi.Input<OnConflict | undefined>;
  /**
   * What happens on delete, also when the script leaves the program, while something in Celigo uses it: `fail` says what
   * and where; `delete` sends the delete anyway, and Celigo may still refuse it. The delete uses the value of the last
   * `pulumi up`.
   * @default "fail"
   */
  readonly onDependents?: pulumi.Input<OnDependents | undefined>;
  /**
   * The promotion gate: the `codeHash` that the code must have, such as that of the stack where it was tested. A preview
   * shows every script that the gate blocks. An output without a value blocks, too; `undefined` opens the gate.
   * @default undefined
   */
  readonly expectedCodeHash?: pulumi.Input<string | undefined>;
  /**
   * What happens when the content is not valid JavaScript, as an ES module or as a plain script: `error` fails the
   * preview, `warn` shows a warning, and `off` skips the check.
   * @default "error"
   */
  readonly syntaxCheck?: pulumi.Input<SyntaxCheck | undefined>;
}

/**
 * A script of Celigo's integrator.io: JavaScript that flows, imports and exports run at their hook points.
 *
 * @example
 * ```ts
 * import * as pulumi from "@pulumi/pulumi";
 * import { Script } from "pulumi-celigo";
 *
 * const orders = new Script("normalize-orders", {
 *   content: new pulumi.asset.FileAsset("hooks/normalize-orders.js"),
 *   description: "Brings orders of all shops into one shape.",
 * });
 * export const id = orders.id;
 * ```
 */
export class Script extends pulumi.CustomResource {
  /** Tells whether a value is a script, also one of another copy of this package. */
  static override isInstance(value: unknown): value is Script {
    return (
      typeof value === "object" &&
      value !== null &&
      (value as { readonly __pulumiType?: unknown }).__pulumiType === Script.__pulumiType
    );
  }

  /** The type token of the resource. */
  static readonly __pulumiType = "pulumi-nodejs:dynamic/celigo:Script";

  /** The name that Celigo shows. */
  declare readonly name: pulumi.Output<string>;
  /** What the script does; empty by default. */
  declare readonly description: pulumi.Output<string>;
  /** Whether a post-response hook also processes child records. */
  declare readonly postResponseHookToProcessOnChildRecord: pulumi.Output<boolean>;
  /** The id of the template that the script was made from. */
  declare readonly templateId: pulumi.Output<string | undefined>;
  /** Whether Celigo loads the code as a plain script and not as a module. */
  declare readonly noModule: pulumi.Output<boolean>;
  /** `sha256:` and the hash, in hex, of the content as it is sent: UTF-8, LF, no byte order mark. */
  declare readonly contentHash: pulumi.Output<string>;
  /**
   * The hash of the deployed code as it is in your repository, before `substitutions`: all stages agree on it. After an edit in
   * Celigo it is the `contentHash` of the edited content.
   */
  declare readonly codeHash: pulumi.Output<string>;
  /** The server's own hash of content and settings (`__hash`); how it is made is not published. */
  declare readonly hash: pulumi.Output<string | undefined>;
  /** When the script was created, in ISO 8601. */
  declare readonly createdAt: pulumi.Output<string | undefined>;
  /** When the script was last changed, in ISO 8601. */
  declare readonly lastModified: pulumi.Output<string | undefined>;
  /** When the script was moved to the recycle bin, in ISO 8601; none for a live one. */
  declare readonly deletedAt: pulumi.Output<string | undefined>;
  /** The id of the user who owns the script. */
  declare readonly userId: pulumi.Output<string | undefined>;
  /** The id of the script that this one is a copy of. */
  declare readonly sourceId: pulumi.Output<string | undefined>;
  /** The id of the installed integration that the script belongs to. */
  declare readonly integrationId: pulumi.Output<string | undefined>;
  /** The id of the integration app that defines the script. */
  declare readonly connectorId: pulumi.Output<string | undefined>;

  /**
   * Declares a script.
   *
   * @param logicalName The name by which the stack knows the script.
   * @param args What the script is; the preview says what is wrong with it, for all scripts of the program at once.
   * @param opts Pulumi's own options, such as `protect` or `aliases`.
   */
  constructor(logicalName: string, args: ScriptArgs, opts: pulumi.CustomResourceOptions = {}) {
    assertProviderFound();
    warnOfSettings();
    const { content, substitutions } = args;
    const name = isPlain(args.name)
      ? (args.name ?? logicalName)
      : pulumi.output(args.name).apply((one) => one ?? logicalName);
    const inputs = { ...args, name };
    const verified = verify({
      type: Script.__pulumiType,
      logicalName,
      inputs,
      options: opts,
      remark: remarks.get(args),
    });
    // The promise of the content reports what is wrong. The others stay silent.
    const whenRight = <T>(get: (found: Verified) => T) => verified.then(get, () => undefined);
    // A script that is not as it must be is not registered.
    const sent = <Content>(given: Content, { text, isUnreadable }: Verified) =>
      isUnreadable ? undefined : (text ?? given);
    const codeHash = whenRight((found) => found.codeHash);
    const { stackTraceLimit } = Error;
    try {
      super(
        Script.__pulumiType,
        logicalName,
        withoutTraces({
          [resourceKey]: whenRight(({ resource }) => resource),
          // Outputs are declared by naming them.
          ...Object.fromEntries(fieldNames.map((field) => [field, undefined])),
          contentHash: undefined,
          ...inputs,
          content:
            isPlain(content) && substitutions === undefined
              ? verified.then((found) => sent(content, found))
              : pulumi
                  .all([content, substitutions, pulumi.output(verified)])
                  .apply(([known, , found]) => sent(known, found)),
          substitutions: undefined,
          codeHash: isHashSecret(opts) ? pulumi.secret(codeHash) : codeHash,
          __provider: providerText,
        }),
        withCodeHash(opts),
      );
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
    // A script that --target leaves uncreated has its inputs for outputs: the next stage must not take its code hash.
    this.codeHash = pulumi
      .all([this.codeHash, this.contentHash])
      .apply(([codeHash, deployed]) => (isMocked() ? codeHash : ((deployed && codeHash) as string)));
  }
}

/** Extends the options to the hash of the code: it is ignored with the content, and secret with the content's hash. */
function withCodeHash(opts: pulumi.CustomResourceOptions): pulumi.CustomResourceOptions {
  const { ignoreChanges = [], additionalSecretOutputs = [] } = opts;
  return {
    ...opts,
    ...(ignoreChanges.includes("content") && { ignoreChanges: [...ignoreChanges, "codeHash"] }),
    ...(isHashSecret(opts) && { additionalSecretOutputs: [...additionalSecretOutputs, "codeHash", resourceKey] }),
  };
}

function isHashSecret({ additionalSecretOutputs = [] }: pulumi.CustomResourceOptions): boolean {
  return additionalSecretOutputs.some((name) => name === "contentHash");
}
