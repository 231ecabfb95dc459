/** Golden states that are one file (`memory golden`, `boot golden`, `image state`): made, signed, replaced and refused alike. */
import { existsSync } from 'node:fs';
import { type Decision, digestOfFile, readGoldenFile, signGoldenFile, verifyState } from '@redoubt/baseline';
import { flag, type Invocation } from '../command.ts';
import { fileFailure } from '../output/new-file.ts';
import { signingKeys, vaultOf, verifiersOf, whoRuns, whyOf } from './context.ts';

/**
 * The decision to make a golden file: the first, or, with `--replace`, another in place of one that is as it was signed.
 * @throws CommandError when there is one already, or a reason is missing; StateError when the old one is refused
 */
export async function decisionFor(invocation: Invocation, file: string): Promise<Decision> {
  const made = { time: Date.now(), who: whoRuns(invocation) };
  if (!existsSync(file)) {
    const why = typeof invocation.options['why'] === 'string' ? whyOf(invocation) : 'first state';
    return { ...made, why, replaced: null };
  }
  if (!flag(invocation.options, 'replace')) throw fileFailure(file, { code: 'EEXIST' });
  const why = whyOf(invocation);
  await verifyState(file, await verifiersOf(invocation, vaultOf(invocation)));
  return { ...made, why, replaced: await digestOfFile(file) };
}

/** Signs a golden file with `--key`, else the vault's key. @returns its SHA-256 */
export async function signFile(invocation: Invocation, file: string): Promise<string> {
  const vault = vaultOf(invocation);
  const { signer, verifiers } = await signingKeys(invocation, vault);
  return signGoldenFile(file, signer, verifiers);
}

/** A small golden file's bytes. @throws StateError when it is not as one of the trusted keys signed it */
export async function readSigned(invocation: Invocation, file: string): Promise<Buffer> {
  return readGoldenFile(file, await verifiersOf(invocation, vaultOf(invocation)));
}

/** Refuses a golden file that is not as one of the trusted keys signed it. @throws StateError */
export async function requireSigned(invocation: Invocation, file: string): Promise<void> {
  await verifyState(file, await verifiersOf(invocation, vaultOf(invocation)));
}
