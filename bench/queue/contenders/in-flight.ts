/** As many callers as a busy gateway has at once. */
const IN_FLIGHT = 100;

/** Does the work for each item, the next one as soon as one is done. */
export async function forEachInFlight<T>(
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const rest = items.values();
  const caller = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
}
