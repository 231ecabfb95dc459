import type { ReactNode } from 'react';
import type { ProcessFlag } from '../api/contract.ts';
import { useSpeech } from '../text/text.tsx';

const tones: Record<ProcessFlag, 'bad' | 'warn' | 'plain'> = {
  finding: 'bad',
  memfd: 'bad',
  deleted: 'warn',
  writable_dir: 'warn',
  wx_memory: 'warn',
  traced: 'warn',
  setuid: 'warn',
  unpackaged: 'plain',
  listening: 'plain',
  kernel_thread: 'plain',
};

/** Whether a flag makes a process worth a look. */
export function isRemarkable(flag: ProcessFlag): boolean {
  return tones[flag] !== 'plain';
}

/** What is remarkable about a process, each as a chip. */
export function Flags({ flags }: { flags: readonly ProcessFlag[] }): ReactNode {
  const { text } = useSpeech();
  return flags.map(flag => (
    <span key={flag} className={`chip ${tones[flag]}`}>
      {text.process.flag[flag]}
    </span>
  ));
}
