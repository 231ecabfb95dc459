/** Responses: what can be done against an attack, each with its plan, its proof and its way back. */
export { ActionError, type ActionErrorCode, type ActionKind, wordsOfError } from './action.ts';
export { targetFrom } from './from-finding.ts';
export { blockAddress } from './kinds/block-address.ts';
export { blockDomain, type NameBlocker } from './kinds/block-domain.ts';
export { blockHash, type ContentBlocker } from './kinds/block-hash.ts';
export { disableAccount } from './kinds/disable-account.ts';
export { freezeContainer, freezeUnit } from './kinds/freezer.ts';
export { type IsolationTarget, isolateHost } from './kinds/isolate-host.ts';
export { killTree, suspendTree } from './kinds/process-tree.ts';
export { quarantineFile } from './kinds/quarantine-file.ts';
export { restoreFile } from './kinds/restore-file.ts';
export { revokeKeys } from './kinds/revoke-keys.ts';
export { snapshot } from './kinds/snapshot.ts';
export { stopContainer, stopUnit } from './kinds/stop.ts';
export { type ActionRequest, Responder, type ResponderOptions } from './responder.ts';
export { isActionUid } from './shelf.ts';
