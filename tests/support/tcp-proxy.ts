/** The cable between two programs, which a test cuts, freezes, or leads to nowhere. */
import { connect, createServer, type Socket } from 'node:net';
import { freePort } from './port.ts';

export interface TcpProxy {
  readonly port: number;
  /** Resets all connections, and refuses new ones until `resume`. */
  cut(): void;
  /** Nothing passes any more, in either direction; new connections are accepted, and nothing is heard on them. */
  freeze(): void;
  /**
   * The machine at the other end is gone without a word, and another has its address: connections there are stay open,
   * silent for ever; new ones work.
   */
  strand(): void;
  /** Lets what was held back pass, and everything after it. */
  resume(): void;
  close(): Promise<void>;
}

interface Pair {
  readonly near: Socket;
  /** None yet while frozen. */
  far: Socket | undefined;
}

/** Passes on everything that comes to a port of its own. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  const stranded = new Set<Socket>();
  let state: 'open' | 'frozen' | 'cut' = 'open';

  function end(pair: Pair): void {
    pairs.delete(pair);
    pair.near.destroy();
    pair.far?.destroy();
  }

  function join(pair: Pair): void {
    const { near } = pair;
    const far = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true });
    pair.far = far;
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.pipe(to);
      from.on('error', () => end(pair));
      from.on('close', () => end(pair));
    }
  }

  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (near) => {
    if (state === 'cut') return void near.resetAndDestroy();
    const pair: Pair = { near, far: undefined };
    pairs.add(pair);
    near.on('error', () => end(pair));
    if (state === 'open') join(pair);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));

  return {
    port,
    cut() {
      state = 'cut';
      for (const pair of pairs) {
        pair.near.resetAndDestroy();
        end(pair);
      }
    },
    freeze() {
      state = 'frozen';
      for (const { near, far } of pairs) {
        if (far === undefined) continue;
        near.unpipe(far).pause();
        far.unpipe(near).pause();
      }
    },
    strand() {
      for (const pair of pairs) {
        const { near, far } = pair;
        pairs.delete(pair);
        near.unpipe().removeAllListeners('close').resume();
        far?.unpipe().removeAllListeners('close').destroy();
        // Only its own end closes it.
        stranded.add(near);
        near.once('close', () => stranded.delete(near));
      }
    },
    resume() {
      // Twice the same pipe would bring everything twice.
      if (state === 'open') return;
      state = 'open';
      for (const pair of pairs) {
        const { near, far } = pair;
        if (far === undefined) join(pair);
        else {
          near.pipe(far);
          far.pipe(near);
        }
      }
    },
    async close() {
      const ended = new Promise((resolve) => server.close(resolve));
      for (const pair of pairs) end(pair);
      for (const near of stranded) near.destroy();
      await ended;
    },
  };
}
