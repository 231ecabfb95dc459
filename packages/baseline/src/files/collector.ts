/** The golden state of files. What a check of unchanged files does without is loaded when it is needed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Collector } from '../collector.ts';
import type { CollectorSettings } from '../collectors.ts';
import { changedFiles } from './changed.ts';
import { collectFiles } from './collect.ts';
import { volatileFacts } from './entry.ts';
import type { PackageWitness } from './explain/packages.ts';
import { judgeFile } from './judge.ts';
import { type FilePolicy, parsePolicy } from './policy.ts';

export function filesCollector({ content, filePolicy }: CollectorSettings): Collector {
  const text = filePolicy ?? readFileSync(join(content, 'baseline/files.yaml'), 'utf8');
  let parsed: FilePolicy | undefined;
  /** @throws StateError `policy` when the policy is wrong */
  const policy = (): FilePolicy => {
    parsed ??= parsePolicy(text);
    return parsed;
  };
  let copies: typeof import('./copies.ts') | undefined;
  const loadCopies = async () => {
    copies ??= await import('./copies.ts');
    return copies;
  };
  let witness:
    | { readonly since: number; readonly root: string; readonly packages: PackageWitness }
    | undefined;
  return {
    name: 'files',
    title: { en: 'Files', zh: '文件' },
    policy: text,
    get trees() {
      const { paths, pruned } = policy();
      return { paths, pruned };
    },
    volatile: volatileFacts,
    ordered: true,
    collect: options => collectFiles(policy(), options),
    changed: (golden, options) => changedFiles(golden, policy, options),
    judge: judgeFile,
    keep: (entry, options) =>
      copies === undefined
        ? loadCopies().then(({ keepFile }) => keepFile(policy(), entry, options))
        : copies.keepFile(policy(), entry, options),
    lines: async (change, options) => (await loadCopies()).linesOfFile(policy(), change, options),
    restore: async (change, { log, ...options }) => {
      const { restorePath } = await import('./restore/restore.ts');
      return restorePath(change.key, change.kind === 'added' ? undefined : change.before, log, options);
    },
    explain: async (change, explain) => {
      const { root, since } = explain;
      if (witness?.since !== since || witness.root !== root) {
        const { PackageWitness } = await import('./explain/packages.ts');
        witness = { since, root, packages: new PackageWitness(explain) };
      }
      return witness.packages.explain(change);
    },
  };
}
