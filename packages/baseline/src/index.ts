/** The baseline wing: what is known to be good, and what differs from it. */
export type { CollectOptions, Collector, DriftJudgement, ExplainOptions, Explanation } from './collector.ts';
export { type CollectorEntry, type CollectorSettings, collectors } from './collectors.ts';
export { CopyStore } from './copies/store.ts';
export { filesCollector } from './files/collector.ts';
export { type LiveCounters, LiveFiles, type LiveOptions } from './files/live.ts';
export { type KnownGolden, LiveDrift, type LiveDriftOptions } from './files/live-drift.ts';
export { type FilePolicy, parsePolicy } from './files/policy.ts';
export { carryOut, type FormOptions, planOf, presentForm } from './files/restore/form.ts';
export { type Restoration, RestorationLog } from './files/restore/log.ts';
export { restorePath } from './files/restore/restore.ts';
export { type PolicyWatch, watchPolicy } from './files/watch.ts';
export { type Acceptance, acceptDrift } from './state/accept.ts';
export { checkState, type Drift, requireFitting } from './state/check.ts';
export { compareStates } from './state/compare.ts';
export { type CreatedState, createState, type StateContext } from './state/create.ts';
export { type KeptCheck, openDrift } from './state/drift-file.ts';
export { StateError, type StateErrorCode } from './state/error.ts';
export {
  type DriftContext,
  findingOfDrift,
  findingsOfDrift,
  LiveGroups,
  withLines,
} from './state/finding.ts';
export type { HistoryEntry, StateFooter, StateHeader } from './state/format.ts';
export { type Decision, readGoldenFile, signGoldenFile } from './state/golden-file.ts';
export { type Head, Heads } from './state/heads.ts';
export { compareKeys, escapeKey, unescapeKey } from './state/key.ts';
export { type SignerSettings, signerFrom, verifierFrom } from './state/keys.ts';
export { GoldenLookup } from './state/lookup.ts';
export { type OpenState, openState } from './state/read.ts';
export {
  digestOfFile,
  ed25519PrivateKey,
  ed25519Signer,
  ed25519Verifier,
  makeKeyPair,
  type Signer,
  statementOf,
  type Verifier,
} from './state/sign.ts';
export { parseSignature, type StateSignature, signDigest, verifyState } from './state/signature-file.ts';
export { makeTpmKey, removeTpmKey, signingHandle } from './state/tpm-key.ts';
export { type Golden, Vault, type VaultEntry } from './state/vault.ts';
export { writeWhole } from './state/write-whole.ts';
