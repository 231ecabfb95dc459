/** Services that matter when others can reach them (IANA's service names, and the products' own manuals). */

/** What a service is for: what may never be public is `management`, `store` or `control`. */
export type ServiceKind = 'management' | 'store' | 'control' | 'web' | 'mail' | 'legacy' | 'other';

/** A service that is known. */
export interface KnownService {
  readonly name: string;
  readonly kind: ServiceKind;
  /** TLS is spoken from the first byte, or may be; others are not asked for it. */
  readonly speaksTls?: true;
}

const byPort: Readonly<Record<string, KnownService>> = {
  'tcp 21': { name: 'FTP', kind: 'legacy' },
  'tcp 22': { name: 'SSH', kind: 'management' },
  'tcp 23': { name: 'Telnet', kind: 'legacy' },
  'tcp 25': { name: 'SMTP', kind: 'mail' },
  'udp 69': { name: 'TFTP', kind: 'legacy' },
  'tcp 80': { name: 'HTTP', kind: 'web' },
  'tcp 111': { name: 'rpcbind', kind: 'legacy' },
  'udp 111': { name: 'rpcbind', kind: 'legacy' },
  'udp 161': { name: 'SNMP', kind: 'management' },
  'tcp 389': { name: 'LDAP', kind: 'store' },
  'tcp 443': { name: 'HTTPS', kind: 'web', speaksTls: true },
  'tcp 445': { name: 'SMB', kind: 'management' },
  'tcp 465': { name: 'SMTPS', kind: 'mail', speaksTls: true },
  'tcp 512': { name: 'rexec', kind: 'legacy' },
  'tcp 513': { name: 'rlogin', kind: 'legacy' },
  'tcp 514': { name: 'rsh', kind: 'legacy' },
  'udp 623': { name: 'IPMI', kind: 'management' },
  'tcp 636': { name: 'LDAPS', kind: 'store', speaksTls: true },
  'tcp 873': { name: 'rsync', kind: 'store' },
  'tcp 993': { name: 'IMAPS', kind: 'mail', speaksTls: true },
  'tcp 995': { name: 'POP3S', kind: 'mail', speaksTls: true },
  'tcp 1433': { name: 'SQL Server', kind: 'store' },
  'tcp 1521': { name: 'Oracle', kind: 'store' },
  'tcp 2049': { name: 'NFS', kind: 'store' },
  'tcp 2181': { name: 'ZooKeeper', kind: 'control' },
  'tcp 2375': { name: 'Docker API', kind: 'control' },
  'tcp 2376': { name: 'Docker API', kind: 'control', speaksTls: true },
  'tcp 2379': { name: 'etcd', kind: 'control', speaksTls: true },
  'tcp 2380': { name: 'etcd', kind: 'control', speaksTls: true },
  'tcp 3306': { name: 'MySQL', kind: 'store' },
  'tcp 3389': { name: 'RDP', kind: 'management' },
  'tcp 5432': { name: 'PostgreSQL', kind: 'store' },
  'tcp 5601': { name: 'Kibana', kind: 'management', speaksTls: true },
  'tcp 5900': { name: 'VNC', kind: 'management' },
  'tcp 5901': { name: 'VNC', kind: 'management' },
  'tcp 5985': { name: 'WinRM', kind: 'management' },
  'tcp 5986': { name: 'WinRM', kind: 'management', speaksTls: true },
  'tcp 6379': { name: 'Redis', kind: 'store' },
  'tcp 6443': { name: 'Kubernetes API', kind: 'control', speaksTls: true },
  'tcp 8443': { name: 'HTTPS', kind: 'web', speaksTls: true },
  'tcp 9042': { name: 'Cassandra', kind: 'store' },
  'tcp 9090': { name: 'Cockpit or Prometheus', kind: 'management', speaksTls: true },
  'tcp 9092': { name: 'Kafka', kind: 'store' },
  'tcp 9200': { name: 'Elasticsearch', kind: 'store', speaksTls: true },
  'tcp 10250': { name: 'kubelet', kind: 'control', speaksTls: true },
  'tcp 10255': { name: 'kubelet (read only)', kind: 'control' },
  'tcp 11211': { name: 'memcached', kind: 'store' },
  'udp 11211': { name: 'memcached', kind: 'store' },
  'tcp 27017': { name: 'MongoDB', kind: 'store' },
};

/** What a program is, wherever it listens. */
const byProgram: Readonly<Record<string, KnownService>> = {
  sshd: { name: 'SSH', kind: 'management' },
  'redis-server': { name: 'Redis', kind: 'store' },
  'valkey-server': { name: 'Redis', kind: 'store' },
  memcached: { name: 'memcached', kind: 'store' },
  postgres: { name: 'PostgreSQL', kind: 'store' },
  mysqld: { name: 'MySQL', kind: 'store' },
  mariadbd: { name: 'MySQL', kind: 'store' },
  mongod: { name: 'MongoDB', kind: 'store' },
  etcd: { name: 'etcd', kind: 'control', speaksTls: true },
  kubelet: { name: 'kubelet', kind: 'control', speaksTls: true },
  in_telnetd: { name: 'Telnet', kind: 'legacy' },
  telnetd: { name: 'Telnet', kind: 'legacy' },
  Xvnc: { name: 'VNC', kind: 'management' },
  x11vnc: { name: 'VNC', kind: 'management' },
  xrdp: { name: 'RDP', kind: 'management' },
};

/** What listens there, by its program before its port; undefined when neither is known. */
export function serviceOf(
  protocol: 'tcp' | 'udp',
  port: number,
  program: string | undefined,
): KnownService | undefined {
  const name = program?.split(' ')[0]?.split('/').at(-1) ?? '';
  if (Object.hasOwn(byProgram, name)) return byProgram[name];
  const key = `${protocol} ${port}`;
  return Object.hasOwn(byPort, key) ? byPort[key] : undefined;
}

/** Whether a service stands where everybody looks for it. */
export function isUsualPort(service: KnownService, protocol: 'tcp' | 'udp', port: number): boolean {
  return byPort[`${protocol} ${port}`]?.name === service.name;
}
