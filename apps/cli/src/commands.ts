/**
 * All commands, in the order in which help lists them. Each is loaded when it is used, so that a command starts with
 * what it needs itself.
 */
import type { Command } from './command.ts';

const loaders: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => (await import('./commands/up.ts')).upCommand,
  status: async () => (await import('./commands/status.ts')).statusCommand,
  incidents: async () => (await import('./commands/incidents.ts')).incidentsCommand,
  findings: async () => (await import('./commands/findings.ts')).findingsCommand,
  events: async () => (await import('./commands/events.ts')).eventsCommand,
  hunt: async () => (await import('./commands/hunt.ts')).huntCommand,
  logs: async () => (await import('./commands/logs.ts')).logsCommand,
  intel: async () => (await import('./commands/intel.ts')).intelCommand,
  protect: async () => (await import('./commands/protect.ts')).protectCommand,
  bans: async () => (await import('./commands/bans.ts')).bansCommand,
  respond: async () => (await import('./commands/respond.ts')).respondCommand,
  playbook: async () => (await import('./commands/playbook.ts')).playbookCommand,
  'app-control': async () => (await import('./commands/app-control.ts')).appControlCommand,
  segment: async () => (await import('./commands/segment.ts')).segmentCommand,
  exposure: async () => (await import('./commands/exposure.ts')).exposureCommand,
  'on-access': async () => (await import('./commands/on-access.ts')).onAccessCommand,
  ps: async () => (await import('./commands/ps.ts')).psCommand,
  dns: async () => (await import('./commands/dns.ts')).dnsCommand,
  baseline: async () => (await import('./commands/baseline.ts')).baselineCommand,
  inventory: async () => (await import('./commands/inventory.ts')).inventoryCommand,
  memory: async () => (await import('./commands/memory.ts')).memoryCommand,
  rootkit: async () => (await import('./commands/rootkit.ts')).rootkitCommand,
  scan: async () => (await import('./commands/scan.ts')).scanCommand,
  quarantine: async () => (await import('./commands/quarantine.ts')).quarantineCommand,
  boot: async () => (await import('./commands/boot.ts')).bootCommand,
  image: async () => (await import('./commands/image.ts')).imageCommand,
  drill: async () => (await import('./commands/drill.ts')).drillCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
  detect: async () => (await import('./commands/detect.ts')).detectCommand,
  sandbox: async () => (await import('./commands/sandbox.ts')).sandboxCommand,
  rules: async () => (await import('./commands/rules.ts')).rulesCommand,
  content: async () => (await import('./commands/content.ts')).contentCommand,
  update: async () => (await import('./commands/update.ts')).updateCommand,
  publish: async () => (await import('./commands/publish.ts')).publishCommand,
  journal: async () => (await import('./commands/journal.ts')).journalCommand,
  evidence: async () => (await import('./commands/evidence.ts')).evidenceCommand,
  service: async () => (await import('./commands/service.ts')).serviceCommand,
  bench: async () => (await import('./commands/bench.ts')).benchCommand,
  version: async () => (await import('./commands/version.ts')).versionCommand,
  help: async () => (await import('./commands/help.ts')).helpCommand(commandOf, allCommands),
};

/** The command of a name; undefined when there is none. */
export async function commandOf(name: string): Promise<Command | undefined> {
  return Object.hasOwn(loaders, name) ? loaders[name]?.() : undefined;
}

/** Every command, loaded. */
export function allCommands(): Promise<Command[]> {
  return Promise.all(Object.values(loaders).map(load => load()));
}
