import { CeligoError } from "../errors";

interface Owner {
  /**
   * `held`: the state has the resource. `awaited`: a refresh has read it, and the program, which may have renamed or
   * removed it, has not declared it yet. `declared`: the program declares it. `adopted`: it adopted the script in this run.
   */
  readonly state: "held" | "awaited" | "declared" | "adopted";
  /** The resource's name, and its former one after a rename by alias; none in a state of another origin. */
  readonly names: readonly (string | undefined)[];
}

/** Which resource manages which script, as far as a process has seen. */
export class Ownership {
  readonly #owners = new Map<string, Owner>();

  /**
   * Notes that a resource of the state manages a script.
   *
   * @throws CeligoError when another resource adopted it in this run.
   */
  hold(id: string, name: string | undefined, scriptName: unknown): void {
    const owner = this.#owners.get(id);
    if (owner?.state === "adopted" && !isNamed(owner, name)) {
      const reason =
        "it belongs to this resource, and another resource of the program with the same name adopted it in this run";
      throw sharedScript(id, scriptName, "adopted_twice", reason, "that other resource");
    }
    if (!owner) {
      this.#owners.set(id, { state: "held", names: [name] });
    }
  }

  /** Notes that a refresh has read a script; the program may register it later. */
  expect(id: string): void {
    const owner = this.#owners.get(id);
    if (owner?.state === "held") {
      this.#owners.set(id, { ...owner, state: "awaited" });
    }
  }

  /**
   * Notes that the program declares the resource of a script.
   *
   * @throws CeligoError when the program declares another resource of the same script.
   */
  declare(id: string, names: Owner["names"], scriptName: unknown): void {
    const owner = this.#owners.get(id);
    const other = owner?.names.at(-1);
    if (owner?.state === "declared" && other !== undefined && !names.includes(other)) {
      const reason = `the resource "${other.split("::").slice(1).join("::")}" of this program manages it, too, and each would overwrite the other`;
      throw sharedScript(id, scriptName, "managed_twice", reason, "the one that was added later");
    }
    this.#owners.set(id, { state: owner?.state === "adopted" ? "adopted" : "declared", names });
  }

  take(id: string, name: string | undefined, isAdopted: boolean): void {
    this.#owners.set(id, { state: isAdopted ? "adopted" : "declared", names: [name] });
  }

  isHeld(id: string): boolean {
    return this.#owners.has(id);
  }

  /** Tells whether the program may declare the resource of a script under another name, or no more. */
  isAwaited(id: string): boolean {
    return this.#owners.get(id)?.state === "awaited";
  }

  /**
   * Tells whether another resource manages a script that is to be deleted: it adopted the script, in this run or in one
   * that ended before the delete.
   */
  isOfAnother(id: string, name: string | undefined): boolean {
    const owner = this.#owners.get(id);
    if (owner?.state !== "declared") {
      return owner?.state === "adopted";
    }
    // A resource that is declared and deleted is being replaced. Without its name that shows by its new script.
    const isReplaced = name === undefined ? this.#hasAnotherScript(id, owner) : isNamed(owner, name);
    return !isReplaced;
  }

  #hasAnotherScript(id: string, { names }: Owner): boolean {
    return [...this.#owners].some(([other, owner]) => other !== id && names.some((name) => isNamed(owner, name)));
  }
}

function isNamed({ names }: Owner, name: string | undefined): boolean {
  return name !== undefined && names.includes(name);
}

/** Says that two resources have one script, and which of them to remove. */
function sharedScript(id: string, scriptName: unknown, code: string, reason: string, superfluous: string): CeligoError {
  return new CeligoError({
    subject: `script "${scriptName}" (${id})`,
    reason,
    hint: `Remove ${superfluous} from the state (pulumi state delete), and give it another name or onNameTaken: "create".`,
    code,
  });
}
