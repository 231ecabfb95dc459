/** Taking a file into quarantine, and giving it back. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { isAbsolute, normalize } from 'node:path';
import { Quarantine, type QuarantineEntry } from '../../quarantine/index.ts';
import { type ActionKind, notInForce, refused } from '../action.ts';
import { TargetReader } from '../target.ts';

export interface FileTarget {
  readonly path: string;
}

interface Sealed {
  /** Stands in the entry of the quarantine, so that this action's entry is found again after a crash. */
  readonly token: string;
}

/** Where the vault is. */
export interface QuarantineParts {
  readonly folder: string;
}

/** What no host does without: these are put right by other means. */
const needed = /^\/(usr\/)?(lib|lib64|sbin|bin)\/|^\/(proc|sys|dev|boot)\//;

/** The kind `quarantine-file`. */
export function quarantineFile({ folder }: QuarantineParts): ActionKind<FileTarget, Sealed> {
  const opened = (): Quarantine => {
    const vault = Quarantine.open(folder);
    vault.recover();
    return vault;
  };
  const entryOf = (vault: Quarantine, { token }: Sealed): QuarantineEntry | undefined =>
    vault.list().entries.find(({ cause }) => cause.reason === token);
  return {
    name: 'quarantine-file',
    title: { en: 'Quarantine a file', zh: '隔离文件' },
    describe: { en: 'path: full path of a file', zh: 'path：文件的完整路径' },
    afterCrash: 'undo',
    parse(given) {
      const target = new TargetReader(given, ['path']);
      const path = target.text('path');
      if (!isAbsolute(path) || normalize(path) !== path)
        target.fail('path', 'must be a full path without . and ..', '必须是不含 . 和 .. 的完整路径');
      return { path };
    },
    key: ({ path }) => path,
    text: ({ path }) => ({ en: `quarantine ${path}`, zh: `隔离文件 ${path}` }),
    async plan({ path }) {
      const found = lstatSync(path, { throwIfNoEntry: false });
      if (found === undefined) throw refused(`${path} is not there`, `${path} 不存在`);
      if (!found.isFile()) throw refused(`${path} is no regular file`, `${path} 不是普通文件`);
      if (needed.test(path))
        throw refused(
          `${path} belongs to the system; reinstall its package instead`,
          `${path} 属于系统；请改为重装其软件包`,
        );
      return {
        does: [
          {
            en: `${path} (${found.size} bytes) is sealed into the vault and taken from its place`,
            zh: `${path}（${found.size} 字节）被封存并移出原位`,
          },
        ],
        leaves: [
          {
            en:
              'processes that run it go on; other links to it stay' +
              (found.nlink > 1 ? ` (${found.nlink - 1})` : ''),
            zh: `正在运行它的进程不受影响；其他硬链接仍在${found.nlink > 1 ? `（${found.nlink - 1} 个）` : ''}`,
          },
        ],
        undo: {
          en: 'it is put back as it was: content, owner, permissions, times',
          zh: '原样放回：内容、属主、权限、时间',
        },
      };
    },
    prepare: async () => ({ token: `response ${randomBytes(8).toString('hex')}` }),
    async apply({ path }, sealed) {
      const vault = opened();
      if (entryOf(vault, sealed) === undefined) vault.add(path, { by: 'response', reason: sealed.token });
    },
    async verify({ path }, sealed) {
      const entry = entryOf(opened(), sealed);
      if (entry?.removed !== true) throw notInForce(`${path} is not in quarantine`, `${path} 未被隔离`);
    },
    async undo({ path }, sealed) {
      const vault = opened();
      const entry = entryOf(vault, sealed);
      if (entry === undefined) return;
      // A crash between putting it back and forgetting the entry: it is there already.
      if (existsSync(path) && isPutBack(path, entry)) vault.delete(entry.id);
      else vault.restore(entry.id);
    },
  };
}

/** Whether what stands there is the file of the entry. */
function isPutBack(path: string, { size, sha256 }: QuarantineEntry): boolean {
  const found = lstatSync(path);
  return found.isFile() && found.size === size && digestOf(path) === sha256;
}

function digestOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
