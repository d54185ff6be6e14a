/**
 * Returns how many times the CPU time grows when a text is 16 times as long: 16 for linear work, 256 for quadratic work. Other
 * processes do not count, and of five runs the fastest does.
 */
export function growth(work: (size: number) => unknown): number {
  const time = (size: number) => {
    const runs = Array.from({ length: 5 }, () => {
      const start = process.cpuUsage();
      work(size);
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1000;
    });
    return Math.min(...runs);
  };
  work(1000);
  // In milliseconds. Where the work is quadratic, the longer text takes seconds.
  return time(16 * 20_000) / Math.max(time(20_000), 0.5);
}
