/** As far as the benchmarks use them: type checks pass where `bench/node_modules` is not installed. */
declare module 'bottleneck' {
  export default class Bottleneck {
    constructor(options: Readonly<Record<string, unknown>>);
    ready(): Promise<unknown>;
    schedule<T>(work: () => Promise<T>): Promise<T>;
    disconnect(flush: boolean): Promise<void>;
  }
}

declare module 'bullmq' {
  interface Connection {
    readonly connection: unknown;
  }
  interface ToAdd<Data> {
    readonly name: string;
    readonly data: Data;
    readonly opts: { readonly removeOnComplete: boolean };
  }
  export class Queue<Data> {
    constructor(name: string, options: Connection);
    waitUntilReady(): Promise<unknown>;
    add(name: string, data: Data, opts: ToAdd<Data>['opts']): Promise<unknown>;
    addBulk(jobs: readonly ToAdd<Data>[]): Promise<unknown>;
    drain(): Promise<void>;
    close(): Promise<void>;
  }
  export class Worker<Data> {
    constructor(
      name: string,
      work: (job: { readonly data: Data }) => Promise<void>,
      options: Connection & {
        readonly concurrency: number;
        readonly limiter: { readonly max: number; readonly duration: number };
        readonly lockDuration?: number;
        readonly stalledInterval?: number;
        readonly maxStalledCount?: number;
      },
    );
    on(event: 'error', listener: (error: Error) => void): this;
    waitUntilReady(): Promise<unknown>;
    close(force?: boolean): Promise<void>;
  }
}

declare module 'fastify' {
  interface Server {
    register(plugin: unknown, options: Readonly<Record<string, unknown>>): unknown;
    listen(options: { readonly port: number; readonly host: string }): Promise<string>;
  }
  export default function fastify(options?: Readonly<Record<string, unknown>>): Server;
}

declare module '@fastify/http-proxy' {
  const plugin: unknown;
  export default plugin;
}
