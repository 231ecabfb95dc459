/** Every part of the agent, in the order in which they start; they end in reverse. */
import { startContent } from './content/part.ts';
import { startInventory } from './inventory/part.ts';
import { startJournal } from './journal/part.ts';
import type { StartPart } from './part.ts';
import { startQuarantine } from './quarantine/part.ts';
import { startRootkit } from './rootkit/part.ts';
import { startScanning } from './scanning/part.ts';

export const parts: readonly StartPart[] = [
  startContent,
  startJournal,
  async context => (await import('./dns/part.ts')).startDns(context),
  startScanning,
  startQuarantine,
  async context => (await import('./integrity/part.ts')).startIntegrity(context),
  startInventory,
  startRootkit,
  async context => (await import('./gate/part.ts')).startGate(context),
  async context => (await import('./memory/part.ts')).startMemory(context),
  async context => (await import('./boot/part.ts')).startBoot(context),
  async context => (await import('./segmentation/part.ts')).startSegmentation(context),
  async context => (await import('./bans/part.ts')).startBans(context),
  // After the parts whose offers it works with.
  async context => (await import('./response/part.ts')).startResponse(context),
  async context => (await import('./exposure/part.ts')).startExposure(context),
];
