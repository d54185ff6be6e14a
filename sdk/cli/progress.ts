/** Shows the progress of long work. */
export interface Progress {
  /** Counts one more item as done. */
  step(): void;
  /** Ends the bar and its line. */
  end(): void;
}

/** Width of the bar in characters. */
const width = 30;

/**
 * Shows progress on standard error: a bar at a terminal, and one line for each tenth in a log.
 *
 * @param what The counted items, such as `scripts read`.
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
