/** Waits until `condition` gives something, looking often; for what other processes and real timers do. */
export async function until<T>(
  condition: () => Promise<T> | T,
  withinMs = 60_000,
): Promise<Exclude<T, undefined | null | false | ''>> {
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    const value = await condition();
    if (isGiven(value)) return value;
    if (performance.now() > giveUpAt)
      throw new Error(`Not so within ${withinMs} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

function isGiven<T>(value: T): value is Exclude<T, undefined | null | false | ''> {
  return value !== undefined && value !== null && value !== false && value !== '';
}
