/**
 * Whether the packet filter of a namespace drops packets, told by counters of the test's own: in front of all rules
 * and behind them. That nothing comes back is not taken for it: that takes long to see, and may have other reasons.
 */
import { execFileSync } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';

/** Where the counters stand; Redoubt's rules have priorities from -300 to 10. */
const counters = { before: -500, behind: 500 } as const;
const hooks = ['input', 'output', 'forward'];

let last: Promise<unknown> = Promise.resolve();
let made = 0;

/**
 * Sends something, and waits until a packet of it has been dropped or has passed. One after the other, so that none
 * takes the packets of another for its own.
 * @param packets which ones, as nft matches them
 * @param send sends them; what it gives back says whether there is nothing more to come
 * @throws when nothing more is to come and no packet was seen
 */
export function isDropped(namespace: string, packets: string, send: () => () => boolean): Promise<boolean> {
  const watching = last.then(() => watch(namespace, packets, send));
  last = watching.catch(() => undefined);
  return watching;
}

async function watch(namespace: string, packets: string, send: () => () => boolean): Promise<boolean> {
  const table = `inet watched${made++}`;
  const nft = (words: readonly string[], input = ''): string =>
    execFileSync('ip', ['netns', 'exec', namespace, 'nft', ...words], { encoding: 'utf8', input });
  const chains = hooks.flatMap(hook =>
    Object.entries(counters).map(
      ([name, priority]) =>
        `chain ${hook}_${name} { type filter hook ${hook} priority ${priority}; ${packets} counter name ${name}; }`,
    ),
  );
  nft(['-f', '-'], `table ${table} {\ncounter before { }\ncounter behind { }\n${chains.join('\n')}\n}\n`);
  try {
    const isOver = send();
    for (let looks = 0; ; await wait(5)) {
      const nothingMore = isOver();
      const seen = countsOf(nft(['--json', 'list', 'counters', 'table', ...table.split(' ')]));
      if (seen['behind'] !== 0) return false;
      // A packet between the two while they were read is behind them at the next look.
      if (seen['before'] !== 0 && ++looks === 2) return true;
      if (nothingMore && seen['before'] === 0) throw new Error(`no packet was seen: ${packets}`);
    }
  } finally {
    nft(['delete', 'table', ...table.split(' ')]);
  }
}

function countsOf(json: string): Record<string, number> {
  const { nftables } = JSON.parse(json) as { nftables: { counter?: { name: string; packets: number } }[] };
  return Object.fromEntries(
    nftables.flatMap(({ counter }) => (counter ? [[counter.name, counter.packets]] : [])),
  );
}
