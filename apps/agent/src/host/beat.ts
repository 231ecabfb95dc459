/**
 * The beat of the agent: what is done every second, or every few, is done in one turn of the event loop. To be woken
 * costs a host at rest more than most of what is done then.
 */

const second = 1_000;

interface Work {
  readonly run: () => void;
  readonly every: number;
}

const works = new Set<Work>();
let timer: NodeJS.Timeout | undefined;
let beats = 0;

function beat(): void {
  beats += 1;
  for (const { run, every } of works) if (beats % every === 0) run();
}

/**
 * Has something done at each beat; it keeps no process running.
 * @param every seconds between two times, a whole number
 * @returns ends it
 */
export function onBeat(run: () => void, every = 1): () => void {
  const work = { run, every };
  works.add(work);
  timer ??= setInterval(beat, second).unref();
  return () => {
    works.delete(work);
    if (works.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}
