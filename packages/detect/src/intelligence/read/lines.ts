/** Lines of a text that comes in pieces. */
import type { Sink } from '../kinds.ts';

/** What readers take: bytes in pieces of any size. */
export type Input = AsyncIterable<Uint8Array>;

/** Longest line, characters. */
export const longestLine = 65_536;

/**
 * Gives each line without its end, counted from 1. A line that is too long is refused and passed over; so is
 * everything in it that is not UTF-8, which then is no indicator.
 */
export async function readLines(
  input: Input,
  sink: Sink,
  line: (text: string, at: number) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  let at = 0;
  let isTooLong = false;
  const give = (text: string): void => {
    at++;
    if (isTooLong || text.length > longestLine) {
      sink.refuse(`a line longer than ${longestLine} characters`, at, text.slice(0, 80));
      isTooLong = false;
    } else line(text.endsWith('\r') ? text.slice(0, -1) : text, at);
  };
  for await (const chunk of input) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) give(text);
    if (rest.length > longestLine) {
      isTooLong = true;
      rest = rest.slice(0, 80);
    }
  }
  rest += decoder.decode();
  if (rest !== '' || isTooLong) give(rest);
}
