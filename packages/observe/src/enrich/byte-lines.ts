/** Lines of a file as bytes in one buffer: a database of many thousand lines is read without a string a line. */
import { open } from 'node:fs/promises';

/** Longest line that is handed out, bytes; PATH_MAX is 4096. Longer ones are left out. */
const longestLine = 8 * 1024;

const newline = 0x0a;

/** Told of a line: its bytes without the newline, good until the call returns. Answering false ends the reading. */
type OnLine = (line: Buffer) => boolean | undefined;

/** Reads files line by line through one buffer; one file at a time. */
export class LineReader {
  readonly #buffer = Buffer.allocUnsafeSlow(64 * 1024);

  /**
   * Reads a file to its end, or until `onLine` says false.
   * @throws when the file cannot be opened or read
   */
  async read(path: string, onLine: OnLine): Promise<void> {
    const buffer = this.#buffer;
    const handle = await open(path, 'r');
    try {
      /** Bytes of an unfinished line at the start of the buffer. */
      let kept = 0;
      let skipping = false;
      for (;;) {
        const { bytesRead } = await handle.read(buffer, kept, buffer.length - kept);
        const end = kept + bytesRead;
        let start = 0;
        for (
          let stop = buffer.indexOf(newline);
          stop >= 0 && stop < end;
          stop = buffer.indexOf(newline, start)
        ) {
          if (!skipping && stop - start <= longestLine && onLine(buffer.subarray(start, stop)) === false)
            return;
          skipping = false;
          start = stop + 1;
        }
        kept = end - start;
        if (bytesRead === 0) {
          if (kept > 0 && !skipping) onLine(buffer.subarray(start, end));
          return;
        }
        if (kept > longestLine) {
          skipping = true;
          kept = 0;
        }
        buffer.copyWithin(0, start, start + kept);
      }
    } finally {
      await handle.close();
    }
  }
}
