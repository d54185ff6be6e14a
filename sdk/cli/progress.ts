/** Width of the bar in characters. */
const width = 30;

/**
 * Shows the progress of some work on standard error: a bar at a terminal, and one line for each tenth in a log.
 *
 * @param total Returns how many items there are; nothing is shown while it is 0, because that is not known.
 * @param what The counted items, such as `scripts read`.
 * @param work Does the work, and calls `step` after each item.
 */
export async function withProgress<Result>(
  total: () => number,
  what: string,
  work: (step: () => void) => Promise<Result>,
): Promise<Result> {
  const { stderr } = process;
  let done = 0;
  const draw = () => {
    const filled = Math.floor((done / total()) * width);
    stderr.write(`\r[${"#".repeat(filled)}${".".repeat(width - filled)}] ${done} of ${total()} ${what}`);
  };
  const step = () => {
    done++;
    if (total() === 0) {
      return;
    }
    if (stderr.isTTY) {
      draw();
    } else if (Math.floor((done * 10) / total()) > Math.floor(((done - 1) * 10) / total())) {
      stderr.write(`${done} of ${total()} ${what}\n`);
    }
  };
  try {
    return await work(step);
  } finally {
    if (stderr.isTTY && total() > 0) {
      draw();
      stderr.write("\n");
    }
  }
}
