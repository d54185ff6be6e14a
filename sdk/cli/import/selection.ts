import type { Account } from "../account";
import { findScript } from "../account";
import { matching } from "../match";
import { by } from "../output";
import { eachName, type NamedScript } from "../records";

/** What an import is asked for. */
export interface Wanted {
  /** Ids or names; none for all scripts. */
  readonly words: readonly string[];
  readonly match: RegExp | undefined;
  /** The ids of scripts that are left out, since another stack manages them. */
  readonly elsewhere: ReadonlySet<string>;
  /** The ids of the scripts that the stack manages. */
  readonly managed: ReadonlySet<string>;
}

/** The scripts of an account that an import is about. */
export class Selection {
  readonly #account: Account;
  readonly #wanted: Wanted;
  /** The scripts of the account, as far as they are listed. */
  readonly all: NamedScript[] = [];
  /** The scripts to import, and how many others the stack manages already. Known when the account is listed. */
  fresh: readonly NamedScript[] = [];
  managed = 0;

  constructor(account: Account, wanted: Wanted) {
    this.#account = account;
    this.#wanted = wanted;
  }

  /**
   * Lists the scripts to import. Each may be read while the list goes on, unless words name some of them.
   *
   * @param assertCanTake Asserts that a script can be imported.
   * @param assertWhole Asserts, once the account is listed, that the scripts can be imported.
   */
  async *list(
    assertCanTake: (script: NamedScript) => void,
    assertWhole: () => Promise<void>,
  ): AsyncGenerator<NamedScript> {
    const { words, match, elsewhere, managed } = this.#wanted;
    const isFresh = ({ id }: NamedScript) => !elsewhere.has(id) && !managed.has(id);
    for await (const script of eachName(this.#account.client)) {
      this.all.push(script);
      if (words.length === 0 && isFresh(script) && (match?.test(script.name) ?? true)) {
        assertCanTake(script);
        yield script;
      }
    }
    const asked = words.length > 0 ? await this.#idsOf(words) : undefined;
    const named = asked ? this.all.filter(({ id }) => asked.has(id)) : this.all;
    const matched = matching(named, match, ({ name }) => [name], "could not begin the import");
    this.managed = matched.filter(({ id }) => managed.has(id) && !elsewhere.has(id)).length;
    this.fresh = matched.filter(isFresh);
    this.fresh.forEach(assertCanTake);
    await assertWhole();
    if (asked) {
      yield* this.fresh;
    }
  }

  async #idsOf(words: readonly string[]): Promise<Set<string>> {
    const all = [...this.all].sort(by("id"));
    const found = await Promise.all(words.map((word) => findScript(this.#account, word, all)));
    return new Set(found.map(({ id }) => id));
  }
}
