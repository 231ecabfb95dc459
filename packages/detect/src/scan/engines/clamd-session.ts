/**
 * A conversation with clamd in which open files are handed over and judged side by side (clamd(8): IDSESSION, FILDES).
 * Nothing is copied, and nobody waits for one answer before the next question.
 */
import { Socket } from 'node:net';
import { connectUnix, sendDescriptor } from '@redoubt/kernel';

/** clamd has said nothing for longer than it may: to ask it again in another way would take as long. */
export class ClamdSilence extends Error {
  override readonly name = 'ClamdSilence';

  constructor() {
    super('clamd does not answer in time');
  }
}

interface Question {
  readonly resolve: (answer: string) => void;
  readonly reject: (error: Error) => void;
}

/** Ends by itself when clamd is silent or ends it: whoever waits is told so, and the next one opens another. */
export class ClamdSession {
  readonly #fd: number;
  readonly #socket: Socket;
  readonly #milliseconds: number;
  readonly #waiting = new Map<number, Question>();
  #silence: NodeJS.Timeout | undefined;
  #asked = 0;
  #text = '';
  #isOpen = true;

  /**
   * @param path of clamd's socket
   * @param milliseconds that clamd may be silent while it is asked something
   * @throws Error of the system; KernelSensorError when the addon has not been built
   */
  constructor(path: string, milliseconds: number) {
    this.#fd = connectUnix(path);
    this.#milliseconds = milliseconds;
    this.#socket = new Socket({ fd: this.#fd, readable: true, writable: true });
    this.#socket.setEncoding('utf8');
    this.#socket.on('data', (text: string) => this.#hear(text));
    this.#socket.on('error', error => this.close(error));
    this.#socket.on('close', () => this.close());
    this.#socket.write('zIDSESSION\0');
  }

  /** Whether it can be asked. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /**
   * Asks about an open file, which has to stay open until the answer: `OK`, `NAME FOUND` or `WORDS ERROR`.
   * @throws Error when the session ends before the answer
   */
  ask(fd: number): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    try {
      // The last byte is what the descriptor is the companion of; clamd skips it.
      sendDescriptor(this.#fd, fd, 'zFILDES\0f');
    } catch (error) {
      return Promise.reject(error);
    }
    // clamd counts what it is asked, from 1 on, and answers in any order.
    this.#waiting.set(++this.#asked, { resolve, reject });
    this.#listen();
    return promise;
  }

  /** Ends it. */
  close(error = new Error('clamd ended the conversation')): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    clearTimeout(this.#silence);
    this.#socket.destroy();
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #hear(text: string): void {
    const answers = `${this.#text}${text}`.split('\0');
    this.#text = answers.pop() ?? '';
    for (const answer of answers) {
      const [, number, words = answer] = /^(\d+): (?:fd\[\d+\]: )?(.*)$/s.exec(answer) ?? [];
      const question = this.#waiting.get(Number(number));
      if (question === undefined) {
        this.close(new Error(`clamd said "${answer}"`));
        return;
      }
      this.#waiting.delete(Number(number));
      question.resolve(words);
    }
    this.#listen();
  }

  /** A session that nobody waits for keeps no process running. */
  #listen(): void {
    clearTimeout(this.#silence);
    if (this.#waiting.size === 0) {
      this.#socket.unref();
      return;
    }
    this.#socket.ref();
    this.#silence = setTimeout(() => this.close(new ClamdSilence()), this.#milliseconds);
  }
}
