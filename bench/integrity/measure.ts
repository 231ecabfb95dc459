/** Collecting and checking files beside AIDE and beside plain hashing, on the same tree. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { hasProgram } from '../lib/command.ts';
import { say } from '../lib/language.ts';
import { describeMachine, type Machine } from '../lib/machine.ts';
import { ensurePackages } from '../lib/packages.ts';
import { makeWorkplace, repository } from '../lib/workplace.ts';
import { type Cost, costOf } from './program.ts';

/** What is measured, and how often. */
export interface IntegrityOptions {
  tree: string;
  rounds: number;
  /** Numbers of files of the made trees. */
  sizes: readonly number[];
}

/** Results, one cost a round. */
export interface IntegrityResult {
  machine: Machine;
  tree: string;
  /** The bare hashing: `find | xargs sha256sum`, on every CPU. */
  hashing: Cost[];
  aide: Cost[];
  /** `baseline create`: everything is read, recorded and signed. */
  full: Cost[];
  /** `baseline check` of the unchanged tree. */
  check: Cost[];
  /** Trees of small files: collecting, then checking. */
  sizes: { files: number; full: Cost; check: Cost }[];
}

/** The facts that Redoubt records, in AIDE's words (aide.conf(5)). */
const aideFacts = 'ftype+p+u+g+n+s+m+c+i+acl+xattrs+caps+sha256';

const cli = join(repository, 'apps/cli/src/main.ts');

class Place {
  readonly folder: string;
  readonly #policy: string;
  readonly #tree: string;

  constructor(folder: string, name: string, tree: string) {
    this.folder = join(folder, name);
    this.#tree = tree;
    this.#policy = join(this.folder, 'policy.yaml');
    mkdirSync(this.folder);
    writeFileSync(
      this.#policy,
      `version: 1\npaths: [${JSON.stringify(tree)}]\nclasses: [{class: binaries, globs: [${JSON.stringify(`${tree}/**`)}]}]\n`,
    );
  }

  /** The program that the agent starts once a day, too; the shell in front of it is not counted. */
  #redoubt(action: string, fine: readonly number[]): Promise<Cost> {
    const vault = join(this.folder, 'vault');
    const words = [cli, 'baseline', action, 'files', '--policy', this.#policy, '--vault', vault];
    return costOf(process.execPath, words, fine);
  }

  full(): Promise<Cost> {
    return this.#redoubt('create', [0]);
  }

  /** 1: something was changed meanwhile by someone else; the work was done all the same. */
  check(): Promise<Cost> {
    return this.#redoubt('check', [0, 1]);
  }

  aide(): Promise<Cost> {
    const file = join(this.folder, 'aide.conf');
    writeFileSync(
      file,
      `database_out=file:${this.folder}/aide.db\ngzip_dbout=no\nnum_workers=${cpus().length}\nreport_url=file:/dev/null\n${this.#tree} ${aideFacts}\n`,
    );
    return costOf('aide', ['--init', `--config=${file}`]);
  }

  hashing(): Promise<Cost> {
    const script = 'find "$1" -xdev -type f -print0 | xargs -0 -P"$2" -n64 sha256sum';
    return costOf('sh', ['-c', script, 'sh', this.#tree, String(cpus().length)]);
  }
}

function makeTree(folder: string, files: number): string {
  for (let at = 0; at < files; at++) {
    const inside = join(folder, String(Math.floor(at / 1000)).padStart(4, '0'));
    if (at % 1000 === 0) mkdirSync(inside, { recursive: true });
    writeFileSync(join(inside, `file-${at % 1000}`), `${at}`);
  }
  return folder;
}

/** Measures. What runs first reads the tree into memory for all; that run is not counted. */
export async function measureIntegrity({ tree, rounds, sizes }: IntegrityOptions): Promise<IntegrityResult> {
  if (!hasProgram('aide')) await ensurePackages(['aide']);
  const { folder } = makeWorkplace('integrity');
  const place = new Place(folder, 'tree', tree);
  const result: IntegrityResult = {
    machine: describeMachine(),
    tree,
    hashing: [],
    aide: [],
    full: [],
    check: [],
    sizes: [],
  };
  await place.full();
  for (let round = 1; round <= rounds; round++) {
    say(`Round ${round} of ${rounds} on ${tree}`, `${tree} 第 ${round}/${rounds} 轮`);
    result.hashing.push(await place.hashing());
    result.aide.push(await place.aide());
    result.full.push(await place.full());
    result.check.push(await place.check());
  }
  for (const files of sizes) {
    say(`Making ${files} files`, `正在创建 ${files} 个文件`);
    const { folder: parent, remove } = makeWorkplace('integrity-files');
    const made = new Place(parent, 'place', makeTree(join(parent, 'files'), files));
    result.sizes.push({ files, full: await made.full(), check: await made.check() });
    await remove();
  }
  return result;
}
