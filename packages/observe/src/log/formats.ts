/** All formats, by name. */

import { actiontrail } from './format/actiontrail.ts';
import { apacheError } from './format/apache-error.ts';
import { auditd } from './format/auditd.ts';
import { cloudtrail } from './format/cloudtrail.ts';
import { ecs } from './format/ecs.ts';
import { evtx } from './format/evtx.ts';
import { journaldExport } from './format/journald-export.ts';
import { journaldJson } from './format/journald-json.ts';
import { jsonl } from './format/jsonl.ts';
import { kubernetesAudit } from './format/kubernetes-audit.ts';
import { modsecurity } from './format/modsecurity.ts';
import { modsecurityJson } from './format/modsecurity-json.ts';
import { mysqlError } from './format/mysql-error.ts';
import { mysqlGeneral } from './format/mysql-general.ts';
import { mysqlSlow } from './format/mysql-slow.ts';
import { nginxError } from './format/nginx-error.ts';
import { ocsf } from './format/ocsf.ts';
import { postgresql } from './format/postgresql.ts';
import { postgresqlCsv } from './format/postgresql-csv.ts';
import { postgresqlJson } from './format/postgresql-json.ts';
import { suricataEve } from './format/suricata-eve.ts';
import { syslog } from './format/syslog.ts';
import { vpcFlow } from './format/vpc-flow.ts';
import { vsftpd } from './format/vsftpd.ts';
import { webAccess } from './format/web-access.ts';
import { windowsXml } from './format/windows-xml.ts';
import { winlogbeat } from './format/winlogbeat.ts';
import { zeek } from './format/zeek.ts';
import { zeekJson } from './format/zeek-json.ts';
import type { FormatReader } from './format.ts';
import type { LogFormat } from './record.ts';

/** Every format that can be read. */
export const formats: Readonly<Record<LogFormat, FormatReader>> = {
  evtx,
  'windows-xml': windowsXml,
  winlogbeat,
  ocsf,
  ecs,
  'kubernetes-audit': kubernetesAudit,
  cloudtrail,
  actiontrail,
  'suricata-eve': suricataEve,
  'zeek-json': zeekJson,
  zeek,
  'modsecurity-json': modsecurityJson,
  modsecurity,
  'journald-json': journaldJson,
  'journald-export': journaldExport,
  auditd,
  'vpc-flow': vpcFlow,
  'web-access': webAccess,
  'nginx-error': nginxError,
  'apache-error': apacheError,
  'postgresql-csv': postgresqlCsv,
  'postgresql-json': postgresqlJson,
  postgresql,
  'mysql-slow': mysqlSlow,
  'mysql-general': mysqlGeneral,
  'mysql-error': mysqlError,
  vsftpd,
  syslog,
  jsonl,
};
