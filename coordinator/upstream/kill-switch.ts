/** One call of the operator stops every request to Ajax, until another one lets them go again, across restarts. */
import { z } from 'zod';
import type { Clock } from '../../src/kernel/clock.ts';
import { GatewayError } from '../../src/kernel/errors.ts';
import { readJson } from '../storage/read-json.ts';
import type { Records } from '../storage/records.ts';

const stopSchema = z.object({ since: z.number(), reason: z.string().nullable() });
/** Since when (epoch ms), and why in the operator's words. */
export type Stop = z.infer<typeof stopSchema>;

export interface KillSwitch {
  stopped(): Stop | undefined;
  /** @throws GatewayError upstream_stopped */
  check(): void;
  /**
   * Nothing is written to Ajax from this moment on, whatever becomes of the promise.
   * @throws GatewayError storage_unavailable: another coordinator, or a restart, would not know
   */
  stop(reason: string | undefined): Promise<void>;
  /** @throws GatewayError storage_unavailable: it stays stopped */
  resume(): Promise<void>;
}

export interface KillSwitchOptions {
  readonly records: Records;
  readonly clock: Clock;
  /** What waits must not wait any longer. */
  readonly onStop: (error: GatewayError) => void;
}

const RECORD = { kind: 'switch', key: 'upstream' } as const;

/** @throws GatewayError storage_unavailable */
export async function openKillSwitch({ records, clock, onStop }: KillSwitchOptions): Promise<KillSwitch> {
  const [kept] = await records.load('switch');
  // A record that cannot be read was written by somebody who wanted it stopped.
  let stop: Stop | undefined =
    kept && (readJson(stopSchema, kept.value) ?? { since: clock.now(), reason: null });

  const write = () => {
    if (stop !== undefined) records.put({ ...RECORD, value: JSON.stringify(stop), untilAt: undefined });
  };

  return {
    stopped: () => stop,
    check() {
      if (stop !== undefined) throw stoppedError();
    },
    async stop(reason) {
      stop = { since: stop?.since ?? clock.now(), reason: reason ?? stop?.reason ?? null };
      onStop(stoppedError());
      write();
      await records.committed();
    },
    async resume() {
      records.delete(RECORD);
      try {
        await records.committed();
        stop = undefined;
      } catch (error) {
        write();
        throw error;
      }
    },
  };
}

const stoppedError = () => new GatewayError('upstream_stopped');
