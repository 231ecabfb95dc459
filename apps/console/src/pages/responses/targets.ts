/** What each kind of action is done to: the fields to fill in, and the target that they make. */

type FieldName =
  | 'console'
  | 'allow'
  | 'address'
  | 'domain'
  | 'sha256'
  | 'process'
  | 'path'
  | 'user'
  | 'fingerprints'
  | 'container'
  | 'unit';

/** A member of a target. */
export interface TargetField {
  readonly name: FieldName;
  /** Several, separated by commas. */
  readonly isList?: true;
  readonly isOptional?: true;
  /** An example. */
  readonly like: string;
}

const process: TargetField = { name: 'process', like: '4711' };
const user: TargetField = { name: 'user', like: 'deploy' };
const container: TargetField = { name: 'container', like: '4c01db0b339c' };
const unit: TargetField = { name: 'unit', like: 'nginx.service' };

const fields: Readonly<Record<string, readonly TargetField[]>> = {
  'isolate-host': [
    { name: 'console', isList: true, like: '192.0.2.10:443' },
    { name: 'allow', isList: true, isOptional: true, like: '192.0.2.53' },
  ],
  'block-address': [{ name: 'address', like: '203.0.113.7' }],
  'block-domain': [{ name: 'domain', like: 'bad.example' }],
  'block-hash': [{ name: 'sha256', like: '9f86d081…' }],
  'suspend-tree': [process],
  'kill-tree': [process],
  'freeze-container': [container],
  'stop-container': [container],
  'freeze-unit': [unit],
  'stop-unit': [unit],
  'quarantine-file': [{ name: 'path', like: '/var/www/html/upload.php' }],
  'restore-file': [{ name: 'path', like: '/etc/ssh/sshd_config' }],
  snapshot: [{ name: 'path', like: '/srv' }],
  'disable-account': [user],
  'revoke-keys': [user, { name: 'fingerprints', isList: true, isOptional: true, like: 'SHA256:…' }],
};

/** The fields of a kind; none for a kind that this page does not know: it takes all from a finding. */
export function fieldsOf(kind: string): readonly TargetField[] {
  return Object.hasOwn(fields, kind) ? (fields[kind] ?? []) : [];
}

/** What was filled in, as a target; empty fields are left out, so that a finding can fill them. */
export function targetOf(kind: string, values: Readonly<Record<string, string>>): Record<string, unknown> {
  const target: Record<string, unknown> = {};
  for (const { name, isList } of fieldsOf(kind)) {
    const value = (values[name] ?? '').trim();
    if (value === '') continue;
    target[name] = isList ? value.split(/[\s,，、]+/).filter(part => part !== '') : value;
  }
  return target;
}
