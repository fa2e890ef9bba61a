/** What a round of load has cost the one who made it. */
export interface Load {
  readonly requestsPerSecond: number;
  /** Microseconds of CPU time of this process for each request. */
  readonly cpuUs: number;
}

/** Makes `total` calls, `inFlight` at once. */
export async function drive(
  total: number,
  inFlight: number,
  call: (index: number) => Promise<unknown>,
): Promise<Load> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < total) await call(next++);
  };
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  await Promise.all(Array.from({ length: inFlight }, lane));
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const { user, system } = process.cpuUsage(cpu);
  return { requestsPerSecond: total / seconds, cpuUs: (user + system) / total };
}
