/** The golden state of files. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Collector } from '../collector.ts';
import type { CollectorSettings } from '../collectors.ts';
import { collectFiles } from './collect.ts';
import { keepFile, linesOfFile } from './copies.ts';
import { volatileFacts } from './entry.ts';
import { PackageWitness } from './explain/packages.ts';
import { judgeFile } from './judge.ts';
import { parsePolicy } from './policy.ts';
import { restorePath } from './restore/restore.ts';
import { filesUnchanged } from './unchanged.ts';

/** @throws StateError `policy` when the policy is wrong */
export function filesCollector({ content, filePolicy }: CollectorSettings): Collector {
  const policy = parsePolicy(filePolicy ?? readFileSync(join(content, 'baseline/files.yaml'), 'utf8'));
  let witness:
    | { readonly since: number; readonly root: string; readonly packages: PackageWitness }
    | undefined;
  return {
    name: 'files',
    title: { en: 'Files', zh: '文件' },
    policy: policy.text,
    volatile: volatileFacts,
    ordered: true,
    collect: options => collectFiles(policy, options),
    unchanged: (marks, options) => filesUnchanged(policy, marks, options),
    judge: judgeFile,
    keep: (entry, options) => keepFile(policy, entry, options),
    lines: (change, options) => linesOfFile(policy, change, options),
    restore: (change, { log, ...options }) =>
      restorePath(change.key, change.kind === 'added' ? undefined : change.before, log, options),
    explain: (change, explain) => {
      const { root, since } = explain;
      if (witness?.since !== since || witness.root !== root)
        witness = { since, root, packages: new PackageWitness(explain) };
      return witness.packages.explain(change);
    },
  };
}
