/** The TPM, through the commands of tpm2-tools; everything that talks to it stands in this file. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Bank } from './algorithms.ts';

const run = promisify(execFile);

/** The kernel's resource manager, and the bare device. */
const devices = ['/dev/tpmrm0', '/dev/tpm0'];

/** No TPM, no tpm2-tools, or a command that the TPM refused. */
export class TpmError extends Error {}

/** Where the attestation key is kept, unless another handle is asked for: in the range of the owner (TCG registry). */
export const attestationHandle = '0x81018f00';

/** A TPM. */
export class Tpm {
  readonly #environment: NodeJS.ProcessEnv;

  /** @param tcti how it is reached, as tpm2-tools write it; the kernel's resource manager by default */
  constructor(tcti?: string) {
    this.#environment = { ...process.env, LC_ALL: 'C', ...(tcti !== undefined && { TPM2TOOLS_TCTI: tcti }) };
  }

  async #call(command: string, ...words: string[]): Promise<string> {
    this.#requireDevice();
    try {
      const { stdout } = await run(command, words, {
        env: this.#environment,
        timeout: 60_000,
        maxBuffer: 1 << 20,
      });
      return stdout;
    } catch (error) {
      const { code, stderr = '' } = error as NodeJS.ErrnoException & { stderr?: string };
      if (code === 'ENOENT')
        throw new TpmError(`${command} is not installed (package tpm2-tools)`, { cause: error });
      const words = stderr.trim().split('\n').slice(0, 3).join('; ') || (error as Error).message;
      throw new TpmError(`${command}: ${words}`, { cause: error });
    }
  }

  /** Without this, tpm2-tools tell of each driver that they tried. */
  #requireDevice(): void {
    const isElsewhere = this.#environment['TPM2TOOLS_TCTI'] ?? this.#environment['TCTI'];
    if (isElsewhere === undefined && !devices.some(existsSync))
      throw new TpmError(`this host has no TPM 2.0 that the kernel knows (no ${devices.join(', no ')})`);
  }

  /** Runs work with a folder for what tpm2-tools pass on in files; it is removed afterwards. */
  async #withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
    const folder = await mkdtemp(join(tmpdir(), 'redoubt-tpm-'));
    try {
      return await work(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Values of all PCRs of a bank, in hexadecimal. */
  async pcrs(bank: Bank): Promise<Map<number, string>> {
    const text = await this.#call('tpm2_pcrread', bank);
    return new Map(
      Array.from(text.matchAll(/^\s*(\d+)\s*:\s*0x([0-9A-F]+)/gim), ([, pcr, value = '']) => [
        Number(pcr),
        value.toLowerCase(),
      ]),
    );
  }

  /**
   * Makes an attestation key under the endorsement key and keeps it in the TPM.
   * @returns its public part, PEM. @throws TpmError, also when the handle is taken
   */
  enrol(type: 'rsa' | 'ecc', handle = attestationHandle): Promise<string> {
    // Without a resource manager a TPM keeps what was loaded, and has room for three.
    const flush = () => this.#call('tpm2_flushcontext', '-t').catch(() => '');
    const made = this.#withFolder(async folder => {
      const file = (name: string): string => join(folder, name);
      await this.#call('tpm2_createek', '-c', file('ek'), '-G', 'rsa', '-u', file('ek.pub'));
      const scheme = type === 'rsa' ? 'rsassa' : 'ecdsa';
      await this.#call(
        'tpm2_createak',
        '-C',
        file('ek'),
        '-c',
        file('ak'),
        '-G',
        type,
        '-g',
        'sha256',
        '-s',
        scheme,
        '-u',
        file('ak.pem'),
        '-f',
        'pem',
        '-n',
        file('ak.name'),
      );
      await flush();
      await this.#call('tpm2_evictcontrol', '-C', 'o', '-c', file('ak'), handle);
      return await readFile(file('ak.pem'), 'utf8');
    });
    return made.finally(flush);
  }

  /**
   * Makes a signing key (ECDSA over P-256) below the owner's storage key and keeps it in the TPM; it cannot be exported.
   * @returns its public part, PEM. @throws TpmError, also when the handle is taken
   */
  makeSigningKey(handle: string): Promise<string> {
    const flush = () => this.#call('tpm2_flushcontext', '-t').catch(() => '');
    const made = this.#withFolder(async folder => {
      const file = (name: string): string => join(folder, name);
      await this.#call('tpm2_createprimary', '-C', 'o', '-G', 'ecc', '-c', file('parent'));
      const parts = ['-u', file('public'), '-r', file('private')];
      await this.#call('tpm2_create', '-C', file('parent'), '-G', 'ecc256:ecdsa', ...parts);
      await flush();
      await this.#call('tpm2_load', '-C', file('parent'), ...parts, '-c', file('key'));
      await flush();
      await this.#call('tpm2_evictcontrol', '-C', 'o', '-c', file('key'), handle);
      return await this.publicKey(handle);
    });
    return made.finally(flush);
  }

  /** The public part of the key at a handle, PEM. @throws TpmError when there is none */
  publicKey(handle: string): Promise<string> {
    return this.#withFolder(async folder => {
      await this.#call('tpm2_readpublic', '-c', handle, '-f', 'pem', '-o', join(folder, 'pem'));
      return await readFile(join(folder, 'pem'), 'utf8');
    });
  }

  /** Signs SHA-256 of a message with the key at a handle: ECDSA, DER. */
  sign(message: Uint8Array, handle: string): Promise<Buffer> {
    return this.#withFolder(async folder => {
      const [input, output] = [join(folder, 'message'), join(folder, 'signature')];
      await writeFile(input, message);
      await this.#call(
        'tpm2_sign',
        '-c',
        handle,
        '-g',
        'sha256',
        '-s',
        'ecdsa',
        '-f',
        'plain',
        '-o',
        output,
        input,
      );
      return await readFile(output);
    });
  }

  /** Takes a key out of the TPM: the way back from `enrol` and `makeSigningKey`. */
  async forget(handle = attestationHandle): Promise<void> {
    await this.#call('tpm2_evictcontrol', '-C', 'o', '-c', handle);
  }

  /** A quote over PCRs: TPMS_ATTEST and TPMT_SIGNATURE. */
  quote(
    bank: Bank,
    pcrs: readonly number[],
    nonce: Buffer,
    handle = attestationHandle,
  ): Promise<{ attestation: Buffer; signature: Buffer }> {
    return this.#withFolder(async folder => {
      const [message, signature] = [join(folder, 'message'), join(folder, 'signature')];
      await this.#call(
        'tpm2_quote',
        '-c',
        handle,
        '-l',
        `${bank}:${pcrs.join(',')}`,
        '-q',
        nonce.toString('hex'),
        '-m',
        message,
        '-s',
        signature,
        '-g',
        'sha256',
      );
      return { attestation: await readFile(message), signature: await readFile(signature) };
    });
  }
}
