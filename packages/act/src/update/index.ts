/**
 * Signed updates of content: rules, indicators, models, benchmarks. OpenPGP signatures, metadata in the spirit of
 * The Update Framework: versions only grow, promises expire, keys rotate, several of them must agree.
 */
export { type ContentStep, InstalledContent } from './client/installed.ts';
export { type HostPlace, isDue } from './client/rollout.ts';
export { beginTrust, followRepository, trustedRoot } from './client/trust.ts';
export { type UpdateOptions, type UpdateReport, update } from './client/update.ts';
export { generateKey, type KeyPair, publicPart } from './metadata/signing.ts';
export { contentFolders, type Release, type RoleName, type Root, roleNames } from './metadata/types.ts';
export { type ReleaseOptions, Repository, type RoleKeys, type SigningKey } from './publish/repository.ts';
export { type RefusalCode, UpdateRefused } from './refusal.ts';
export { HttpsSource } from './source/https.ts';
export { openSource } from './source/open.ts';
export type { UpdateSource } from './source/source.ts';
