/** CLOCK_MONOTONIC in milliseconds: the same in all processes of a machine, unlike `performance.now()`. */
export const monotonicMs = () => Number(process.hrtime.bigint()) / 1e6;
