/**
 * Keeps stack traces off while Pulumi makes its promises of properties. It formats a trace for each of them, which is most
 * of what a script costs in a program, and shows none but with `PULUMI_DEBUG_PROMISE_LEAKS`. Before and after that, it may
 * run code of the program, such as a transformation: the reads of the first and the last property tell when.
 */
export function withoutTraces(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const [first = "", ...others] = Object.keys(properties);
  const last = others.at(-1);
  if (last === undefined || process.env["PULUMI_DEBUG_PROMISE_LEAKS"]) {
    return { ...properties };
  }
  const { stackTraceLimit } = Error;
  const limitFrom = (name: string, limit: number): PropertyDescriptor => {
    let isRead = false;
    const get = () => {
      if (!isRead) {
        isRead = true;
        Error.stackTraceLimit = limit;
      }
      return properties[name];
    };
    return { get, enumerable: true, configurable: true };
  };
  return Object.defineProperties(
    { ...properties },
    { [first]: limitFrom(first, 0), [last]: limitFrom(last, stackTraceLimit) },
  );
}
