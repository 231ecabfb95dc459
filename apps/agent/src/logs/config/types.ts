/** What the agent is told about logs: which sources there are and how each is read. */
import type { LogFormat } from '@redoubt/observe/log';

/** A certificate to serve with. */
export interface TlsConfig {
  /** PEM file of the certificate chain. */
  readonly certificate: string;
  /** PEM file of its private key. */
  readonly key: string;
  /** PEM file of authorities; senders must then show a certificate that one of them signed. */
  readonly clientAuthorities?: string;
}

/** Files that are followed as they grow, through rotation. */
export interface FileSourceConfig {
  readonly type: 'file';
  readonly name: string;
  /** Paths or patterns; rotated files belong to their log and are found without being named. */
  readonly paths: readonly string[];
  /** Recognised from the first lines when left out. */
  readonly format?: LogFormat;
  /** nginx `log_format` or Apache `LogFormat` of an access log that has its own. */
  readonly accessFormat?: string;
  /** Zone of times that are written without one; the system's when left out. */
  readonly timezone?: string;
  /** Where to begin in a file that was never followed before. */
  readonly from: 'start' | 'end';
}

/** systemd's journal. */
export interface JournalSourceConfig {
  readonly type: 'journal';
  readonly name: string;
  /** Units, e.g. `ssh.service`; all when neither units nor identifiers are given. */
  readonly units: readonly string[];
  /** Values of SYSLOG_IDENTIFIER, e.g. `sshd`. */
  readonly identifiers: readonly string[];
  /** Folder of journal files of another host or container. */
  readonly directory?: string;
  readonly from: 'start' | 'end';
}

/** A syslog listener. At least one of the ports is given. */
export interface SyslogSourceConfig {
  readonly type: 'syslog';
  readonly name: string;
  readonly address: string;
  readonly udp?: number;
  readonly tcp?: number;
  /** Port of syslog over TLS. */
  readonly tlsPort?: number;
  readonly tls?: TlsConfig;
  readonly timezone?: string;
}

/** A receiver of Windows events as JSON over HTTP. */
export interface WindowsSourceConfig {
  readonly type: 'winevents';
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** File whose first line is the token that senders show. */
  readonly tokenFile: string;
  readonly tls?: TlsConfig;
  /** Allows HTTP without TLS on an address that others reach. */
  readonly plain: boolean;
}

/** One source of log records. */
export type LogSourceConfig =
  | FileSourceConfig
  | JournalSourceConfig
  | SyslogSourceConfig
  | WindowsSourceConfig;

/** What `logs.yml` says. */
export interface LogsConfig {
  /** Whether the logs that are found on this host are followed as well. */
  readonly defaults: boolean;
  /** Names of found sources that are left out. */
  readonly except: readonly string[];
  readonly sources: readonly LogSourceConfig[];
}
