/**
 * CrowdSec over a log, from Debian's package as it is: taken apart in a folder and not installed, so that none of its
 * services comes to this machine. The package holds the parsers of its hub; the scenario is the jail's own, five failures
 * of one address within ten minutes, as near as a bucket comes to it: four failures fit in, one leaks out in 150 s.
 */
import { copyFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { subjectOf } from '@redoubt/act/bans';
import { outcome, run } from '../lib/command.ts';

const port = 8089;

/** CrowdSec, ready to run in a network namespace. */
export interface Crowdsec {
  /** Replays a log. @returns whom it would ban @throws Error with its last words when it fails */
  replay(log: string): Promise<Set<string>>;
}

/** Fetches and configures it. @throws Error when the archive cannot be reached */
export async function prepareCrowdsec(folder: string, namespace: string): Promise<Crowdsec> {
  const place = join(folder, 'crowdsec');
  mkdirSync(place);
  await run('apt-get', ['download', '-q', 'crowdsec'], { cwd: place });
  await run('sh', ['-c', 'dpkg-deb -x crowdsec_*.deb package'], { cwd: place });
  const own = join(place, 'package');
  const hub = join(own, 'usr/share/crowdsec/hub');
  const config = join(place, 'config');
  for (const one of ['data', 'notifications', 'plugins', 'scenarios', 'postoverflows'])
    mkdirSync(join(config, one), { recursive: true });
  cpSync(join(own, 'etc/crowdsec/patterns'), join(config, 'patterns'), { recursive: true });
  for (const [stage, parser] of [
    ['s00-raw', 'syslog-logs'],
    ['s01-parse', 'sshd-logs'],
    ['s02-enrich', 'dateparse-enrich'],
  ] as const) {
    mkdirSync(join(config, 'parsers', stage), { recursive: true });
    const file = `${parser}.yaml`;
    copyFileSync(join(hub, 'parsers', stage, 'crowdsecurity', file), join(config, 'parsers', stage, file));
  }
  for (const [name, text] of Object.entries(files(config, hub))) writeFileSync(join(config, name), text);
  const inside = ['netns', 'exec', namespace];
  const setting = ['-c', join(config, 'config.yaml')];
  await run('ip', ['-n', namespace, 'link', 'set', 'lo', 'up']);
  const machine = ['machines', 'add', 'bench', '--password', 'bench', '-f', join(config, 'client.yaml')];
  const address = ['-u', `http://127.0.0.1:${port}`];
  await run('ip', [...inside, join(own, 'usr/bin/cscli'), ...setting, ...machine, ...address]);
  return {
    async replay(log) {
      const words = ['-dsn', `file://${log}`, '-type', 'syslog'];
      const program = join(own, 'usr/bin/crowdsec');
      const { status, stdout, stderr } = await outcome('ip', [...inside, program, ...setting, ...words]);
      if (status !== 0) throw new Error(`crowdsec ended with ${status}: ${stderr.slice(-500)}`);
      const banned = `${stdout}${stderr}`.matchAll(/ by ip (\S+) :/g);
      return new Set([...banned].map(([, ip = '']) => subjectOf(ip) ?? ip));
    },
  };
}

function files(config: string, hub: string): Record<string, string> {
  const at = (name: string): string => join(config, name);
  const settings = {
    common: { daemonize: false, log_media: 'stdout', log_level: 'info', working_dir: '.' },
    config_paths: {
      config_dir: config,
      data_dir: at('data'),
      simulation_path: at('simulation.yaml'),
      hub_dir: hub,
      index_path: join(hub, '.index.json'),
      notification_dir: at('notifications'),
      plugin_dir: at('plugins'),
    },
    crowdsec_service: { acquisition_path: at('acquis.yaml'), parser_routines: 2 },
    cscli: { output: 'json' },
    db_config: { type: 'sqlite', db_path: at('data/crowdsec.db') },
    api: {
      client: { credentials_path: at('client.yaml') },
      server: { listen_uri: `127.0.0.1:${port}`, profiles_path: at('profiles.yaml') },
    },
    prometheus: { enabled: false },
  };
  const scenario = {
    type: 'leaky',
    name: 'bench/ssh-failures',
    description: 'five failures of one address within ten minutes',
    filter: "evt.Meta.log_type == 'ssh_failed-auth'",
    groupby: 'evt.Meta.source_ip',
    leakspeed: '150s',
    capacity: 4,
    // One alert of each address: each further one would be measured as a write into its database.
    blackhole: '24h',
    labels: { remediation: true },
  };
  const profile = {
    name: 'default',
    filters: ['true'],
    decisions: [{ type: 'ban', duration: '4h' }],
    on_success: 'break',
  };
  // JSON is YAML.
  return {
    'config.yaml': JSON.stringify(settings),
    'scenarios/ssh.yaml': JSON.stringify(scenario),
    'profiles.yaml': JSON.stringify(profile),
    'simulation.yaml': '{}\n',
    'acquis.yaml': JSON.stringify({ filenames: ['/dev/null'], labels: { type: 'syslog' } }),
    'client.yaml': '',
  };
}
