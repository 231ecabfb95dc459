/** Images of block devices and image files, each a step of its own. What holds zeros takes no room once compressed. */
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { wordsOf } from '../error.ts';
import { copy, memberName, openQuietly } from '../members.ts';
import { type EvidencePlan, type EvidenceStep, NotHere } from '../step.ts';

/** Length of a device or file, bytes: a device tells it when one looks for its end. @throws NotHere */
async function opened(path: string) {
  try {
    const handle = await openQuietly(path);
    const found = await handle.stat();
    if (found.isFile()) return { handle, bytes: found.size };
    if (found.isBlockDevice()) return { handle, bytes: await deviceBytes(found.rdev) };
    await handle.close();
    throw new Error('is neither a block device nor a file');
  } catch (error) {
    throw new NotHere(`${path}: ${wordsOf(error)}`, `${path}：${wordsOf(error)}`);
  }
}

/** Source: Documentation/ABI/stable/sysfs-block: `size` counts units of 512 bytes whatever the device's own are. */
async function deviceBytes(device: number): Promise<number> {
  const major = (device >> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00);
  const handle = await open(`/sys/dev/block/${major}:${minor}/size`, 'r');
  try {
    return Number((await handle.readFile('utf8')).trim()) * 512;
  } finally {
    await handle.close();
  }
}

/** One step an image. */
export function imageSteps({ images }: EvidencePlan): EvidenceStep[] {
  return images.map((path, index) => ({
    id: `image-${index + 1}`,
    title: { en: `image of ${path}`, zh: `${path} 的镜像` },
    estimate: async () => {
      const { handle, bytes } = await opened(path);
      await handle.close();
      return { bytes, members: 1 };
    },
    collect: async ({ sink }) => {
      const { handle, bytes } = await opened(path);
      try {
        const name = `${memberName(basename(path))}.img`;
        await sink.stream(name, bytes, put => copy(handle, bytes, put), { source: path });
      } finally {
        await handle.close();
      }
    },
  }));
}
