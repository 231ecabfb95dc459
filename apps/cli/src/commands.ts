/** All commands, in the order in which help lists them. */
import type { Command } from './command.ts';
import { appControlCommand } from './commands/app-control.ts';
import { bansCommand } from './commands/bans.ts';
import { baselineCommand } from './commands/baseline.ts';
import { benchCommand } from './commands/bench.ts';
import { bootCommand } from './commands/boot.ts';
import { contentCommand } from './commands/content.ts';
import { detectCommand } from './commands/detect.ts';
import { dnsCommand } from './commands/dns.ts';
import { doctorCommand } from './commands/doctor.ts';
import { drillCommand } from './commands/drill.ts';
import { eventsCommand } from './commands/events.ts';
import { evidenceCommand } from './commands/evidence.ts';
import { exposureCommand } from './commands/exposure.ts';
import { findingsCommand } from './commands/findings.ts';
import { helpCommand } from './commands/help.ts';
import { huntCommand } from './commands/hunt.ts';
import { imageCommand } from './commands/image.ts';
import { incidentsCommand } from './commands/incidents.ts';
import { intelCommand } from './commands/intel.ts';
import { inventoryCommand } from './commands/inventory.ts';
import { journalCommand } from './commands/journal.ts';
import { logsCommand } from './commands/logs.ts';
import { memoryCommand } from './commands/memory.ts';
import { onAccessCommand } from './commands/on-access.ts';
import { playbookCommand } from './commands/playbook.ts';
import { protectCommand } from './commands/protect.ts';
import { psCommand } from './commands/ps.ts';
import { publishCommand } from './commands/publish.ts';
import { quarantineCommand } from './commands/quarantine.ts';
import { respondCommand } from './commands/respond.ts';
import { rootkitCommand } from './commands/rootkit.ts';
import { rulesCommand } from './commands/rules.ts';
import { sandboxCommand } from './commands/sandbox.ts';
import { scanCommand } from './commands/scan.ts';
import { segmentCommand } from './commands/segment.ts';
import { serviceCommand } from './commands/service.ts';
import { statusCommand } from './commands/status.ts';
import { upCommand } from './commands/up.ts';
import { updateCommand } from './commands/update.ts';
import { versionCommand } from './commands/version.ts';

export const commands: readonly Command[] = [
  upCommand,
  statusCommand,
  incidentsCommand,
  findingsCommand,
  eventsCommand,
  huntCommand,
  logsCommand,
  intelCommand,
  protectCommand,
  bansCommand,
  respondCommand,
  playbookCommand,
  appControlCommand,
  segmentCommand,
  exposureCommand,
  onAccessCommand,
  psCommand,
  dnsCommand,
  baselineCommand,
  inventoryCommand,
  memoryCommand,
  rootkitCommand,
  scanCommand,
  quarantineCommand,
  bootCommand,
  imageCommand,
  drillCommand,
  doctorCommand,
  detectCommand,
  sandboxCommand,
  rulesCommand,
  contentCommand,
  updateCommand,
  publishCommand,
  journalCommand,
  evidenceCommand,
  serviceCommand,
  benchCommand,
  versionCommand,
  helpCommand(() => commands),
];
