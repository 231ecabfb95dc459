/** From the words of `logs add` to the settings of a source. */
import { isAbsolute, join, resolve } from 'node:path';
import type { SourceSettings } from '@redoubt/agent/logs-config';
import { type Invocation, textOption, textOptions } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { numberOption } from '../options.ts';

/** How `logs add` is said. */
const wrongAdd = (): CommandError =>
  new CommandError(ExitCode.usage, {
    en: 'Say `logs add file NAME PATH…`, `logs add journal NAME`, `logs add syslog NAME` or `logs add winevents NAME`',
    zh: '用法：`logs add file 名称 路径…`、`logs add journal 名称`、`logs add syslog 名称` 或 `logs add winevents 名称`',
  });

const port = (invocation: Invocation, name: string): number | undefined =>
  textOption(invocation.options, name) === undefined
    ? undefined
    : numberOption(invocation.options, name, { min: 0, max: 65_535, otherwise: 0 });

function tlsSettings(invocation: Invocation, tlsPort?: number): Record<string, unknown> {
  const certificate = textOption(invocation.options, 'cert');
  const key = textOption(invocation.options, 'key');
  if (certificate === undefined && key === undefined && tlsPort === undefined) return {};
  return {
    tls: {
      ...(tlsPort !== undefined && { port: tlsPort }),
      ...(certificate !== undefined && { certificate: resolve(certificate) }),
      ...(key !== undefined && { key: resolve(key) }),
    },
  };
}

/**
 * Settings of the source that `logs add` describes, under the names of the file.
 * @param directory where a new token goes
 */
export function settingsOf(invocation: Invocation, directory: string): SourceSettings {
  const { options } = invocation;
  const [, type, name, ...paths] = invocation.arguments;
  if (name === undefined || (type !== 'file' && paths.length > 0)) throw wrongAdd();
  const given = (option: string, key = option): Record<string, unknown> => {
    const value = textOption(options, option);
    return value === undefined ? {} : { [key]: value };
  };
  if (type === 'file') {
    const whole = paths.map(path => (isAbsolute(path) ? path : resolve(path)));
    const reading = { ...given('format'), ...given('access-format', 'access_format'), ...given('timezone') };
    return { name, type, paths: whole, ...reading, ...given('from') };
  }
  if (type === 'journal') {
    const units = textOptions(options, 'unit');
    return { name, type, ...(units.length > 0 && { units }), ...given('from') };
  }
  const address = textOption(options, 'address') ?? '127.0.0.1';
  if (type === 'syslog') {
    const [udp, tcp, tls] = [port(invocation, 'udp'), port(invocation, 'tcp'), port(invocation, 'tls')];
    const ports = { ...(udp !== undefined && { udp }), ...(tcp !== undefined && { tcp }) };
    return { name, type, address, ...ports, ...tlsSettings(invocation, tls), ...given('timezone') };
  }
  if (type !== 'winevents') throw wrongAdd();
  const token = textOption(options, 'token-file');
  const tokenFile = token === undefined ? join(directory, `${name}.token`) : resolve(token);
  const listens = { address, port: port(invocation, 'port') ?? 5985 };
  return { name, type, ...listens, token_file: tokenFile, ...tlsSettings(invocation) };
}
