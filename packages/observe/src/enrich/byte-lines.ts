/** Lines of a file as bytes in one buffer: a database of many thousand lines is read without a string a line. */
import { closeSync, constants, openSync, readSync } from 'node:fs';

/** Longest line that is handed out, bytes; PATH_MAX is 4096. Longer ones are left out. */
const longestLine = 8 * 1024;

const newline = 0x0a;

/**
 * Told of a line: where it stands in the buffer, without its newline, good until the call returns. Answering
 * false ends the reading.
 */
type OnLine = (bytes: Buffer, start: number, end: number) => boolean;

/**
 * Reads files line by line through one buffer. It does not wait for a thread: opening and reading a small file
 * that way takes ten times as long as the work itself. A caller with many files gives the event loop its turns.
 */
export class LineReader {
  readonly #buffer = Buffer.allocUnsafeSlow(64 * 1024);

  /**
   * Reads a file to its end, or until `onLine` says false.
   * @throws when the file cannot be opened or read
   */
  read(path: string, onLine: OnLine): void {
    const buffer = this.#buffer;
    // A pipe in place of the file ends at once instead of waiting for a writer.
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      /** Bytes of an unfinished line at the start of the buffer. */
      let kept = 0;
      let skipping = false;
      for (;;) {
        const bytesRead = readSync(descriptor, buffer, kept, buffer.length - kept, null);
        const end = kept + bytesRead;
        let start = 0;
        for (
          let stop = buffer.indexOf(newline);
          stop >= 0 && stop < end;
          stop = buffer.indexOf(newline, start)
        ) {
          if (!skipping && stop - start <= longestLine && !onLine(buffer, start, stop)) return;
          skipping = false;
          start = stop + 1;
        }
        kept = end - start;
        if (bytesRead === 0) {
          if (kept > 0 && !skipping) onLine(buffer, start, end);
          return;
        }
        if (kept > longestLine) {
          skipping = true;
          kept = 0;
        }
        buffer.copyWithin(0, start, start + kept);
      }
    } finally {
      closeSync(descriptor);
    }
  }
}
