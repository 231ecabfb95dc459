/** The facts of a finding that an incident is told and tied by. */
import { type Finding, valueAt } from '@redoubt/model';
import { isPrivileged } from '../correlate/identity.ts';

/** The other end of what happened. */
export interface Remote {
  readonly address: string | undefined;
  readonly hostname: string | undefined;
  /** The attacked end of a connection that a third party saw. */
  readonly aside: boolean;
}

/** An account that a finding names. */
export interface Account {
  /** As the source wrote it. */
  readonly name: string;
  readonly privileged: boolean;
  /** A system account by its number. */
  readonly isSystem: boolean;
}

/** What a finding says, flat. */
export interface Facts {
  readonly uid: string;
  /** OCSF kind of the event that completed the match; empty when the finding carries none. */
  readonly kind: string;
  readonly hostname: string | undefined;
  readonly container: string | undefined;
  /** The first is the one who acted. */
  readonly accounts: readonly Account[];
  readonly remotes: readonly Remote[];
  /** Windows logon ids, lower case. */
  readonly logons: readonly string[];
  readonly paths: readonly string[];
  /** Domain names asked for or connected to. */
  readonly names: readonly string[];
  readonly services: readonly string[];
  readonly techniques: readonly string[];
  readonly program: string | undefined;
  readonly commandLine: string | undefined;
  readonly address: string | undefined;
  readonly intelligence: boolean;
  /** Type of encryption of a Kerberos ticket (event 4769), e.g. 0x17 for RC4. */
  readonly encryption: string | undefined;
}

/** Values of each kind taken of one finding. */
const valueLimit = 16;
const longestValue = 512;

/** Texts at a path of an event, without empty ones and the `-` of logs. */
function texts(data: unknown, path: string): string[] {
  const value = valueAt(data, path);
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list
    .filter(one => typeof one === 'string' || typeof one === 'number')
    .map(one => String(one).trim().slice(0, longestValue))
    .filter(one => one !== '' && one !== '-')
    .slice(0, valueLimit);
}

function text(data: unknown, ...paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const [found] = texts(data, path);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A Windows account of two fields, as `DOMAIN\user`. */
function windowsAccount(data: unknown, name: string, domain: string): string[] {
  const user = text(data, name);
  const realm = text(data, domain);
  return user === undefined ? [] : [realm === undefined ? user : `${realm}\\${user}`];
}

function accountsOf(finding: Finding): Account[] {
  const accounts = new Map<string, Account>();
  const add = (name: string | undefined, uid?: string): void => {
    if (name === undefined || accounts.size >= valueLimit) return;
    const number = /^\d+$/.test(uid ?? '') ? Number(uid) : undefined;
    const isSystem = number !== undefined && (number < 1000 || number === 65_534);
    if (!accounts.has(name)) accounts.set(name, { name, privileged: isPrivileged(name, uid), isSystem });
  };
  for (const { process, event } of finding.evidences) {
    add(process?.user?.name ?? (process?.user?.uid && `uid ${process.user.uid}`), process?.user?.uid);
    add(text(event, 'actor.user.name'), text(event, 'actor.user.uid'));
    add(text(event, 'user.name'), text(event, 'user.uid'));
    const raw = memberOfObject(event, 'unmapped');
    for (const account of windowsAccount(raw, 'SubjectUserName', 'SubjectDomainName')) add(account);
    for (const account of texts(raw, 'User')) add(account);
    // What PowerShell and others log of the user: an identifier only.
    for (const sid of texts(raw, 'Security_UserID')) if (sid.startsWith('S-1-5-21-')) add(sid);
    for (const account of windowsAccount(raw, 'winlog.user.name', 'winlog.user.domain')) add(account);
  }
  return [...accounts.values()];
}

/** Ends of a connection other than the host that saw it. */
function remotesOf(finding: Finding): Remote[] {
  return finding.evidences.flatMap(({ src_endpoint: src, dst_endpoint: dst, event }) => {
    const kind = text(event, 'metadata.event_code') ?? '';
    const remote = (end: typeof src, aside = false): Remote[] =>
      end === undefined ? [] : [{ address: end.ip, hostname: end.hostname, aside }];
    // Of a DNS message the other end is the resolver, which everything asks.
    if (kind.startsWith('dns.') || src?.port === 53 || dst?.port === 53) return [];
    if (kind === 'network.connect' || kind === 'network.udp_send') return remote(dst);
    if (kind === 'network.bind' || kind === 'network.listen') return [];
    if (kind === 'ids.alert' || kind === 'network.traffic') return [...remote(src), ...remote(dst, true)];
    return src === undefined && kind === '' ? remote(dst) : remote(src);
  });
}

function unique(values: Iterable<string>): string[] {
  return [...new Set(values)].slice(0, valueLimit);
}

/** The facts of a finding. */
export function factsOf(finding: Finding): Facts {
  const { evidences, finding_info: info } = finding;
  const events = evidences.map(({ event }) => event);
  const process = evidences.find(evidence => evidence.process !== undefined)?.process;
  const raw = events.map(event => memberOfObject(event, 'unmapped'));
  const remotes = remotesOf(finding);
  return {
    uid: info.uid,
    kind: text(events[0], 'metadata.event_code') ?? '',
    // Where it happened: the device of the event, for a finding may be made by a host that collects logs.
    hostname: text(events[0], 'device.hostname') ?? finding.device?.hostname,
    container: process?.container?.name ?? process?.container?.uid,
    accounts: accountsOf(finding),
    remotes,
    logons: unique(
      [
        ...events.flatMap(event => texts(event, 'session.uid')),
        ...raw.flatMap(fields =>
          ['SubjectLogonId', 'TargetLogonId', 'LogonId'].flatMap(at => texts(fields, at)),
        ),
      ]
        .map(logon => logon.toLowerCase())
        .filter(logon => logon.startsWith('0x')),
    ),
    paths: unique(
      evidences.flatMap(({ file, process: one }) =>
        [file?.path, ownProgram(one?.file?.path)].flatMap(path => path ?? []),
      ),
    ),
    names: unique([
      ...events.flatMap(event => texts(event, 'query.hostname')),
      ...evidences.flatMap(({ dst_endpoint: dst }) => dst?.hostname ?? []),
    ]),
    services: unique(events.flatMap(event => texts(event, 'service.name'))),
    techniques: unique(info.attacks.flatMap(({ technique }) => technique?.uid ?? [])),
    program: process?.file?.path ?? process?.name,
    commandLine: process?.cmd_line,
    address: remotes.find(remote => remote.address !== undefined)?.address,
    intelligence: info.analytic.uid.startsWith('intelligence:'),
    encryption: text(events[0], 'unmapped.TicketEncryptionType')?.toLowerCase(),
  };
}

/** A program outside the folders of the distribution: being run from the same path says something. */
function ownProgram(path: string | undefined): string | undefined {
  return path === undefined || /^(?:\/(?:usr\/)?(?:s?bin|lib(?:exec|64|32)?)\/|c:\\windows\\)/i.test(path)
    ? undefined
    : path;
}

function memberOfObject(data: unknown, name: string): unknown {
  if (typeof data !== 'object' || data === null || !Object.hasOwn(data, name)) return undefined;
  return (data as Record<string, unknown>)[name];
}
