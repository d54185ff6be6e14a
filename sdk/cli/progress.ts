/** Shows how far a long piece of work is. */
export interface Progress {
  /** Says that one more of the pieces is done. */
  step(): void;
  /** Ends the bar; what is printed next begins on a line of its own. */
  end(): void;
}

/** The width of the bar, in characters. */
const width = 30;

/**
 * Shows progress on standard error: as a bar on a terminal, and elsewhere, as in a CI job's log, a line for each tenth.
 *
 * @param what What is counted, such as `scripts read`.
 */
export function showProgress(total: number, what: string): Progress {
  const { stderr } = process;
  let done = 0;
  let shown = 0;
  const draw = () => {
    const filled = Math.floor((done / total) * width);
    stderr.write(`\r[${"#".repeat(filled)}${".".repeat(width - filled)}] ${done} of ${total} ${what}`);
  };
  return {
    step() {
      done++;
      if (stderr.isTTY) {
        draw();
      } else if (Math.floor((done * 10) / total) > shown || done === total) {
        shown = Math.floor((done * 10) / total);
        stderr.write(`${done} of ${total} ${what}\n`);
      }
    },
    end() {
      if (stderr.isTTY && total > 0) {
        draw();
        stderr.write("\n");
      }
    },
  };
}
