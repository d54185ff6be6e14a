import type { CeligoClient, ScriptRecord } from "../api/client";
import { fieldNames, wholeFieldsOf, wireNames } from "./fields";
import type { RawInputs } from "./inputs";

interface Waiting {
  readonly id: string;
  readonly known: RawInputs;
  readonly decide: (isVouchedFor: boolean) => void;
}

/**
 * The list of scripts, read page by page while a refresh asks for scripts one by one. It vouches for those that it shows as the
 * state knows them: these need no read of their own.
 *
 * Neither the number of reads to come nor that of pages is known. So there are never more pages than reads so far, and a read
 * of its own follows only when there are as many: together at most twice the requests of the cheaper way.
 */
export class Listing {
  readonly #pages: AsyncIterator<readonly ScriptRecord[], undefined>;
  readonly #patience: number;
  readonly #records = new Map<string, ScriptRecord>();
  readonly #asked = new Set<string>();
  #waiting: Waiting[] = [];
  #read = 0;
  #isOver = false;
  #isAtWork = false;

  /** @param patience Milliseconds that the first read waits for others: Pulumi sends several at a time. */
  constructor(client: CeligoClient, patience: number) {
    this.#pages = client.listPages({ include: wireNames });
    this.#patience = patience;
  }

  /** Tells whether a script was asked for already, as by the refresh before: then this list is an old one. */
  hasAsked(id: string): boolean {
    return this.#asked.has(id);
  }

  /** Tells whether the list shows a script as the state knows it. When it does not, a read must decide what has become of it. */
  vouchesFor(id: string, known: RawInputs): Promise<boolean> {
    this.#asked.add(id);
    return new Promise((decide) => {
      this.#waiting.push({ id, known, decide });
      this.#settle();
      if (this.#waiting.length > 0 && !this.#isAtWork) {
        this.#isAtWork = true;
        void this.#work();
      }
    });
  }

  async #work(): Promise<void> {
    if (this.#asked.size === 1) {
      await new Promise((resolve) => setTimeout(resolve, this.#patience));
    }
    while (this.#waiting.length > 0 && this.#asked.size > 1 && this.#read < this.#asked.size) {
      await this.#readPage();
      this.#settle();
    }
    this.#isAtWork = false;
    for (const { decide } of this.#waiting.splice(0)) {
      decide(false);
    }
  }

  /** Reads the next page. A list that cannot vouch, fails, or does not go on is over. */
  async #readPage(): Promise<void> {
    // A read of its own says what is wrong with each script, where the list fails.
    const { value: records } = await this.#pages.next().catch(() => ({ value: undefined }));
    if (records === undefined) {
      this.#isOver = true;
      return;
    }
    this.#read++;
    const before = this.#records.size;
    for (const record of records) {
      this.#records.set(record._id, record);
    }
    const canVouch = records.some(({ __hash, lastModified }) => __hash && lastModified);
    this.#isOver = !canVouch || this.#records.size === before;
  }

  /** Decides about the reads whose scripts the pages have shown; about all when there are no more pages. */
  #settle(): void {
    const waiting = this.#waiting.filter(({ id, known, decide }) => {
      const record = this.#records.get(id);
      if (record === undefined && !this.#isOver) {
        return true;
      }
      decide(record !== undefined && isListedAs(record, known));
      return false;
    });
    this.#waiting = waiting;
  }
}

/** Tells whether a state says enough of a script to compare it with a list: lists have no content. */
export function canBeVouchedFor({ hash, lastModified, contentHash, codeHash, isUnconfirmed }: RawInputs): boolean {
  return [hash, lastModified, contentHash, codeHash].every((one) => typeof one === "string") && !isUnconfirmed;
}

/**
 * Tells whether a record of a list is what the state knows. The hash alone does not vouch for the content, because Celigo
 * does not publish what it covers: the time of the last change and every field must be the same, too.
 */
function isListedAs(record: ScriptRecord, known: RawInputs): boolean {
  const fields: RawInputs = { ...wholeFieldsOf(record) };
  return (
    fieldNames.every((name) => fields[name] === (known[name] ?? undefined)) && canBeVouchedFor({ ...known, ...fields })
  );
}
