/** How much is tried: usually a minute's worth; see README.md for more. */
const { BILLING_RUNS, BILLING_SEED } = process.env;

/** 1 usually. */
export const effort = Number(BILLING_RUNS ?? 1);
export const seed = Number(BILLING_SEED ?? 1);
export const LANES = 6;

/** Some at a time, for there is one database. */
export async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (const item of rest) await work(item);
    }),
  );
}
