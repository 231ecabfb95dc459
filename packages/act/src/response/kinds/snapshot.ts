/** A read-only snapshot of the btrfs subvolume that holds a path: what it was when the attack was seen. */
import { existsSync, mkdirSync, rmdirSync, statfsSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { type ActionKind, notInForce, refused } from '../action.ts';
import { runProgram } from '../run-program.ts';
import { TargetReader } from '../target.ts';

export interface SnapshotTarget {
  readonly path: string;
}

interface Snapshot {
  readonly subvolume: string;
  readonly snapshot: string;
}

/** BTRFS_SUPER_MAGIC and BTRFS_FIRST_FREE_OBJECTID (include/uapi/linux/magic.h, btrfs_tree.h). */
const btrfs = 0x9123683e;
const subvolumeInode = 256;
/** Folder at the top of a subvolume that holds its snapshots. */
const folderName = '.redoubt-snapshots';

/** The kind `snapshot`. */
export function snapshot(): ActionKind<SnapshotTarget, Snapshot> {
  return {
    name: 'snapshot',
    title: { en: 'Take a snapshot', zh: '创建快照' },
    describe: {
      en: 'path: any path of a btrfs subvolume',
      zh: 'path：btrfs 子卷中的任一路径',
    },
    afterCrash: 'undo',
    parse(given) {
      const target = new TargetReader(given, ['path']);
      const path = target.text('path');
      if (!isAbsolute(path) || normalize(path) !== path)
        target.fail('path', 'must be a full path without . and ..', '必须是不含 . 和 .. 的完整路径');
      return { path };
    },
    key: ({ path }) => path,
    text: ({ path }) => ({ en: `snapshot of ${path}`, zh: `为 ${path} 创建快照` }),
    async plan({ path }) {
      const subvolume = subvolumeOf(path);
      return {
        does: [
          {
            en: `a read-only snapshot of ${subvolume} is made in ${join(subvolume, folderName)}`,
            zh: `在 ${join(subvolume, folderName)} 创建 ${subvolume} 的只读快照`,
          },
        ],
        leaves: [
          {
            en: 'it lies on the same disk and takes more room the more changes; subvolumes below it are not in it',
            zh: '快照位于同一磁盘，占用随改动增长；不含下层子卷',
          },
        ],
        undo: { en: 'the snapshot is deleted', zh: '删除快照' },
      };
    },
    async prepare({ path }) {
      const subvolume = subvolumeOf(path);
      const name = new Date().toISOString().replaceAll(':', '-');
      return { subvolume, snapshot: join(subvolume, folderName, name) };
    },
    async apply(_, { subvolume, snapshot: made }) {
      mkdirSync(dirname(made), { recursive: true, mode: 0o700 });
      if (!existsSync(made))
        await runProgram('btrfs', ['subvolume', 'snapshot', '-r', '--', subvolume, made]);
    },
    async verify(_, { snapshot: made }) {
      if (!isSubvolume(made)) throw notInForce(`${made} is not there`, `${made} 不存在`);
    },
    async undo(_, { snapshot: made }) {
      if (existsSync(made)) await runProgram('btrfs', ['subvolume', 'delete', '--', made]);
      try {
        rmdirSync(dirname(made));
      } catch {
        // Others are in it, or it was never made.
      }
    },
  };
}

/** @throws ActionError `refused` where there can be no snapshot */
function subvolumeOf(path: string): string {
  if (!existsSync(path)) throw refused(`${path} is not there`, `${path} 不存在`);
  if (statfsSync(path).type !== btrfs)
    throw refused(
      `the file system of ${path} takes no snapshots (only btrfs does here); redoubt evidence collect --image copies a disk`,
      `${path} 所在的文件系统不支持快照（此处仅支持 btrfs）；可用 redoubt evidence collect --image 复制磁盘`,
    );
  let folder = path;
  while (folder !== '/' && !isSubvolume(folder)) folder = dirname(folder);
  return folder;
}

function isSubvolume(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.ino === subvolumeInode;
}
