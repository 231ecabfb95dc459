/** Whatever a benchmark changes is put back: after success, after an error, and after Ctrl-C. */

type Undo = () => void | Promise<void>;

const undos: Undo[] = [];

/**
 * Notes how to put something back. Undone last in, first out.
 * @returns does it now, once; call it when the thing is over before the benchmark is
 */
export function onCleanup(undo: Undo): () => Promise<void> {
  undos.push(undo);
  return async () => {
    const place = undos.lastIndexOf(undo);
    if (place < 0) return;
    undos.splice(place, 1);
    await undo();
  };
}

/** Puts everything back. Goes on where one step fails, and says which. */
export async function cleanUp(): Promise<void> {
  for (let undo = undos.pop(); undo !== undefined; undo = undos.pop()) {
    try {
      await undo();
    } catch (error) {
      process.stderr.write(`could not put something back: ${String(error)}\n`);
      process.exitCode = 1;
    }
  }
}

/**
 * Runs a benchmark and puts everything back afterwards, however it ends. The number that `main` returns is
 * the exit code; an error is shown and ends with 1, a signal with 128 + its number.
 */
export async function runBenchmark(main: () => Promise<number>): Promise<void> {
  let interrupted = false;
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ] as const) {
    process.on(signal, () => {
      if (interrupted) return;
      interrupted = true;
      void cleanUp().then(() => process.exit(128 + number));
    });
  }
  try {
    process.exitCode = await main();
  } catch (error) {
    // Whatever an interrupt cut off fails too; only the first cause is worth a word.
    if (!interrupted) process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
  if (!interrupted) await cleanUp();
}
