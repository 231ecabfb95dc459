/** Encryption in the age format (age-encryption.org/v1), as a stream in chunks of 64 KiB. The library is loaded late. */
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { EvidenceError, wordsOf } from '../error.ts';

const recipientPattern = /^age1[a-z0-9]{20,4096}$/;
const identityPattern = /^AGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]+$/;

/** Makes sure that texts are recipients. @throws EvidenceError `key` */
export async function checkRecipients(recipients: readonly string[]): Promise<void> {
  if (recipients.length === 0) return;
  const { Encrypter } = await import('age-encryption');
  for (const recipient of recipients) {
    try {
      if (!recipientPattern.test(recipient)) throw new Error('it must begin with age1');
      const encrypter = new Encrypter();
      encrypter.addRecipient(recipient);
      await encrypter.encrypt('');
    } catch (error) {
      const words = wordsOf(error);
      throw new EvidenceError('key', {
        en: `"${recipient}" is no age recipient: ${words}`,
        zh: `“${recipient}”不是 age 收件人：${words}`,
      });
    }
  }
}

/** The content encrypted to the recipients; as it is when there are none. */
export async function encrypted(
  content: Readable,
  recipients: readonly string[],
): Promise<AsyncIterable<Uint8Array>> {
  if (recipients.length === 0) return content;
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  const source = Readable.toWeb(content) as unknown as globalThis.ReadableStream<Uint8Array>;
  return (await encrypter.encrypt(source)) as unknown as ReadableStream<Uint8Array>;
}

/** The identities in the text of a key file, as age-keygen(1) writes it. @throws EvidenceError `key` */
export function identitiesIn(text: string, file: string): string[] {
  const lines = text.split('\n').map(line => line.trim());
  const identities = lines.filter(line => line !== '' && !line.startsWith('#'));
  if (identities.length > 0 && identities.every(one => identityPattern.test(one))) return identities;
  throw new EvidenceError('key', {
    en: `${file} holds no age identity (AGE-SECRET-KEY-1…)`,
    zh: `${file} 中没有 age 身份密钥（AGE-SECRET-KEY-1…）`,
  });
}

/** The content decrypted. @throws EvidenceError `key` when no identity opens it */
export async function decrypted(content: Readable, identities: readonly string[]): Promise<Readable> {
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  try {
    const source = Readable.toWeb(content) as unknown as globalThis.ReadableStream<Uint8Array>;
    const plain = await decrypter.decrypt(source);
    return Readable.fromWeb(plain as unknown as ReadableStream<Uint8Array>);
  } catch (error) {
    const words = wordsOf(error);
    throw new EvidenceError(
      'key',
      { en: `no identity opens the container: ${words}`, zh: `没有身份密钥能打开该容器：${words}` },
      { cause: error },
    );
  }
}
