/** Small files, whole or not at all. */
import { open, rename, rm } from 'node:fs/promises';
import { StateError } from './error.ts';

/** Replaces a file (0600) through one beside it. @throws StateError `write`; the old one is still there then */
export async function writeWhole(file: string, text: string): Promise<void> {
  const beside = `${file}.new`;
  try {
    const handle = await open(beside, 'w', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    const words = error instanceof Error ? error.message : String(error);
    throw new StateError(
      'write',
      { en: `${file} cannot be written: ${words}`, zh: `无法写入 ${file}：${words}` },
      { cause: error },
    );
  }
}
