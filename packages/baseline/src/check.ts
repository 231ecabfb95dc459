/** What a check needs where nothing has changed, and no more: a command that loads this starts several times faster. */
export type { CollectOptions, Collector } from './collector.ts';
export { collectors } from './collectors.ts';
export { checkState, type Drift, requireFitting } from './state/check.ts';
export { StateError } from './state/error.ts';
export { type SignerSettings, signerFrom } from './state/keys.ts';
export { ed25519Signer, makeKeyPair, type Signer, type Verifier } from './state/sign.ts';
export { type Golden, Vault } from './state/vault.ts';
