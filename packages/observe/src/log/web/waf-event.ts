/** A transaction that a web application firewall recorded, in OCSF: an HTTP activity with the rule that fired. */
import type { Event } from '@redoubt/model';
import { logEvent, present, textOf } from '../event/compose.ts';
import type { LogRecord } from '../record.ts';
import { requestAttributes } from './request.ts';

const product = { name: 'ModSecurity', vendor_name: 'OWASP' };

/** Log source of firewall transactions. */
export const wafLogsource = {
  product: 'modsecurity',
  category: 'webserver',
  service: 'audit',
  also: ['waf'],
};

const severities: Readonly<Record<string, number>> = {
  0: 5,
  1: 5,
  2: 5,
  3: 4,
  4: 3,
  5: 2,
  EMERGENCY: 5,
  ALERT: 5,
  CRITICAL: 5,
  ERROR: 4,
  WARNING: 3,
  NOTICE: 2,
};

/** Firewall transaction to event. */
export function wafEvent(record: LogRecord): Event {
  const { fields } = record;
  const first = (name: string): string | undefined => {
    const value = fields[name];
    return textOf(Array.isArray(value) ? value[0] : value);
  };
  const rule = present({ uid: first('rule_id'), desc: first('rule_msg') });
  return logEvent(record, 'http.request', product, {
    ...requestAttributes(fields),
    severity_id: severities[first('severity')?.toUpperCase() ?? ''] ?? (rule.uid === undefined ? 1 : 3),
    message: first('rule_msg'),
    firewall_rule: Object.keys(rule).length === 0 ? undefined : rule,
    action_id: fields['action'] === 'blocked' ? 2 : 1,
  });
}
