import type { dynamic } from "@pulumi/pulumi";
import { CeligoClient } from "./api/client";
import { configNamespace, readConfiguration, type SettingLookup } from "./config";
import { endWithEngine } from "./engine";
import { CeligoError, messageOf, SharedCauses, UnfinishedError } from "./errors";
import { tellThrough } from "./messages";
import type { Connection } from "./script/connection";
import type { RawInputs } from "./script/inputs";
import { ScriptLifecycle } from "./script/lifecycle";
import { withoutSecretName } from "./script/resource";
import { noteToken } from "./text";

/** What the host would print of an error that the engine shows as well. */
const repetition = "pulumi-celigo: shown by the engine";

/**
 * An error as Pulumi's dynamic host needs it. The host prints what check, diff, read and delete throw, with its stack.
 * Then the engine shows the same error beside the resource. This class keeps the first copy and the stack from the screen.
 */
class HostError extends Error {
  constructor(thrown: unknown, causes: SharedCauses, states: readonly RawInputs[]) {
    const clean = (text: string) => withoutSecretName(text, ...states);
    super(clean(messageOf(causes.once(thrown, thrown instanceof CeligoError ? clean(thrown.subject) : ""))));
    this.stack = "";
    if (thrown instanceof UnfinishedError) {
      const { id, properties } = thrown;
      // By these three, Pulumi's host knows that the resource exists.
      Object.assign(this, { id, properties, reasons: [this.message] });
    }
  }

  override toString(): string {
    return repetition;
  }
}

/** Keeps what the host prints of a {@link HostError} from the screen. */
function muteRepetitions(): void {
  const print = console.error;
  console.error = (...words: unknown[]) => {
    if (!String(words[0]).startsWith(repetition)) {
      print(...words);
    }
  };
}

/** Returns a provider as Pulumi's dynamic host runs it: one for the whole process, configured before its first verb. */
export function createProvider(): dynamic.ResourceProvider<RawInputs> {
  let lookup: SettingLookup = () => undefined;
  let connection: Connection | undefined;
  let hasDeleted = false;
  const causes = new SharedCauses();
  const forHost = <T>(result: Promise<T>, ...states: readonly RawInputs[]): Promise<T> =>
    result.catch((error: unknown) => {
      throw new HostError(error, causes, states);
    });
  // Pulumi gives it to the dynamic provider as its first argument.
  const engineAddress = process.argv[2];
  const lifecycle = new ScriptLifecycle(() => {
    if (!connection) {
      const configuration = readConfiguration(lookup);
      const { onNameTaken, allLines, checkToken } = configuration;
      connection = { client: new CeligoClient(configuration), onNameTaken, allLines, checkToken };
    }
    return connection;
  }, tellThrough(engineAddress));
  return {
    // The host hands out the provider before this promise has settled. So it stores, never waits and never throws.
    // The first verb that needs the configuration reports what is wrong with it.
    async configure({ config }) {
      lookup = (name) => config.get(`${configNamespace}:${name}`);
      connection = undefined;
      noteToken(lookup("apiToken"));
      muteRepetitions();
      endWithEngine(engineAddress);
    },
    check: (olds, news) => forHost(lifecycle.check(olds, news), olds, news),
    diff: (id, olds, news) => forHost(lifecycle.diff(id, olds, news), olds, news),
    create: (inputs) => forHost(lifecycle.create(inputs), inputs),
    read: (id, olds) => forHost(lifecycle.read(id, olds ?? {}), olds ?? {}),
    update: (id, olds, news) => forHost(lifecycle.update(id, olds, news), olds, news),
    delete: async (id, olds) => {
      const deletion = await forHost(lifecycle.delete(id, olds), olds);
      if (deletion === "kept") {
        const note = `Script "${olds["name"]}" (${id}) was not deleted: another resource of the stack manages it.`;
        console.log(withoutSecretName(note, olds));
      }
      if (deletion === "deleted" && !hasDeleted) {
        hasDeleted = true;
        // Pulumi shows what the process prints.
        console.log("Celigo keeps deleted scripts in its recycle bin for 30 days.");
      }
    },
  };
}
