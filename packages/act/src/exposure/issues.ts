/** What is wrong with a listener, from what is known of it. */
import type { ExposureIssue, ExposureItem, TlsFacts } from './report.ts';
import { isUsualPort, type KnownService } from './services.ts';

/** Clauses: boundary access control; ports that are not needed; remote management; transport. */
const boundary = ['8.1.3.2', '8.1.4.4'];
const transport = ['8.1.2.2', '8.1.4.8'];
const soon = 30 * 86_400_000;

type Known = Omit<ExposureItem, 'issues' | 'severity' | 'service'> & {
  readonly service: KnownService | undefined;
  /** It answered without authentication. */
  readonly isOpenToAll: boolean;
};

/** Issues of one listener, the most severe first. @param now milliseconds since the Unix epoch */
export function issuesOf(item: Known, now: number): ExposureIssue[] {
  const { service, scope, reach, protocol, port, program, tls, isOpenToAll } = item;
  const issues: ExposureIssue[] = [];
  const add = (
    code: string,
    severity: number,
    mlps: readonly string[],
    text: [string, string],
    advice: [string, string],
  ) =>
    issues.push({
      code,
      severity,
      mlps,
      text: { en: text[0], zh: text[1] },
      advice: { en: advice[0], zh: advice[1] },
    });
  const isPublic = scope === 'public' && reach !== 'closed';
  const isShared = (scope === 'private' || scope === 'link-local') && reach !== 'closed';
  const name = service?.name ?? '';
  // What only some can reach, or where it is not known, weighs a little less.
  const softer = reach === 'open' ? 0 : 1;
  const narrow: [string, string] = [
    'bind it to 127.0.0.1 or an internal address, or let only administrators’ addresses in (redoubt segment)',
    '请仅监听 127.0.0.1 或内部地址，或只允许管理员地址访问（redoubt segment）',
  ];
  if (isPublic && (service?.kind === 'management' || service?.kind === 'legacy'))
    add(
      `public-${service.kind}`,
      (service.kind === 'legacy' ? 5 : 4) - softer,
      [...boundary, '8.1.4.1'],
      [`${name} stands on a public address`, `${name} 暴露在公网地址`],
      narrow,
    );
  if (isPublic && (service?.kind === 'store' || service?.kind === 'control'))
    add(
      `public-${service.kind}`,
      5 - softer,
      boundary,
      [`${name} stands on a public address`, `${name} 暴露在公网地址`],
      narrow,
    );
  if (isOpenToAll && scope !== 'loopback')
    add(
      'no-authentication',
      reach === 'closed' ? 3 : 5,
      ['8.1.4.1', ...boundary],
      [`${name} answers without authentication`, `${name} 无需认证即可访问`],
      ['turn on authentication and TLS, and bind it to 127.0.0.1', '请启用认证和 TLS，并仅监听 127.0.0.1'],
    );
  else if (isOpenToAll)
    add(
      'no-authentication-local',
      2,
      ['8.1.4.1'],
      [`${name} answers every local user without authentication`, `${name} 对本机所有用户无需认证`],
      ['turn on authentication', '请启用认证'],
    );
  if (isShared && service?.kind === 'legacy')
    add(
      'legacy',
      3,
      ['8.1.4.4'],
      [`${name} carries passwords or files in the clear`, `${name} 以明文传输密码或文件`],
      ['replace it with SSH or SFTP', '请改用 SSH 或 SFTP'],
    );
  if (isPublic && service?.kind === 'management' && isUsualPort(service, protocol, port))
    add(
      'default-port',
      2,
      ['8.1.4.4'],
      [
        `${name} stands on its usual port ${port}, where scans look first`,
        `${name} 使用默认端口 ${port}，易被扫描`,
      ],
      [
        'let only administrators’ addresses in; another port only makes it quieter',
        '请只允许管理员地址访问；更换端口只能减少噪声',
      ],
    );
  if (program === undefined)
    add(
      'no-owner',
      3,
      ['8.1.4.4'],
      ['no process that can be seen holds it', '没有可见的进程持有此端口'],
      [
        'ask as root; if it stays so, see: redoubt rootkit check',
        '请以 root 运行；若仍如此，见：redoubt rootkit check',
      ],
    );
  if (tls !== undefined) addTls(tls, scope === 'loopback' ? 1 : 0, now, add);
  return issues.sort((a, b) => b.severity - a.severity);
}

type Add = (
  code: string,
  severity: number,
  mlps: readonly string[],
  text: [string, string],
  advice: [string, string],
) => void;

function addTls(tls: TlsFacts, softer: number, now: number, add: Add): void {
  const { versions, validTo, selfSigned, key, keyIsWeak, clientCertificate, subject } = tls;
  const old = versions.filter(version => version === 'TLSv1' || version === 'TLSv1.1');
  if (old.length > 0)
    add(
      'tls-old',
      4 - softer,
      transport,
      [`${old.join(', ')} is accepted (deprecated by RFC 8996)`, `接受 ${old.join('、')}（RFC 8996 已弃用）`],
      ['allow TLS 1.2 and 1.3 only', '请仅允许 TLS 1.2 和 1.3'],
    );
  if (!versions.includes('TLSv1.3'))
    add(
      'tls-no-13',
      2,
      transport,
      ['TLS 1.3 is not offered', '不支持 TLS 1.3'],
      ['turn on TLS 1.3', '请启用 TLS 1.3'],
    );
  const end = new Date(validTo).toISOString().slice(0, 10);
  if (validTo < now)
    add(
      'certificate-expired',
      4 - softer,
      transport,
      [`the certificate ended on ${end} (${subject})`, `证书已于 ${end} 过期（${subject}）`],
      ['renew it', '请更新证书'],
    );
  else if (validTo - now < soon)
    add(
      'certificate-ends-soon',
      2,
      transport,
      [`the certificate ends on ${end}`, `证书将于 ${end} 到期`],
      ['renew it', '请更新证书'],
    );
  if (selfSigned)
    add(
      'certificate-self-signed',
      2,
      transport,
      [
        'the certificate is self-signed: clients cannot tell an impostor',
        '证书为自签名，客户端无法识别冒充者',
      ],
      ['use one of an authority that clients know', '请使用客户端信任的 CA 签发的证书'],
    );
  if (keyIsWeak)
    add(
      'certificate-weak-key',
      4 - softer,
      transport,
      [`the certificate’s key is weak (${key})`, `证书密钥强度不足（${key}）`],
      ['at least RSA 2048 or EC P-256', '至少使用 RSA 2048 或 EC P-256'],
    );
  if (clientCertificate === 'asked')
    add(
      'client-certificate-optional',
      1,
      transport,
      ['it asks for the client’s certificate and goes on without one', '请求客户端证书但不强制'],
      ['insist on it where only known clients should connect', '若只允许已知客户端，请强制要求'],
    );
}
