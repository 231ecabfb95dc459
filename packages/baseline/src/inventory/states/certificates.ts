/** Certificates: the roots that the host trusts, and those that its servers show, with what they say and until when. */
import { X509Certificate } from 'node:crypto';
import type { StateChange, StateEntry } from '@redoubt/model';
import type { CollectOptions, Collector, DriftJudgement } from '../../collector.ts';
import { Host } from '../host.ts';
import { linesOf } from '../persistence/text.ts';
import { joined } from '../root-files.ts';
import { inventoryTitles } from '../titles.ts';
import { judgement, reason, titled } from './judgement.ts';

/** Bundles of trusted roots (Debian, RHEL, Alpine), and where an administrator adds some. */
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
];
const rootFolders = [
  '/usr/local/share/ca-certificates',
  '/etc/pki/ca-trust/source/anchors',
  '/usr/share/pki/trust/anchors',
  '/etc/ca-certificates/trust-source/anchors',
];
const serverFolders = [
  '/etc/letsencrypt/live',
  '/etc/nginx',
  '/etc/apache2',
  '/etc/httpd',
  '/etc/ssl/private',
  '/etc/pki/tls/certs',
  '/etc/postfix',
  '/etc/dovecot',
];
const mostCertificates = 20_000;
const deepest = 3;

const block = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]{16,65536}-----END (?:TRUSTED )?CERTIFICATE-----/g;

/** Facts of each certificate of a PEM text; blocks that are none are left out. */
export function* certificatesIn(pem: string): Generator<X509Certificate> {
  for (const [text] of pem.matchAll(block)) {
    try {
      yield new X509Certificate(text);
    } catch {
      // other data between the marks
    }
  }
}

const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, ', ');

function factsOf(certificate: X509Certificate): StateEntry['facts'] {
  const {
    subject,
    issuer,
    validFrom,
    validTo,
    serialNumber,
    ca,
    publicKey,
    subjectAltName = '',
  } = certificate;
  let key = '';
  try {
    const { asymmetricKeyType = '', asymmetricKeyDetails } = publicKey;
    key = [asymmetricKeyType, asymmetricKeyDetails?.modulusLength ?? asymmetricKeyDetails?.namedCurve ?? '']
      .join(' ')
      .trim();
  } catch {
    // a kind of key that OpenSSL does not know
  }
  return {
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    subject: oneLine(subject),
    issuer: oneLine(issuer),
    valid_from: new Date(validFrom).toISOString(),
    valid_to: new Date(validTo).toISOString(),
    serial: serialNumber,
    ca,
    key,
    names: oneLine(subjectAltName),
  };
}

function isCertificateName(name: string): boolean {
  return /\.(?:pem|crt|cer)$/.test(name);
}

/** Files with certificates below a folder. */
function* below(host: Host, folder: string, depth = 0): Generator<string> {
  for (const name of host.files.names(folder)) {
    const path = joined(folder, name);
    const stats = host.files.stat(path);
    if (stats?.isDirectory() && depth < deepest && host.files.lstat(path)?.isDirectory())
      yield* below(host, path, depth + 1);
    else if (stats?.isFile() && isCertificateName(name)) yield path;
  }
}

/** Files that the configurations of web servers name. */
function* namedByServers(host: Host): Generator<string> {
  for (const folder of [
    '/etc/nginx/conf.d',
    '/etc/nginx/sites-enabled',
    '/etc/apache2/sites-enabled',
    '/etc/httpd/conf.d',
  ])
    for (const path of host.filesIn(folder))
      for (const { text } of linesOf(host.files.text(path) ?? '')) {
        const file = /^(?:ssl_certificate|SSLCertificateFile|SSLCACertificateFile)\s+["']?([^"';]+)/i.exec(
          text,
        )?.[1];
        if (file?.startsWith('/')) yield file;
      }
}

async function* collect(options: CollectOptions): AsyncGenerator<StateEntry> {
  const host = new Host(options);
  const seen = new Set<string>();
  const places: [role: 'root' | 'server', paths: Iterable<string>][] = [
    ['root', bundles],
    ['root', rootFolders.flatMap(folder => [...below(host, folder)])],
    ['server', namedByServers(host)],
    ['server', serverFolders.flatMap(folder => [...below(host, folder)])],
  ];
  const files = new Set<string>();
  for (const [role, paths] of places)
    for (const path of paths) {
      host.signal?.throwIfAborted();
      const real = host.files.resolve(path);
      if (real === undefined || files.has(real)) continue;
      files.add(real);
      for (const certificate of certificatesIn(host.files.text(path, 16 * 1024 * 1024) ?? '')) {
        const facts = factsOf(certificate);
        // A root is the same wherever it stands; of a server's certificate the file is what matters.
        const key =
          role === 'root' ? `root:${facts['fingerprint']}` : `server:${path}#${facts['fingerprint']}`;
        if (seen.has(key)) continue;
        seen.add(key);
        if (seen.size > mostCertificates) {
          options.onTrouble?.({
            key: path,
            text: {
              en: `more than ${mostCertificates} certificates; the rest is left out`,
              zh: `超过 ${mostCertificates} 个证书，其余略去`,
            },
          });
          return;
        }
        yield { key, facts: { role, path, ...facts } };
      }
    }
}

function judge(change: StateChange): DriftJudgement | undefined {
  const { facts } = change.kind === 'removed' ? change.before : change.after;
  const isRoot = facts['role'] === 'root';
  // Which bundle a root stands in first says nothing.
  if (change.kind === 'changed' && change.fields.every(field => field === 'path')) return undefined;
  const reasons = [];
  let severity = change.kind === 'removed' ? 2 : isRoot ? 4 : 3;
  if (isRoot && change.kind === 'added')
    reasons.push(
      reason(
        'subject',
        facts['subject'],
        'this host now believes every certificate that it issues',
        '本机将信任其签发的所有证书',
      ),
    );
  if (change.kind !== 'removed' && Date.parse(String(facts['valid_to'])) < Date.now()) {
    severity = Math.max(severity, 3);
    reasons.push(reason('valid_to', facts['valid_to'], 'it has expired', '证书已过期'));
  }
  return judgement(change, {
    severity,
    reasons,
    title: titled(
      change,
      isRoot
        ? { en: `trusted root ${facts['subject']}`, zh: `受信任根证书 ${facts['subject']}` }
        : { en: `certificate ${facts['path']}`, zh: `证书 ${facts['path']}` },
    ),
    tags: isRoot
      ? ['attack.defense-evasion', 'attack.t1553.004']
      : ['attack.credential-access', 'attack.t1557'],
    mlps: ['8.1.4.8', '8.1.4.7'],
  });
}

export const certificatesCollector: Collector = {
  name: 'certificates',
  title: inventoryTitles.certificates,
  collect,
  judge,
};
