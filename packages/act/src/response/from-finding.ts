/** What a finding says an action could be done to. */
import type { Evidence, Finding } from '@redoubt/model';
import { ActionError } from './action.ts';

type Look = (evidence: Evidence) => unknown;

const text = (value: unknown): unknown => (typeof value === 'string' && value !== '' ? value : undefined);
const processOf: Look = ({ process }) => text(process?.uid);
/** Findings from logs name the account in their event (OCSF `user`), not by a process. */
const userOf: Look = ({ process, event }) => text(process?.user?.name) ?? text(inside(event, 'user', 'name'));
const addressOf: Look = ({ src_endpoint, dst_endpoint, event }) =>
  text(src_endpoint?.ip) ?? text(inside(event, 'src_endpoint', 'ip')) ?? text(dst_endpoint?.ip);

const sha256Of: Look = ({ file, process }) =>
  [...(file?.hashes ?? []), ...(process?.file?.hashes ?? [])].find(one => one.algorithm_id === 3)?.value;
const domainOf: Look = ({ event }) =>
  text(inside(event, 'query', 'hostname')) ?? text(inside(event, 'dst_endpoint', 'domain'));
const containerOf: Look = ({ process }) => text(process?.container?.uid);
const fileOf: Look = ({ file, process }) => text(file?.path) ?? text(process?.file?.path);

function inside(event: unknown, object: string, member: string): unknown {
  return (event as Record<string, Record<string, unknown> | undefined> | undefined)?.[object]?.[member];
}

/** Which member of its target each kind can take from an evidence. */
const looks: Readonly<Record<string, readonly [member: string, look: Look]>> = {
  'kill-tree': ['process', processOf],
  'suspend-tree': ['process', processOf],
  'block-address': ['address', addressOf],
  'block-domain': ['domain', domainOf],
  'block-hash': ['sha256', sha256Of],
  'quarantine-file': ['path', fileOf],
  'restore-file': ['path', ({ file }) => text(file?.path)],
  snapshot: ['path', fileOf],
  'disable-account': ['user', userOf],
  'revoke-keys': ['user', userOf],
  'freeze-container': ['container', containerOf],
  'stop-container': ['container', containerOf],
};

/**
 * The target of an action, as the first evidence of a finding that holds one says.
 * @param given members that are set already, and win
 * @throws ActionError `bad_target` when the finding says nothing of the kind
 */
export function targetFrom(kind: string, finding: Finding, given: object = {}): object {
  const found = Object.hasOwn(looks, kind) ? looks[kind] : undefined;
  if (found === undefined) return given;
  const [member, look] = found;
  if (Object.hasOwn(given, member)) return given;
  const value = finding.evidences.map(look).find(one => one !== undefined);
  if (value !== undefined) return { ...given, [member]: value };
  throw new ActionError('bad_target', {
    en: `the finding names no "${member}" for ${kind}; give it yourself`,
    zh: `该告警没有 ${kind} 所需的“${member}”；请自行指定`,
  });
}
