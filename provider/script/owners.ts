import { CeligoError } from "../errors";

/**
 * What a process knows of who manages which script. Pulumi does not tell a provider for which resource it asks: that two
 * resources want one script, or that one has taken over another's, shows only in the order of the verbs.
 */
export class Ownership {
  /** Scripts that resources of this process are known to manage. */
  readonly #held = new Set<string>();
  /** Scripts that a refresh has read, and that the program has not come to: perhaps it declares them no more. */
  readonly #awaited = new Set<string>();
  /** Scripts that were taken over in this process. */
  readonly #adopted = new Set<string>();
  /** What the program declares, by the keys of inputs. A refresh compares, too, and declares nothing. */
  readonly #declared = new Set<string>();
  /** Scripts that were compared with what the program declares. */
  readonly #compared = new Set<string>();
  /** Names that were to be created in this process. */
  readonly #created = new Set<string>();

  /** Notes that the program declares inputs. */
  declare(key: string): void {
    this.#declared.add(key);
  }

  /**
   * Notes that a resource of the state manages a script.
   *
   * @throws CeligoError when another one took it over a moment before.
   */
  hold(id: string, name: unknown): void {
    if (this.#adopted.has(id)) {
      throw adoptedTwice(id, name);
    }
    this.#held.add(id);
  }

  /** Notes that a script was compared with inputs, which the program need not declare. */
  compare(id: string, key: string): void {
    if (this.#declared.has(key)) {
      this.#compared.add(id);
      this.#awaited.delete(id);
    }
  }

  /** Notes that a refresh has found a script, to which the program may come later. */
  expect(id: string): void {
    if (!this.#compared.has(id)) {
      this.#awaited.add(id);
    }
  }

  /** Notes that a script of a name is to be created, or taken over. */
  begin(name: string): void {
    this.#created.add(name);
  }

  /** Notes that a creation of this process has led to a script. */
  take(id: string, { isAdopted }: { readonly isAdopted: boolean }): void {
    this.#held.add(id);
    this.#awaited.delete(id);
    if (isAdopted) {
      this.#adopted.add(id);
    }
  }

  /** Tells whether a resource is known to manage a script. */
  isHeld(id: string): boolean {
    return this.#held.has(id);
  }

  /** Tells whether the program may declare the resource of a script under another name, or no more. */
  isAwaited(id: string): boolean {
    return this.#awaited.has(id);
  }

  /**
   * Tells whether another resource manages a script that is to be deleted: it took the script over, in this run or in one
   * that ended before the delete. A resource that is compared and then deleted itself is being replaced: created, too.
   */
  isOfAnother(id: string, name: unknown): boolean {
    return this.#adopted.has(id) || (this.#compared.has(id) && !this.#created.has(String(name)));
  }
}

/** Says that two resources want one script. */
function adoptedTwice(id: string, name: unknown): CeligoError {
  return new CeligoError({
    subject: `script "${name}" (${id})`,
    reason:
      "it belongs to this resource, and another resource of the program with the same name adopted it in this run",
    hint: 'Remove that other resource from the state (pulumi state delete), and give it another name or onNameTaken: "create".',
    code: "adopted_twice",
  });
}
