/** Processor time of this thread: what other processes of the machine take does not count. */

/** Seconds of processor time of this thread that some work takes. */
export async function processorSeconds(work: () => Promise<void> | void): Promise<number> {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1e6;
}
