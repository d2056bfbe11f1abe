import { JobWaiting } from '../../coordinator/contract/client.ts';

/**
 * The answers of reads that run at the same time, or the first failure. One that waits for its job ends nothing: the
 * others have to be asked for as well, or the job would learn of them one by one.
 * @throws JobWaiting the last one, whose job knows of all reads
 */
export async function together<T extends object>(reads: readonly Promise<T>[]): Promise<T[]> {
  const waiting: JobWaiting[] = [];
  const answers = await Promise.all(
    reads.map((read) =>
      read.catch((error: unknown) => {
        if (!(error instanceof JobWaiting)) throw error;
        waiting.push(error);
        return undefined;
      }),
    ),
  );
  const last = waiting.at(-1);
  if (last !== undefined) throw last;
  return answers.filter((answer) => answer !== undefined);
}
