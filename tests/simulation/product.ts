/**
 * The product as the simulation meets it. Loaded at run time, so that a mutant can take its place before
 * (mutants/mutate.ts).
 */
export async function loadProduct() {
  const [app, client, coordinator, forward, host, memory, log] = await Promise.all([
    import('../../coordinator/app.ts'),
    import('../../coordinator/contract/client.ts'),
    import('../../coordinator/coordinator.ts'),
    import('../../coordinator/lease/forward.ts'),
    import('../../coordinator/lease/host.ts'),
    import('../../coordinator/storage/memory.ts'),
    import('../../src/kernel/log.ts'),
  ]);
  return {
    createCoordinator: coordinator.createCoordinator,
    createCoordinatorApp: app.createCoordinatorApp,
    createCoordinatorClient: client.createCoordinatorClient,
    createForward: forward.createForward,
    createMemoryStorage: memory.createMemoryStorage,
    isWaiting: (error: unknown) => error instanceof client.JobWaiting,
    silentLog: log.silentLog,
    startHost: host.startHost,
  };
}
export type Product = Awaited<ReturnType<typeof loadProduct>>;
